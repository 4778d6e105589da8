"""A real browser (Debian's Chromium, headless) at desktop and phone size. Screenshots are kept in artifacts/e2e."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from chromium import FLAGS, saving_context, until_controlled
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from screens import SIZES, keep
from signing_in import administrator, cookie

from running import Calha, running_calha

PATIENCE_MS = 30_000  # for whatever a page is to show; other tests may keep both processors busy
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)
    superfluous = [item for item in items if item.get_closest_marker("desktop") and "phone" in item.keywords]
    config.hook.pytest_deselected(items=superfluous)
    items[:] = [item for item in items if item not in set(superfluous)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Iterator[Calha]:
    with running_calha(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def calha(request, tmp_path_factory) -> Iterator[Calha]:
    """A Calha that the tests of a module share; each uses devices of its own.

    Modules that look at nothing but their devices, and leave it running, share one: a start takes 3 s of a processor.
    """
    if request.node.get_closest_marker("shared"):
        yield request.getfixturevalue("shared")
        return
    with running_calha(tmp_path_factory.mktemp("e2e") / "data") as running:
        yield running


@pytest.fixture
def empty(tmp_path) -> Iterator[Calha]:
    """A Calha without data. Ask for it before the page, so that it still runs when the screenshot is taken."""
    with running_calha(tmp_path / "data") as running:
        yield running


@pytest.fixture
def strict(tmp_path) -> Iterator[Calha]:
    """A Calha without data, where devices have to prove who they are."""
    with running_calha(tmp_path / "data", {"CALHA_DEVICES_ANONYMOUS": "false"}) as running:
        yield running


@pytest.fixture(params=SIZES)
def page(request, browser) -> Iterator[Page]:
    """A page in English, of the administrator. What a script throws, or writes as an error, fails the test."""
    with opened_page(request, browser) as opened:
        for name in ("calha", "empty", "strict"):
            if name in request.fixturenames:
                running = request.getfixturevalue(name)
                opened.context.add_cookies([cookie(running, administrator(running))])
        yield opened


@pytest.fixture(params=SIZES)
def stranger(request, browser) -> Iterator[Page]:
    """The same, of somebody who has not signed in, and has chosen English on his device."""
    with opened_page(request, browser) as opened:
        opened.add_init_script("localStorage.getItem('calha.language') ?? localStorage.setItem('calha.language', 'en')")
        yield opened


@pytest.fixture
def installed(request, calha, browser) -> Iterator[Page]:
    """A phone's page whose service worker has kept the whole app."""
    request.param = "phone"
    with opened_page(request, browser, "allow") as page:
        page.context.add_cookies([cookie(calha, administrator(calha))])
        page.goto(calha.address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        until_controlled(page)
        yield page


@contextmanager
def opened_page(request, browser: Browser, workers: Literal["allow", "block"] = "block") -> Iterator[Page]:
    """workers: service workers answer in the place of routes that a test lays, so they work only where they are meant."""
    is_whole = request.node.get_closest_marker("whole_app") or workers == "allow"
    context_of = browser.new_context if is_whole else partial(saving_context, browser)
    context = context_of(viewport=SIZES[request.param], locale="en-US", service_workers=workers)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.extend(_complaint(message)))
    yield opened
    keep(opened, request.node.name)
    context.close()
    assert complaints == []


def _complaint(message: ConsoleMessage) -> list[str]:
    # An answer that is no success and a connection that is lost are told by the browser itself; some tests want them.
    is_about_network = message.text.startswith("Failed to load resource")
    return [message.text] if message.type == "error" and not is_about_network else []


@pytest.fixture
def device(request) -> str:
    """A device key that no other test uses."""
    return re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")[-40:].strip("-")
