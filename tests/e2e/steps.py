"""What a person or a device does in several of the tests."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Locator, Page

from running import Calha


def mosquitto_pub(calha: Calha, device: str, values: dict[str, object]) -> None:
    """Send one message as a device does, and wait for its acknowledgement."""
    command = ["mosquitto_pub", "-p", str(calha.mqtt_port), "-q", "1", "-t", f"calha/v1/{device}/telemetry"]
    subprocess.run([*command, "-m", json.dumps({"values": values})], check=True)


@contextmanager
def connected(calha: Calha) -> Iterator[Callable[[str, dict[str, object]], None]]:
    """A device's open connection: sends values of a device, and waits for the acknowledgement."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", calha.mqtt_port)
    client.loop_start()
    yield lambda device, values: client.publish(
        f"calha/v1/{device}/telemetry", json.dumps({"values": values}), qos=1
    ).wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def ensure(calha: Calha, key: str, profile: str = "water_flow") -> None:
    """A registered device of that key."""
    status, answer = calha.send("POST", "/api/v1/devices", {"key": key, "profile": profile})
    assert status in (201, 409), answer


def example(page: Page, name: str) -> str:
    """What the device's page says to send with."""
    page.get_by_role("radiogroup", name="How to send").get_by_text(name, exact=True).click()
    return code(page, name)


def code(page: Page, name: str) -> str:
    """A text that is there to be copied."""
    return page.locator(f'pre[aria-label="{name}"]').inner_text()


def field(page: Page | Locator, name: str) -> Locator:
    """A field by its label, whether it must be filled in or not."""
    return page.get_by_label(re.compile(rf"^{re.escape(name)}( \*)?$"))


def tile(page: Page, name: str) -> Locator:
    """A channel's value on its device's page."""
    return page.get_by_role("group", name=name, exact=True)


def span(page: Page) -> tuple[float, float]:
    """The span that the address asks for, in ms."""
    asked = parse_qs(urlsplit(page.url).query)
    return float(asked["from"][0]), float(asked["to"][0])


def ink(page: Page) -> int:
    """How many pixels of the first chart are of a curve (of the light theme)."""
    return page.locator(".chart canvas").first.evaluate(
        """canvas => {
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let found = 0;
            for (let at = 0; at < pixels.length; at += 4)
                if (pixels[at + 3] > 200 && pixels[at] < 60 && pixels[at + 1] > 90 && pixels[at + 2] > 90) found += 1;
            return found;
        }"""
    )


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@contextmanager
def no_reload(page: Page):
    """Fails if the document is loaded anew inside."""
    page.evaluate("window.isTheSame = true")
    yield
    assert page.evaluate("window.isTheSame === true"), "the page was loaded again"
