"""A billing run that is killed goes on where it was: no invoice is doubled, no number is missing."""

import json
import subprocess
import sys

import pytest
from sqlalchemy import select
from test_invoicing import AUGUST, JULY, billing, contracted, hourly, today  # noqa: F401 - fixtures

from calha.metering.invoicing import verified
from calha.store.billing import Runs
from calha.store.billing.models import Invoice

CONTRACTS = 14
AT_ONCE = 2
PAGES_BEFORE_THE_KILL = 4
RUN = f"""
import json, sys
from datetime import date
from pathlib import Path
from calha.domain.access import Tree
from calha.metering.billing_run import BillingRuns
from calha.metering.metering import Metering
from calha.metering.opening import open_billing
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry

folder = Path(sys.argv[1])
registry, telemetry = Registry.open("sqlite:///" + sys.argv[1] + "/registry.sqlite"), Telemetry.open(folder / "telemetry")
metering = Metering.over(registry, telemetry, None, lambda: 0)
billing, usual = open_billing(registry.engine, metering, Tree, lambda: date(2026, 9, 15))
runs = BillingRuns(billing, usual.runs, at_once={AT_ONCE})
done = runs.work(runs.begin("2026-07", "ana", None, None), None, lambda: print("page", flush=True))
print(json.dumps([done.issued, done.passed, done.state]), flush=True)
"""


def start(folder) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stdout=subprocess.PIPE, text=True)


@pytest.mark.crash
def test_after_a_kill_no_invoice_is_doubled_and_no_number_is_missing(plant, billing, tmp_path):  # noqa: F811
    for number in range(CONTRACTS):
        contracted(plant, billing, f"m{number}")
        hourly(plant, JULY, AUGUST, 100 + number, device=f"m{number}")
    plant.telemetry.close()
    child = start(tmp_path)
    assert child.stdout is not None
    for _ in range(PAGES_BEFORE_THE_KILL):
        assert child.stdout.readline() == "page\n"
    child.kill()
    child.wait()
    assert Runs(plant.registry.engine).list("running"), "it was killed in the middle"
    child = start(tmp_path)
    *_, last = child.communicate(timeout=60)[0].splitlines()
    issued, passed, state = json.loads(last)
    assert state == "finished"
    assert passed >= (PAGES_BEFORE_THE_KILL - 1) * AT_ONCE, "what was issued before is passed over"
    assert passed + issued == CONTRACTS
    with plant.registry.engine.connect() as connection:
        numbers = connection.execute(select(Invoice.number).order_by(Invoice.number)).scalars().all()
        contracts = connection.execute(select(Invoice.contract_id)).scalars().all()
    assert numbers == [f"2026-{number:06}" for number in range(1, CONTRACTS + 1)]
    assert len(set(contracts)) == CONTRACTS
    assert all(verified(billing, billing.invoices.get(number)) == [] for number in numbers)
