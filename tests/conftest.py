"""Order of the tests and what one process does in one go: a file, or all that need the same servers.

Files with long tests come first, so that at the end no process works on one while the others wait. What is tested on three
databases stays together, because installing MariaDB and PostgreSQL and migrating both takes 2.5 s of a processor, and
would be done anew in each file.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    shares_servers = "database" in getattr(item, "fixturenames", ())
    item.add_marker(pytest.mark.xdist_group("databases" if shares_servers else item.path.stem))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)
