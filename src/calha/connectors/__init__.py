"""Protocols that reach out or listen: one module each."""
