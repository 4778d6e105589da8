"""A gateway reads a PLC: over restarts of the gateway, and when another PLC answers at its address."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from calha.config.edge import PlcOptions
from calha.domain import link
from calha.domain.directory import Directory
from calha.domain.errors import InvalidConfiguration
from calha.edge.intake import EdgeIntake
from calha.edge.pins import Pins
from calha.edge.plc import Plc
from calha.ingest.limits import IngestLimits
from calha.log.outbox import Outbox
from calha.log.settings import MIB
from calha.log.tasks import end
from calha.simulate import plc as simulated
from calha.simulate.plc_names import node_id
from calha.starting import micros_now
from log.helpers import eventually
from ports import free_port
from servers import SMALL, running_log

SETTINGS = replace(SMALL, max_store_bytes=192 * MIB, readings_max_bytes=16 * MIB)
WITHIN_S = 60


@asynccontextmanager
async def reading(options: PlcOptions, intake: EdgeIntake, folder: Path) -> AsyncIterator[Plc]:
    plc = Plc(1, options, intake, folder, micros_now)
    running = asyncio.create_task(plc.run(lambda: None))
    try:
        yield plc
    finally:
        await end(running)


async def records(outbox: Outbox) -> list[dict]:
    """Everything in an outbox, in its order."""
    packs = await outbox.read(1, outbox.last_seq, 16 * MIB) if outbox.last_seq else []
    return [record for one in packs for parcel in link.unpack(one.payload) for record in json.loads(parcel.payload)]


async def test_a_restart_tells_a_steady_value_as_of_now_and_the_first_certificate_stays_the_trusted_one(tmp_path):
    served = simulated.PlcOptions(
        port=free_port(), interval_s=3600, stops=False, security=["encrypt"], folder=tmp_path / "first"
    )
    options = PlcOptions(
        name="CLP",
        endpoint=f"opc.tcp://127.0.0.1:{served.port}",
        device="eta",
        security="encrypt",
        trust_first=True,
        interval_ms=100,
        channels={"flow_1": node_id("vazao_saida1")},
    )
    async with running_log(tmp_path / "log", SETTINGS) as (_, connection):
        outbox = Outbox(connection, SETTINGS, link.pack, 0.0)
        await outbox.ensure()
        intake = EdgeIntake(outbox, IngestLimits(), lambda: Directory({}, {}), micros_now)
        async with simulated.Plc(served):
            async with reading(options, intake, tmp_path) as plc:
                await eventually(lambda: outbox.last_seq > 0, WITHIN_S)
                assert (plc.report.state, plc.report.good, plc.report.trouble) == ("connected", 1, "")
            (known,) = await records(outbox)
            assert known["values"]["flow_1"] == {
                "value": 19.0,
                "quality": "arrival_time",
            }  # it is older than the gateway
            started_at, seq = micros_now(), outbox.last_seq
            async with reading(options, intake, tmp_path):
                await eventually(lambda: outbox.last_seq > seq, WITHIN_S)
            again = (await records(outbox))[-1]
            assert again["values"] == known["values"]
            assert again["ts"] >= started_at
        async with (
            simulated.Plc(replace(served, folder=tmp_path / "other")),
            reading(options, intake, tmp_path) as plc,
        ):
            await eventually(lambda: "certificate_changed" in plc.report.trouble, WITHIN_S)


def test_a_damaged_list_of_certificates_is_no_reason_to_trust_anew(tmp_path):
    pins = Pins(tmp_path / "plcs.json")
    assert pins.of("opc.tcp://plc:4840") == ""
    pins.add("opc.tcp://plc:4840", "ab")
    pins.add("opc.tcp://other:4840", "cd")
    assert Pins(tmp_path / "plcs.json").of("opc.tcp://plc:4840") == "ab"
    (tmp_path / "plcs.json").write_text("[")
    with pytest.raises(InvalidConfiguration, match=r"plcs\.json is damaged"):
        pins.of("opc.tcp://plc:4840")
