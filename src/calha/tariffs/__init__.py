"""Tariffs to begin with, as YAML. Their prices were published once; each utility's present ones are entered in the app."""
