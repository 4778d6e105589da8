"""How Chromium is started: without looking for anything in the Internet, and without loading what no test opens."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--no-opt",  # pages of tests live for seconds: what V8 makes faster costs more than it saves, a sixth of a load
]

SAVES_DATA = "Object.defineProperty(Navigator.prototype, 'connection', { get: () => ({ saveData: true }) })"


def saving_context(browser: Browser, **settings: Any) -> BrowserContext:
    """Of somebody who saves data. For all others a page loads the rest of the app when three seconds have passed, which
    takes as much of the processor as the page itself."""
    context = browser.new_context(**settings)
    context.add_init_script(SAVES_DATA)
    return context


def until_controlled(page: Page) -> None:
    """Until a service worker answers for the page. The second look of Page.wait_for_function our own policy forbids."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    while not page.evaluate("navigator.serviceWorker.controller !== null"):
        page.wait_for_timeout(100)
