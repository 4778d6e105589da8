"""Telling people: who, by which channel, when, and again until somebody acknowledges."""
