"""The kinds of reports. A new one is a module here that makes a Document of a Task, and a line below."""

from collections.abc import Callable, Mapping

from calha.domain.report_definitions import ReportKind
from calha.reports.document import Document
from calha.reports.kinds import (
    alarms,
    anomalies,
    cleanings,
    consumption,
    data_quality,
    flow,
    machines,
    water_balance,
)
from calha.reports.kinds.ground import Ground, Task

KINDS: Mapping[ReportKind, Callable[[Task], Document]] = {
    "flow": flow.document,
    "consumption": consumption.document,
    "water_balance": water_balance.document,
    "data_quality": data_quality.document,
    "alarms": alarms.document,
    "anomalies": anomalies.document,
    "machines": machines.document,
    "cleanings": cleanings.document,
}

__all__ = ["KINDS", "Ground", "Task"]
