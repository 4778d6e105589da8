"""What is wrong with a page's layout, whatever the machine's fonts: what is cut off, covers something, or leaves the screen."""

from pathlib import Path

from playwright.sync_api import Page

FAULTS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def faults(page: Page) -> list[str]:
    """In words; empty where the layout is sound."""
    return list(page.evaluate(FAULTS))
