"""When a machine counts as there: 45 s after its newest heartbeat, by what is stored, over a restart too."""

import numpy as np
import pytest

from calha.compat.databutcher import fleet
from calha.domain.readings import Batch
from calha.domain.times import SECOND_US
from calha.ingest.limits import IngestLimits
from calha.ingest.service import Ingest
from calha.store.databutcher.store import DataButcherStore
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from registries import lay_empty_registry

CODE = "69206b8f7b28c5a21cdf12f7"
HEARD_AT = 1_790_000_000 * SECOND_US


class Time:
    now = HEARD_AT


@pytest.fixture
def registry(tmp_path):
    opened = Registry.open(lay_empty_registry(tmp_path))
    opened.create_site("Calha", None, "America/Sao_Paulo")
    yield opened
    opened.close()


def opened_fleet(tmp_path, registry, time, subscribers=()):
    telemetry = Telemetry.open(tmp_path / "telemetry", memory_mb=128)
    ingest = Ingest(registry, None, None, IngestLimits(), lambda: time.now)  # of which only the directory is asked

    async def listens(topic):
        return topic in subscribers

    store = DataButcherStore(registry.engine)
    return fleet.Fleet(store, registry, ingest, telemetry, listens, lambda: time.now, 0), ingest, telemetry


async def test_a_machine_is_there_for_45_seconds_after_its_newest_heartbeat_over_a_restart_too(tmp_path, registry):
    time = Time()
    fleet.register(registry, DataButcherStore(registry.engine), CODE)
    for is_restarted in (False, True):
        machines, ingest, telemetry = opened_fleet(tmp_path, registry, time)
        await ingest.refresh()
        machine = await machines.find(CODE.upper())
        series = machines.entry(machine).channels["heartbeat"].series
        if not is_restarted:
            assert not await machines.is_there(machine), "it never had one, and nobody listens"
            columns = [
                np.array([value], kind) for value, kind in ((series, "i4"), (HEARD_AT, "i8"), (1.0, "f8"), (0, "u1"))
            ]
            telemetry.write(Batch(*columns, np.array([HEARD_AT])), 1)
        for age_s, is_there in ((0, True), (45, True), (45.001, False)):
            time.now = HEARD_AT + round(age_s * SECOND_US)
            assert await machines.is_there(machine) is is_there, f"{age_s} s"
        telemetry.close()


async def test_a_machine_without_heartbeats_is_there_while_it_listens_and_one_with_heartbeats_is_not(
    tmp_path, registry
):
    time = Time()
    fleet.register(registry, DataButcherStore(registry.engine), CODE)
    machines, ingest, telemetry = opened_fleet(tmp_path, registry, time, {fleet.commands_topic(CODE)})
    await ingest.refresh()
    machine = await machines.find(CODE)
    assert await machines.is_there(machine)
    machines.hear(machine, HEARD_AT)
    assert await machines.is_there(machine)
    time.now = HEARD_AT + 60 * SECOND_US
    assert not await machines.is_there(machine), "it hangs: it is connected, and says nothing any more"
    telemetry.close()
