"""The profiles that come with Calha, one YAML file each."""
