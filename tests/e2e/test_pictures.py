"""Pages look as their pictures in the documentation do, and their layout is sound at both sizes, in both themes.

The pictures are taken here: `./dev pictures` writes those anew that the app no longer resembles.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from accessibility import until_shown
from chromium import saving_context
from layout import faults
from pictures import IMAGES, MOST_DIFFERENT, Box, fonts_of, keep_small, marked, read, share_different
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect
from rio_verde import RioVerde, built
from screens import ARTIFACTS, SIZES
from signing_in import administrator, cookie

TAKES_ANEW = "TAKE_PICTURES" in os.environ
SCREENS = {"desktop": {"width": 1200, "height": 760}, "phone": SIZES["phone"]}
TOKENS = Path(__file__).parents[2] / "web" / "src" / "tokens.css"
PICTURE_BYTES = 80_000
ALL_BYTES = 600_000
LIVE = ".widget-inside canvas, .widget-foot"
CODES = "[role=img], .qr, pre.code"  # they hold the day on which the invoice was issued
SERVER_CLOCK = """
    // The app goes by the server's clock, which it is told as `now`. That stands still, too.
    const held = answer => {
        if (typeof answer?.now === "string") answer.now = new Date().toISOString();
        return answer;
    };
    const [parse, json] = [JSON.parse, Response.prototype.json];
    JSON.parse = (...told) => held(parse(...told));
    Response.prototype.json = async function () { return held(await json.call(this)); };
"""
FONTS_DIFFER = "the pictures were taken with other fonts than this machine's; the layout was checked"


class Shot(NamedTuple):
    """A page. shows: a text that is there when it is complete; pictures: of which of its views there is one."""

    name: str
    path: str
    shows: str
    pictures: Sequence[str] = ("desktop",)
    moving: str = ""


def english(town: RioVerde) -> tuple[Shot, ...]:
    fixed = f"from={town.from_ms}&to={town.to_ms}"
    return (
        Shot("home", "/home?as=operator", "Nível baixo", ("desktop", "phone")),
        Shot("devices", "/", "Reservatório Alto"),
        Shot("device", f"/devices/B-01?{fixed}", "Vibration", ("desktop", "desktop-dark", "phone")),
        Shot("first-reading", "/devices/B-03", "Waiting for the first reading"),
        Shot("alarms", "/alarms", "adutora rompida", ("desktop", "phone")),
        Shot("dashboard", f"/dashboards/{town.dashboard}", "Nível baixo", moving=LIVE),
        Shot("explore", f"/explore?s=R-01/flow,R-01/level&{fixed}&past=day", "↳ day before"),
        Shot("invoice", f"/billing/invoices/{town.invoice}", "Padaria Trigo Bom", moving=CODES),
    )


def portuguese(town: RioVerde) -> tuple[Shot, ...]:
    return (
        Shot("dashboard.pt-BR", f"/dashboards/{town.dashboard}", "Nível baixo", moving=LIVE),
        Shot("alarms.pt-BR", "/alarms", "adutora rompida"),
    )


@pytest.fixture(scope="module")
def town(calha) -> RioVerde:
    administrator(calha)
    return built(calha)


@pytest.fixture(params=SCREENS)
def walk(request, browser: Browser, town: RioVerde) -> Iterator[Page]:
    """A page whose clock stands still, in the zone of the town."""
    context = saving_context(
        browser,
        viewport=SCREENS[request.param],
        locale="en-US",
        timezone_id="America/Sao_Paulo",
        service_workers="block",
        reduced_motion="reduce",
    )
    context.add_cookies([cookie(town.calha, administrator(town.calha))])
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.clock.set_fixed_time(town.taken_at)
    page.add_init_script(SERVER_CLOCK)
    yield page
    context.close()


def test_each_page_looks_as_its_picture_does(town, walk, request):
    screen = request.node.callspec.params["walk"]
    wrong = []
    for language, shots in (("en", english(town)), ("pt-BR", portuguese(town))):
        walk.add_init_script(f"localStorage.setItem('calha.language', '{language}')")
        for shot in shots:
            go(walk, town, shot)
            for theme, view in (("dark", f"{screen}-dark"), ("light", screen)):
                walk.emulate_media(color_scheme=theme)
                wrong += [f"{shot.path}, {view}: {fault}" for fault in faults(walk)]
                if view in shot.pictures:
                    wrong += compared(walk, name_of(shot, view), walk, boxes(walk, shot.moving))
    assert wrong == []
    skip_where_fonts_differ(walk)


@pytest.mark.parametrize("walk", ["desktop"], indirect=True)
def test_tokens_and_marks_look_as_their_pictures_do(town, walk):
    go(walk, town, Shot("alarms", "/alarms", "adutora rompida"))
    alarms = walk.get_by_role("list", name="Alarms, the most pressing first")
    wrong = in_both_themes(walk, "alarm-marks", alarms)
    lay_tokens(walk)
    wrong += in_both_themes(walk, "tokens", walk.locator("#tokens"))
    assert wrong == []
    skip_where_fonts_differ(walk)


def test_a_panel_that_moved_is_found_and_an_age_that_changed_is_not():
    whole = Box(300, 200, 900, 500)
    wanted, aged, moved = drawn(whole), drawn(whole), drawn(Box(300, 240, 900, 540))
    ImageDraw.Draw(aged).text((310, 220), "12 s ago", fill="black")
    assert share_different(aged, wanted) <= MOST_DIFFERENT < share_different(moved, wanted)
    assert share_different(moved, wanted, [Box(300, 190, 900, 545)]) == 0
    assert share_different(drawn(whole).crop((0, 0, 1200, 700)), wanted) == 1


def test_the_pictures_are_small():
    sizes = {one.name: one.stat().st_size for one in IMAGES.iterdir()}
    assert {name for name, size in sizes.items() if size > PICTURE_BYTES} == set()
    assert sum(sizes.values()) <= ALL_BYTES


def drawn(panel: Box) -> Image.Image:
    page = Image.new("RGB", (1200, 760), "#f1f3f4")
    ImageDraw.Draw(page).rectangle(panel, fill="#1f6f78")
    return page


def go(page: Page, town: RioVerde, shot: Shot) -> None:
    page.goto(town.calha.address + shot.path)
    until_shown(page)
    expect(page.get_by_text(shot.shows).first).to_be_visible()
    if re.match("/(devices/B-01|explore)", shot.path):
        expect(page.locator(".chart canvas").first).to_be_visible()
    if shot.path.startswith("/dashboards/"):  # the banner speaks of the same alarms, and sooner
        expect(page.locator(".widget canvas").first).to_be_visible()
        expect(page.locator(".widget-nothing")).to_have_count(0)
    if shot.name == "device":  # the detectors look at its history in their own time
        expect(page.get_by_role("list", name="Alarms and anomalies on the chart").first).to_be_visible()


def name_of(shot: Shot, view: str) -> str:
    return shot.name if view == "desktop" else f"{shot.name}-{view.removeprefix('desktop-')}"


def boxes(page: Page, moving: str) -> list[Box]:
    if not moving:
        return []
    found = page.evaluate(
        """wanted => [...document.querySelectorAll(wanted)].map(one => one.getBoundingClientRect())
            .map(({ left, top, right, bottom }) => [left, top, right, bottom])""",
        moving,
    )
    return [Box(*box) for box in found]


def in_both_themes(page: Page, name: str, part: Locator) -> list[str]:
    wrong = []
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        wrong += compared(page, f"{name}-{theme}", part)
    return wrong


def compared(page: Page, name: str, part: Page | Locator, moving: Sequence[Box] = ()) -> list[str]:
    """In words, if a part of the page differs from its picture; where pictures are taken, it is taken anew instead."""
    path, drawn_with = IMAGES / f"{name}.webp", fonts(page)
    is_there = path.exists()
    if is_there and fonts_of(path) != drawn_with and not TAKES_ANEW:
        return []
    shown = read(settled(part))
    share = share_different(shown, read(path.read_bytes()), moving) if is_there else 1.0
    if share <= MOST_DIFFERENT and (not TAKES_ANEW or fonts_of(path) == drawn_with):
        return []
    if TAKES_ANEW:
        keep_small(shown, path, drawn_with)
        return []
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    report = ARTIFACTS / f"differs-{name}.png"
    (marked(shown, read(path.read_bytes())) if is_there else shown).save(report)
    return [f"{name}: {share:.0%} of it differ from docs/images/{path.name}; see {report}. Meant so? ./dev pictures"]


def skip_where_fonts_differ(page: Page) -> None:
    """Nothing was compared then, which is to be seen in the report."""
    if any(fonts_of(path) != fonts(page) for path in IMAGES.glob("*.webp")):
        pytest.skip(FONTS_DIFFER)


def settled(part: Page | Locator) -> bytes:
    """A screenshot that no longer changes."""
    picture = part.screenshot(animations="disabled")
    for _ in range(50):
        later = part.screenshot(animations="disabled")
        if later == picture:
            return picture
        picture = later
    raise AssertionError("the page does not come to rest")


def fonts(page: Page) -> str:
    """What tells the fonts of this machine from others: how wide a text is in the app's and in that of code."""
    widths = page.evaluate(
        """() => ["var(--mantine-font-family)", "var(--mantine-font-family-monospace)"].map(family => {
            const text = document.createElement("span");
            text.style.cssText = `position: absolute; white-space: pre; font: 16px ${family}`;
            text.textContent = "Vazão 0123 mg/L, Água ilWm";
            document.documentElement.append(text);
            const { width } = text.getBoundingClientRect();
            text.remove();
            return width.toFixed(1);
        })"""
    )
    return " ".join(widths)


def lay_tokens(page: Page) -> None:
    """The colours of tokens.css, as the browser takes them from there."""
    names = re.findall(r"^  (--[\w-]+): light-dark", TOKENS.read_text(), re.MULTILINE)
    page.evaluate(
        """names => {
            const tile = name => `<div class="panel" style="padding:10px">
                <div style="height:44px;border-radius:4px;border:1px solid var(--line);background:var(${name})"></div>
                <code style="font-size:13px">${name}</code></div>`;
            document.body.innerHTML = `<div id="tokens" style="width:760px;padding:16px;background:var(--ground);display:grid;
                grid-template-columns:repeat(4,1fr);gap:12px">${names.map(tile).join("")}</div>`;
        }""",
        names,
    )
