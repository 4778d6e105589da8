"""The gateway role: `calha edge` hears devices where they are, keeps what they send on disk, and hands it to a hub."""
