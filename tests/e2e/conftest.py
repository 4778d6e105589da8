"""A real browser (Debian's Chromium, headless) at desktop and phone size. Screenshots are kept in artifacts/e2e."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from running import running_calha

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts" / "e2e"
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def calha(tmp_path_factory):
    with running_calha(tmp_path_factory.mktemp("e2e") / "data") as running:
        yield running


@pytest.fixture
def empty(tmp_path):
    with running_calha(tmp_path / "data") as running:
        yield running


@pytest.fixture(params=SIZES)
def page(request, browser) -> Iterator[Page]:
    """A page in English; what the console or a script complains of fails the test."""
    context = browser.new_context(viewport=SIZES[request.param], locale="en-US")
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    name = request.node.name.replace("[", "-").replace("]", "")
    opened.screenshot(path=ARTIFACTS / f"{name}.png")
    context.close()
    assert complaints == []
