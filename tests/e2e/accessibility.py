"""What axe-core finds on a page, and how a walk goes from page to page without loading the app anew."""

from pathlib import Path

from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page, *rules: str) -> list[tuple[str, str, str]]:
    """What axe-core calls serious or critical: (rule, the first element, what is wrong with it). Only of some rules, if any."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"]} | only)["violations"]
    serious = [(one["id"], one["nodes"][0]) for one in found if one["impact"] in ("serious", "critical")]
    return [(rule, node["html"][:120], node["failureSummary"].splitlines()[-1].strip()) for rule, node in serious]


def open_page(page: Page, address: str, is_live: bool = True) -> None:
    """Go there, and wait until it shows more than placeholders."""
    page.goto(address)
    until_shown(page, is_live)


def walk_to(page: Page, path: str) -> None:
    """The same by the app's own way, which leaves it loaded."""
    page.evaluate("path => { document.querySelector('h1').dataset.old = ''; history.pushState({}, '', path); }", path)
    expect(page.locator("h1[data-old]")).to_have_count(0)
    until_shown(page)


def until_shown(page: Page, is_live: bool = True) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    if is_live:
        expect(page.locator("main").get_by_text("…", exact=True)).to_have_count(0)
