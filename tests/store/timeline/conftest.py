"""The same tests of timelines on SQLite, MariaDB and PostgreSQL."""

from store.registry.conftest import database, registry, site

__all__ = ["database", "registry", "site"]
