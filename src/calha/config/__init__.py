"""Configuration: built-in values < `calha.toml` < `CALHA_*` environment < flags; each value knows where it comes from."""
