"""Dashboards: what one may consist of, those that are ready-made, and which series one shows."""
