"""A gateway's log server comes back without what it had: what is acknowledged afterwards reaches the hub."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_parts import Edge, http_post, line_to, running_edge, running_hub, until

START_MS = 1_769_860_800_000
BEFORE, AFTER = 40, 15


def take_away(store: Path) -> None:
    shutil.rmtree(store / "jetstream")


def tear(store: Path) -> None:
    for stream in ("OUTBOX", "$MQTT_msgs"):
        for messages in store.glob(f"jetstream/*/streams/{stream}/msgs"):
            (messages / "index.db").unlink(missing_ok=True)
            for block in messages.glob("*.blk"):
                os.truncate(block, block.stat().st_size // 2)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [take_away, tear])
def test_what_a_gateway_acknowledges_after_its_outbox_was_lost_reaches_the_hub(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with running_hub(tmp_path / "hub") as hub, line_to(hub.leaf_port) as line:
        gateway = hub.create_gateway()
        secret = hub.create_behind("d")
        with running_edge(tmp_path / "edge", line.port, gateway) as edge:
            send(edge, secret, range(BEFORE))
            until(lambda: len(hub.numbers("d")) == BEFORE, "the hub has what was sent")
            hit(edge, damage)
            send(edge, secret, range(BEFORE, BEFORE + AFTER))
            until(lambda: sorted(set(hub.numbers("d"))) == list(range(BEFORE + AFTER)), "the hub has the rest")
            assert len(hub.numbers("d")) == BEFORE + AFTER, "none twice"


def hit(edge: Edge, damage: Callable[[Path], None]) -> None:
    server = edge.processes()["log server"]
    os.kill(server, signal.SIGSTOP)
    damage(edge.folder / "log" / "store")
    os.kill(server, signal.SIGKILL)


def send(edge: Edge, secret: str, numbers: range) -> None:
    """Each by itself, and again until it is acknowledged."""
    for number in numbers:
        deadline = time.monotonic() + 90
        body = {"ts": START_MS + number, "values": {"n": number}}
        while http_post(edge, "/api/v1/telemetry/d", secret, body)[0] != 200:
            assert time.monotonic() < deadline, "nothing is acknowledged any more"
            time.sleep(0.2)
