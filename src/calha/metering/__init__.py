"""Metering: consumption from registers and flows, its validation, estimation and editing, and water balances."""
