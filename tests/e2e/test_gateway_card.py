"""A gateway on the page of its device: set up, linked, cut off, drained; in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from steps import code, scrolls_sideways
from test_access import open_page, violations

from edge_parts import Hub, http_post, line_to, running_edge, running_hub, until
from ports import free_port

PATIENCE_MS = 60_000
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def calha(tmp_path_factory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("e2e") / "data") as running:
        yield running


@pytest.mark.parametrize("page", ["desktop"], indirect=True)  # made small on the way: each cut takes its time
def test_a_gateway_is_set_up_and_seen_through_a_cut(calha, page, device, tmp_path: Path):
    secret = calha.create_gateway(device)
    calha.create_behind(f"{device}-meter", device)
    open_page(page, f"{calha.address}/devices/{device}", is_live=False)
    expect(page.get_by_text("Has not linked itself")).to_be_visible()
    written = code(page, "calha.toml of the gateway")
    assert f'hub = "nats-leaf://127.0.0.1:{calha.leaf_port}"' in written
    assert f'gateway = "{device}"' in written
    assert violations(page) == []
    plc = {"name": "CLP", "endpoint": f"opc.tcp://127.0.0.1:{free_port()}", "device": f"{device}-meter"}
    plcs = [plc | {"channels": {"flow": "ns=4;s=flow"}}]
    own = {"CALHA_EDGE_GATEWAY": device, "CALHA_EDGE_PLCS": json.dumps(plcs)}
    with line_to(calha.leaf_port) as line, running_edge(tmp_path / "edge", line.port, secret, own) as edge:
        expect(page.get_by_text("Linked", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("0 of 1 nodes good")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("Not connected: ")).to_be_visible(timeout=PATIENCE_MS)
        assert violations(page) == []
        line.cut()
        body = [{"ts": 1_769_860_800 + n, "values": {"n": n}} for n in range(50)]
        assert http_post(edge, f"/api/v1/telemetry/{device}-meter", "", body)[0] == 200
        expect(page.get_by_text("Not linked since")).to_be_visible(timeout=PATIENCE_MS)
        assert violations(page) == []
        page.set_viewport_size(PHONE)
        assert not scrolls_sideways(page)
        line.mend()
        expect(page.get_by_text("Linked", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        until(lambda: len(calha.numbers(f"{device}-meter")) == 50, "the backlog is there")
        expect(page.get_by_text("nothing").first).to_be_visible(timeout=PATIENCE_MS)
        assert violations(page) == []
