"""What is on screen while data flows, and while none does."""

import re
import threading
import time

import pytest
from playwright.sync_api import expect
from steps import ensure, mosquitto_pub, no_reload, tile

CHANNELS = [f"c{n:02}" for n in range(20)]
SAMPLES = 60
INTERVAL_S = 0.1


@pytest.mark.desktop
def test_a_page_can_be_used_while_twenty_channels_come_ten_times_a_second(calha, page, device):
    ensure(calha, device, "generic")
    send(calha, device, -1)
    page.goto(f"{calha.address}/devices/{device}?range=15min")
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(tile(page, "c00")).to_contain_text("-1")
    sending = threading.Thread(target=send_all, args=(calha, device))
    sending.start()
    page.get_by_role("button", name="Show as table").click()
    expect(page.get_by_role("table").first).to_be_visible()
    page.get_by_role("button", name="Show as chart").click()
    expect(page.locator(".chart canvas")).to_be_visible()
    sending.join()
    expect(tile(page, "c19")).to_contain_text(f"{19_000 + SAMPLES - 1:,}")


@pytest.mark.desktop
def test_charts_below_each_other_have_the_same_times(calha, page, device):
    ensure(calha, device)
    mosquitto_pub(calha, device, {"flow_1": 1_234_567.5, "level": 1, "pump": 1})
    page.goto(f"{calha.address}/devices/{device}")
    plots = page.locator(".chart .u-over")
    expect(plots).to_have_count(3)
    page.wait_for_function(
        """() => {
            const boxes = [...document.querySelectorAll(".chart .u-over")].map(plot => plot.getBoundingClientRect());
            return boxes.every(box => box.left === boxes[0].left && box.width === boxes[0].width);
        }"""
    )
    assert page.get_by_text("Value:").count() == 0
    first, whole = plots.first.bounding_box(), page.locator(".chart").first.bounding_box()
    assert first["x"] - whole["x"] > 60, "1,200,000 has no room beside the chart"


@pytest.mark.whole_app
@pytest.mark.parametrize("page", ["desktop"], indirect=True)
def test_pages_keep_what_they_know_while_the_server_is_gone(empty, page):
    ensure(empty, "eta-1")
    mosquitto_pub(empty, "eta-1", {"flow_1": 61.5})
    page.goto(f"{empty.address}/status")
    promise = page.get_by_text("Acknowledged means on disk")
    expect(promise).to_be_visible()
    page.get_by_role("link", name="Devices").click()
    expect(page.get_by_role("link", name="eta-1")).to_contain_text("61.50")
    page.wait_for_timeout(4_000)  # the pages that are not open yet are loaded meanwhile
    with no_reload(page):
        empty.stop()
        expect(page.get_by_role("alert")).to_have_text(re.compile("No connection since"))
        expect(page.get_by_role("link", name="eta-1")).to_contain_text("61.50")
        expect(page.locator(".device-value.stale")).to_have_count(1)
        page.get_by_role("link", name="System").click()
        expect(promise).to_be_visible()
        expect(page.get_by_text("Last data received")).to_be_visible()
        page.wait_for_timeout(8_000)  # until asking again has failed for good
        expect(promise).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(1)
        page.get_by_role("link", name="Sites").click()
        expect(page.get_by_role("heading", name="Sites")).to_be_visible()

        empty.start()
        empty.until_ready()
        expect(page.get_by_role("alert")).to_have_count(0, timeout=30_000)
        expect(page.get_by_role("link", name="Calha", exact=True).last).to_be_visible()
        page.get_by_role("link", name="Devices").click()
        expect(page.locator(".device-value.stale")).to_have_count(0, timeout=30_000)


@pytest.mark.desktop
def test_whoever_saves_data_is_sent_no_page_that_he_does_not_open(calha, page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request(
        "**/assets/Notices-*.js"
    ):  # when the first page has settled; for others all pages follow it
        page.goto(calha.address)
    page.wait_for_timeout(1_000)
    assert not any("Page-" in url for url in asked if "/assets/DevicesPage-" not in url), asked


def send(calha, device: str, number: int) -> None:
    values = {key: number if number < 0 else place * 1000 + number for place, key in enumerate(CHANNELS)}
    status, answer = calha.send("POST", f"/api/v1/telemetry/{device}", values)
    assert status == 200, answer


def send_all(calha, device: str) -> None:
    begun = time.monotonic()
    for number in range(SAMPLES):
        time.sleep(max(0.0, begun + number * INTERVAL_S - time.monotonic()))
        send(calha, device, number)
