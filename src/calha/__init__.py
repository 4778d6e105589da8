"""Calha: telemetry for utilities, plants and machines. An acknowledged reading is on disk."""

__version__ = "0.1.0"
