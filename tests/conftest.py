"""Order of the tests. A process does one file in one go, so a fixture of a module is made once.

What takes long comes first, so that at the end no process works on it while the others wait: files with long tests, and what
is tested on three databases.
"""

import gc
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """What is loaded and collected stays until the end; looking through it for garbage as it grows took a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long and not _needs_databases(item))


def _needs_databases(item: pytest.Item) -> bool:
    return "database" in getattr(item, "fixturenames", ())
