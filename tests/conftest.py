"""Order of the tests and what one process does in one go: a file, or all that need the same servers.

What takes long comes first, so that at the end no process works on it while the others wait: files with long tests, and what
is tested on three databases. The latter stays together, because installing MariaDB and PostgreSQL and migrating both takes
2.5 s of a processor, and would be done anew in each file.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.xdist_group("databases" if _needs_databases(item) else item.path.stem))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long and not _needs_databases(item))


def _needs_databases(item: pytest.Item) -> bool:
    return "database" in getattr(item, "fixturenames", ())
