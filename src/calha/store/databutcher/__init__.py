"""What DataButcher knows of its machines and users beyond what Calha knows."""
