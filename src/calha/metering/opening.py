"""Billing as the API and the jobs use it: its parts, made once; the tariffs that come with Calha, on the first start."""

from collections.abc import Callable
from datetime import date
from importlib.resources import files

from sqlalchemy import Engine

from calha.domain.access import Tree
from calha.domain.tariff_reader import read_tariff
from calha.metering.billing_run import BillingRuns
from calha.metering.books import Billing
from calha.metering.metering import Metering
from calha.store.billing import Credits, Customers, Invoices, Runs, Tariffs

PACKAGED_BY = "Calha"


def open_billing(
    engine: Engine, metering: Metering, tree: Callable[[], Tree], today: Callable[[], date]
) -> tuple[Billing, BillingRuns]:
    """Billing and its runs; what was under way when the process ended is told as stopped."""
    tariffs = Tariffs(engine)
    if not tariffs.newest():
        _add_examples(tariffs)
    stores = Customers(engine), tariffs, Invoices(engine), Credits(engine)
    billing = Billing(*stores, metering.meters, metering.counting, tree, today)
    runs = BillingRuns(billing, Runs(engine))
    runs.end_broken()
    return billing, runs


def _add_examples(tariffs: Tariffs) -> None:
    for file in sorted(files("calha.tariffs").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".yaml"):
            tariffs.save(read_tariff(file.read_text(encoding="utf-8"), file.name), PACKAGED_BY)
