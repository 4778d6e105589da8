"""How Chromium is started: without looking for anything in the Internet."""

from playwright.sync_api import Page

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


def until_controlled(page: Page) -> None:
    """Until a service worker answers for the page. The second look of Page.wait_for_function our own policy forbids."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    while not page.evaluate("navigator.serviceWorker.controller !== null"):
        page.wait_for_timeout(100)
