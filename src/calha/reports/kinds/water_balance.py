"""The water balance of a site: supply, export, use and losses by interval, and what each meter contributed."""

from collections.abc import Iterator

import numpy as np

from calha.domain.calendars import Calendar
from calha.domain.water_balance import losses_percent
from calha.metering.balances import Balance, Part
from calha.reports.document import Curve, Document, Heading, Row, Section, Table
from calha.reports.kinds.consumption import PLACES, step_of
from calha.reports.kinds.ground import Task

L_IN_M3 = 1_000
ILI_PLACES = 2


def document(task: Task) -> Document:
    words = task.words
    balance = task.ground.metering.balances.of(
        task.site.id, Calendar(step_of(task), task.zone).bounds(task.from_at, task.until_at)
    )
    return task.document(
        keys=(words["site"],),
        headings=_headings(task),
        summary=[Heading(words["total"]), Heading(words["value"], "number", PLACES), Heading(words["unit"])],
        sources=[
            *(Heading(words[name]) for name in ("device", "channel", "role", "site")),
            Heading("m³", "number", PLACES),
            Heading(words["quality"], "quality"),
            Heading(words["coverage"], "share"),
        ],
        sections=_sections(task, balance),
        count=1,
    )


def _headings(task: Task) -> list[Heading]:
    words, whole_days = task.words, task.definition.step in ("1d", "1mo")
    return [
        Heading(words["day"] if whole_days else words["time"], "day" if whole_days else "time"),
        *(Heading(words[name], "number", PLACES) for name in ("supply", "exported", "used", "losses")),
        Heading(words["losses_share"], "share"),
        Heading(words["meters_missing"], "number"),
    ]


def _sections(task: Task, balance: Balance) -> Iterator[Section]:
    nothing = np.full(len(balance.used), np.nan)
    supply, losses = (balance.supply, balance.losses) if balance.has_inlet else (nothing, nothing)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(supply > 0, losses / supply, np.nan)
    columns = [balance.bounds[:-1], supply, balance.exported, balance.used, losses, share, balance.missing]
    drawn = 4 if balance.has_inlet else 3
    yield Section(
        " › ".join(task.site.path),
        (task.site.name,),
        Table(_headings(task), columns),
        Curve(0, drawn, task.words["losses" if balance.has_inlet else "used"], "bars"),
        None,
        list(_totals(task, balance)),
        [_source(task, one) for one in balance.parts],
    )


def _totals(task: Task, balance: Balance) -> Iterator[Row]:
    words = task.words
    supply, losses = float(balance.supply.sum()), float(balance.losses.sum())
    if balance.has_inlet:
        yield words["supply"].partition(" (")[0], supply, "m³"
    yield words["exported"].partition(" (")[0], float(balance.exported.sum()), "m³"
    yield words["used"].partition(" (")[0], float(balance.used.sum()), "m³"
    if balance.has_inlet:
        yield words["losses"].partition(" (")[0], losses, "m³"
        percent = losses_percent(supply, supply - losses) if losses == losses else None  # NaN
        yield words["losses_share"], float("nan") if percent is None else percent, "%"
    if balance.night is not None:
        yield words["night_flow"], balance.night.flow_l_h / L_IN_M3, "m³/h"
    if balance.leakage_index is not None:
        yield words["leakage_index"], balance.leakage_index, ""


def _source(task: Task, part: Part) -> Row:
    total, words = part.consumption.total(), task.words
    amount = float(total.amount) if total.amount is not None else float("nan")
    site = " › ".join(part.site.path) if part.site is not None else " › ".join(task.site.path)
    meter = part.meter
    return meter.device, meter.channel, words[part.role], site, amount, int(total.quality), total.coverage
