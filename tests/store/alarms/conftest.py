"""The same tests of alarms on SQLite, MariaDB and PostgreSQL."""

from store.registry.conftest import database, registry, site

__all__ = ["database", "registry", "site"]
