"""What a browser must load before somebody sees his first chart, counted in the files that were built."""

import os
import re
from pathlib import Path

import pytest

from calha.api.files import FOLDER

MOST_BYTES = 220_000  # gzip, of JavaScript, with the chart of a time series and the texts in one language
ENTRY = re.compile(r'<script type="module"[^>]* src="/assets/([^"]+\.js)"')
STATIC = re.compile(r"""(?:\bfrom|\bimport)\s*["']\./([^"']+\.js)["']""")
LOADED = re.compile(r"""\bimport\([`"']\./([^`"']+\.js)[`"']\)""")


@pytest.fixture(scope="module")
def assets() -> Path:
    folder = FOLDER / "assets"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the web app is not built")
        pytest.skip("the web app is not built: ./dev web")
    return folder


def entry() -> list[str]:
    found = ENTRY.findall((FOLDER / "index.html").read_text())
    assert found
    return found


def closure(assets: Path, *names: str) -> set[str]:
    """The chunks, and all that they import before they run."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += STATIC.findall((assets / name).read_text())
    return found


def page(assets: Path, name: str) -> str:
    """The chunk of a page, which the entry loads when the page is opened."""
    loads = {one for chunk in closure(assets, *entry()) for one in LOADED.findall((assets / chunk).read_text())}
    (found,) = {one for one in loads if one.startswith(f"{name}-")}
    return found


def size(assets: Path, names: set[str]) -> int:
    return sum((assets / f"{name}.gz").stat().st_size for name in names)


@pytest.mark.parametrize("name", ["DevicePage", "HomePage", "DevicesPage", "AlarmsPage", "PortalPage"])
def test_the_first_page_is_small_whichever_it_is(assets, name):
    chunks = closure(assets, *entry(), page(assets, "first-pt-BR"), page(assets, name))
    taken = size(assets, chunks)
    assert taken <= MOST_BYTES, sorted(((size(assets, {one}), one) for one in chunks), reverse=True)[:12]
    if name == "DevicePage":
        assert any("uPlot" in (assets / one).read_text() or "u-over" in (assets / one).read_text() for one in chunks)
