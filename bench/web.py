"""How soon the app shows something on a mid-range phone, and how soon it answers a touch, with 10,000 devices.

The real program and a real browser (Debian's Chromium, headless) at a phone's size, its processor slowed down to that of a
mid-range phone (see `bench.phone`), over loopback, each page opened with an empty cache. The browser itself tells the largest
contentful paint and the longest interaction; a frame of the list is what lies between two animation frames while it is
scrolled through.
"""

import argparse
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page, StorageState, async_playwright

from bench.browser import chromium
from bench.phone import MID_RANGE, slow_down, slowness_of_a_phone
from bench.report import Report, at_most
from bench.server import HOST, Server, register_in_folder
from calha.simulate import NewDevice

DEVICES = 10_000
PHONE = {"width": 390, "height": 844}
PERSON = {"name": "Ana", "email": "ana@example.org", "password": "four quiet words here"}
PAGES = {"home": "/home", "10,000 devices": "/", "a device": "/devices/meter-5000"}
OBSERVE = """
window.paint = 0; window.touch = 0; window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.paint = one.startTime; }))
  .observe({ type: "largest-contentful-paint", buffered: true });
const touched = (one) => { if (one.interactionId) window.touch = Math.max(window.touch, one.duration); };
new PerformanceObserver((list) => list.getEntries().forEach(touched))
  .observe({ type: "event", durationThreshold: 16, buffered: true });
const shifted = (one) => { if (!one.hadRecentInput) window.shift += one.value; };
new PerformanceObserver((list) => list.getEntries().forEach(shifted)).observe({ type: "layout-shift", buffered: true });
"""
SCROLL = """async () => {
  const frames = [];
  let last = performance.now();
  for (let turn = 0; turn < 120; turn += 1) {
    window.scrollBy(0, 900);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""


async def main() -> int:
    times = parse().times
    report = Report("web", {"devices": DEVICES, "times": times}, durability="disk")
    program = chromium()
    async with Server("disk") as server, async_playwright() as playwright:
        devices = [NewDevice(f"meter-{number}", f"meter-{number}", "water_meter") for number in range(DEVICES)]
        register_in_folder(server.folder, devices)
        await server.start()
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        slowness, index = await slowness_of_a_phone(browser)
        report.result("processor slowed down", slowness, "times")
        report.result("benchmark index then", index, f"(a mid-range phone {MID_RANGE})")
        state = await signed_in(server, browser)
        for name, path in PAGES.items():
            paints, shifts = await opened(server, browser, state, slowness, path, times)
            report.result(f"{name}: largest contentful paint, median", float(np.median(paints)), "ms", at_most(1_500))
            report.result(f"{name}: layout shift, most", max(shifts), "", at_most(0.1))
        page = await phone(browser, state, slowness)
        report.result("longest interaction", await touched(page, server), "ms", at_most(100))
        report.result("frame of the scrolled list, p95", await scrolled(page, server), "ms", at_most(50))
        await browser.close()
    return report.finish()


async def signed_in(server: Server, browser: Browser) -> StorageState:
    context = await browser.new_context()
    link = server.log_tail(1_000).split("/link#")[1].split()[0]
    made = await context.request.post(f"http://{HOST}:{server.http_port}/api/v1/set-up", data=PERSON | {"link": link})
    assert made.ok, await made.text()
    state = await context.storage_state()
    await context.close()
    return state


async def phone(browser: Browser, state: StorageState, slowness: float) -> Page:
    """A page of a phone that has never been here."""
    settings: dict[str, Any] = {"viewport": PHONE, "locale": "en-US", "has_touch": True, "is_mobile": True}
    context = await browser.new_context(storage_state=state, **settings)
    page = await context.new_page()
    await page.add_init_script("localStorage.setItem('calha.language', 'en')")
    await page.add_init_script(OBSERVE)
    await slow_down(page, slowness)
    return page


async def opened(
    server: Server, browser: Browser, state: StorageState, slowness: float, path: str, times: int
) -> tuple[list[float], list[float]]:
    """Largest contentful paints (ms) and layout shifts of a page that is opened anew each time."""
    paints, shifts = [], []
    for _ in range(times):
        page = await phone(browser, state, slowness)
        await page.goto(f"http://{HOST}:{server.http_port}{path}")
        await page.get_by_role("heading", level=1).wait_for()
        await page.wait_for_timeout(2_500)
        paints.append(float(await page.evaluate("window.paint")))
        shifts.append(float(await page.evaluate("window.shift")))
        await page.context.close()
    return paints, shifts


async def touched(page: Page, server: Server) -> float:
    """The longest interaction of a person who looks around: the search, a word, another view, a device."""
    await page.goto(f"http://{HOST}:{server.http_port}/home")
    await page.get_by_role("heading", level=1).wait_for()
    await page.wait_for_timeout(6_000)  # the other pages load in the background, as they do for everybody
    await page.get_by_role("button", name="Search everything").tap()
    await page.get_by_role("combobox", name="Search everything").press_sequentially("meter-77", delay=120)
    await page.get_by_role("option", name="meter-77").first.tap()
    await page.get_by_role("heading", level=1, name="meter-77").wait_for()
    await page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="Home").tap()
    await page.get_by_text("Management").tap()
    await page.get_by_text("To be paid").wait_for()
    await page.wait_for_timeout(1_000)
    return float(await page.evaluate("window.touch"))


async def scrolled(page: Page, server: Server) -> float:
    await page.goto(f"http://{HOST}:{server.http_port}/")
    await page.locator(".device-row").first.wait_for()
    await page.get_by_text(f"{DEVICES}", exact=True).first.wait_for()
    return float(np.percentile(await page.evaluate(SCROLL), 95))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="how often each page is opened anew")
    return parser.parse_args()
