"""How long it takes from a value sent over MQTT until its alarm stands in a browser: the whole way, with the real program.

A machine's vibration goes beyond its limit and back; each time the console of a real browser (Debian's Chromium, headless)
has to show the alarm as raised, or as returned. The time is from before the message is sent until the page has changed.
"""

import itertools
import json
import time

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import BrowserContext, Page, async_playwright

from bench.browser import chromium
from bench.latency import Latency
from bench.proofs import secret_of
from bench.report import Report, at_most
from bench.server import HOST, Server, register_in_folder
from calha.simulate import NewDevice
from calha.simulate.http_client import HttpConnection

TIMES = 150
WARM_UP = 10
WITHIN_MS = 30_000
DEVICE = "pump"
PERSON = {"name": "Ana", "email": "ana@example.org", "password": "four quiet words here"}
RULE = {
    "name": "Vibration",
    "definition": {"signal": {"kind": "value", "channel": "vibration"}, "limits": {"hi": 7}},
    "where": {"device": DEVICE},
}
WATCH = """() => {
  window.seen = [];
  let last = "";
  new MutationObserver(() => {
    const line = document.querySelector(".work-list li");
    const state = line === null ? "" : line.textContent.includes("returned") ? "returned" : "raised";
    if (state === last) return;
    last = state;
    window.seen.push({ at: performance.timeOrigin + performance.now(), state });
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


class Machine:
    """A machine with an open MQTT connection."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(DEVICE, secret_of(DEVICE))
        self._client.connect(HOST, port)
        self._client.loop_start()

    def say(self, vibration: float) -> None:
        topic = f"calha/v1/{DEVICE}/telemetry"
        self._client.publish(topic, json.dumps({"vibration": vibration}), qos=1).wait_for_publish(WITHIN_MS / 1_000)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


async def main() -> int:
    report = Report("alarm-path", {"alarms": TIMES, "devices": 1}, durability="disk")
    program = chromium()
    async with Server("disk") as server, async_playwright() as playwright:
        register_in_folder(server.folder, [NewDevice(DEVICE, DEVICE, "machine")])
        await server.start()
        http = HttpConnection(HOST, server.http_port, server.key)
        answer = await http.request("POST", "/api/v1/alarm-rules", msgspec.json.encode(RULE))
        http.close()
        assert answer.status == 201, answer.body
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(viewport={"width": 1_440, "height": 900}, locale="en-US")
        waits_ms = await measured(server, await console(server, context))
        await browser.close()
    found = Latency.of(waits_ms[WARM_UP:])
    report.result("value to alarm in the browser, p50", found.p50_ms, "ms")
    report.result("value to alarm in the browser, p99", found.p99_ms, "ms", at_most(500))
    report.result("longest", found.max_ms, "ms")
    return report.finish()


async def console(server: Server, context: BrowserContext) -> Page:
    """The console, in English, of the first person."""
    address = f"http://{HOST}:{server.http_port}"
    link = server.log_tail(1_000).split("/link#")[1].split()[0]
    made = await context.request.post(f"{address}/api/v1/set-up", data=PERSON | {"link": link})
    assert made.ok, await made.text()
    page = await context.new_page()
    await page.add_init_script("localStorage.setItem('calha.language', 'en')")
    await page.goto(f"{address}/alarms")
    return page


async def measured(server: Server, page: Page) -> list[float]:
    machine = Machine(server.mqtt_port)
    machine.say(9)
    await page.locator(".work-list li").first.wait_for(timeout=WITHIN_MS)
    await page.evaluate(WATCH)
    waits_ms = []
    turns = itertools.cycle([(1.0, "returned"), (9.0, "raised")])
    for number, (vibration, state) in zip(range(TIMES + WARM_UP), turns, strict=False):
        await page.wait_for_timeout(150 + 10 * (number % 17))  # at any moment of a commit
        sent_at = time.time() * 1_000
        machine.say(vibration)
        waits_ms.append(await seen_at(page, state) - sent_at)
    machine.close()
    return waits_ms


async def seen_at(page: Page, state: str) -> float:
    """When the page came to show a state, in ms since 1970. Asked again and again, as the page lets no text be run."""
    deadline = time.monotonic() + WITHIN_MS / 1_000
    while time.monotonic() < deadline:
        last = await page.evaluate("window.seen.at(-1) ?? null")
        if last is not None and last["state"] == state:
            return float(last["at"])
        await page.wait_for_timeout(10)
    raise TimeoutError(f"the alarm is not shown as {state} within {WITHIN_MS} ms")
