"""Commands to devices: asked for, approved, carried to the device, answered by it, and read back."""
