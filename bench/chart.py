"""How quickly a browser draws 100,000 points, and whether 20 series at 10 Hz cost it frames: headless Chromium on one core.

The points are 50 channels of 2,000 readings in one chart. A drawing is timed by the browser itself, from the click that asks
for the chart until the picture is on the screen (Event Timing). Live, the time between two frames is taken for 20 s; whatever
was missed of 60 in a second is a dropped frame. The server and the device have the other core.
"""

import asyncio
import json
import os
import statistics
import time

import msgspec
from playwright.async_api import Page, ViewportSize, async_playwright

from bench.alarm_path import PERSON
from bench.browser import chromium
from bench.latency import Latency
from bench.report import Report, at_most
from bench.run import until_stored
from bench.server import HOST, Server, register_in_folder
from calha.simulate import NewDevice
from calha.simulate.http_client import HttpConnection

CHANNELS, READINGS = 50, 2_000
AT_ONCE = 100
DRAWINGS = 12
LIVE_SERIES, LIVE_HZ, LIVE_S = 20, 10, 20
SETTLES_S = 3
STORED_WITHIN_S = 60
FRAME_MS = 1_000 / 60
SIZE = ViewportSize(width=2_000, height=1_000)
WATCH_CLICKS = """() => {
  window.clicks = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (one.name === "click") window.clicks.push(one.duration);
  }).observe({ type: "event", durationThreshold: 16 });
}"""
WATCH_FRAMES = """() => {
  window.frames = [];
  let last = performance.now();
  const next = (now) => {
    window.frames.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""


async def main() -> int:
    report = Report(
        "chart",
        {"points": CHANNELS * READINGS, "series": LIVE_SERIES, "rate_hz": LIVE_HZ, "browser_cores": 1},
        durability="disk",
    )
    program = chromium()
    cores = sorted(os.sched_getaffinity(0))
    async with Server("disk", {"CALHA_DEVICES_ANONYMOUS": "true"}) as server:
        register_in_folder(server.folder, [NewDevice(key, key, "generic") for key in ("wide", "live")])
        await server.start()
        begin_ms = await filled(server)
        os.sched_setaffinity(0, cores[:1])
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            os.sched_setaffinity(0, cores[-1:])
            for one in server.usage():
                os.sched_setaffinity(one.pid, cores[-1:])
            page = await signed_in(server, await browser.new_page(viewport=SIZE, locale="en-US"))
            drawn_ms = await drawings(page, server, begin_ms)
            report.result("100,000 points, click to picture, p50", statistics.median(drawn_ms), "ms", at_most(150))
            report.result("the same, longest", max(drawn_ms), "ms")
            frames_ms = await live_frames(page, server)
            await browser.close()
    dropped = sum(max(0, round(one / FRAME_MS) - 1) for one in frames_ms)
    report.result("live frames", len(frames_ms), "")
    report.result("dropped frames", dropped, "", at_most(0.01 * len(frames_ms)))
    report.result("time between frames, p99", Latency.of(frames_ms).p99_ms, "ms")
    report.result("longest time between frames", max(frames_ms), "ms")
    return report.finish()


async def filled(server: Server) -> int:
    """Store the points; when the first of them is, in ms."""
    begin_ms = int(time.time() * 1_000) - READINGS * 1_000
    http = HttpConnection(HOST, server.http_port, server.key)
    for start in range(0, READINGS, AT_ONCE):
        lines = [
            {
                "ts": begin_ms + 1_000 * number,
                "values": {f"c{n:02}": n + (number * 7919 % 101) / 101 for n in range(CHANNELS)},
            }
            for number in range(start, start + AT_ONCE)
        ]
        answer = await http.request("POST", "/api/v1/telemetry/wide", msgspec.json.encode(lines))
        assert answer.status == 200, answer.body
    http.close()
    await until_stored(server, CHANNELS * READINGS, STORED_WITHIN_S)
    return begin_ms


async def signed_in(server: Server, page: Page) -> Page:
    address = f"http://{HOST}:{server.http_port}"
    link = server.log_tail(1_000).split("/link#")[1].split()[0]
    made = await page.context.request.post(f"{address}/api/v1/set-up", data=PERSON | {"link": link})
    assert made.ok, await made.text()
    await page.add_init_script("localStorage.setItem('calha.language', 'en')")
    return page


async def drawings(page: Page, server: Server, begin_ms: int) -> list[float]:
    """How long each change from the table to the chart took."""
    await page.goto(
        f"http://{HOST}:{server.http_port}/devices/wide?from={begin_ms}&to={begin_ms + READINGS * 1_000}&table=true"
    )
    await page.get_by_role("cell", name="c00").first.wait_for()
    took = []
    for _ in range(DRAWINGS):
        await page.wait_for_timeout(300)
        await page.evaluate(WATCH_CLICKS)
        await page.get_by_role("button", name="Show as chart").click()
        await page.locator(".chart canvas").first.wait_for()
        await page.wait_for_timeout(700)
        took.append(float(max(await page.evaluate("window.clicks"))))
        await page.get_by_role("button", name="Show as table").click()
        await page.get_by_role("cell", name="c00").first.wait_for()
    return took[2:]  # the first ones compile


async def live_frames(page: Page, server: Server) -> list[float]:
    """The times between frames while values come."""
    sending = asyncio.create_task(send(server))
    await asyncio.sleep(SETTLES_S)
    await page.goto(f"http://{HOST}:{server.http_port}/devices/live?range=15min")
    await page.locator(".chart canvas").first.wait_for()
    await page.wait_for_timeout(SETTLES_S * 1_000)
    await page.evaluate(WATCH_FRAMES)
    await page.wait_for_timeout(LIVE_S * 1_000)
    frames: list[float] = json.loads(await page.evaluate("JSON.stringify(window.frames)"))
    sending.cancel()
    return frames[1:]


async def send(server: Server) -> None:
    http = HttpConnection(HOST, server.http_port, server.key)
    begun = time.monotonic()
    number = 0
    while True:
        await asyncio.sleep(max(0.0, begun + number / LIVE_HZ - time.monotonic()))
        values = {f"c{n:02}": n + (number * 7919 % 101) / 101 for n in range(LIVE_SERIES)}
        answer = await http.request("POST", "/api/v1/telemetry/live", msgspec.json.encode(values))
        assert answer.status == 200, answer.body
        number += 1
