"""Devices and clients of systems that Calha replaces, unchanged: one module each, thin over the services.

Each is switched on by its section in the configuration. What it lets in without a credential lands in that system's own
devices only, whose number is limited.
"""
