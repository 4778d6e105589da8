"""What detectors find, as it is kept: of which subject, and how much it showed."""

import math
from typing import Literal

from calha.store.anomalies import Found
from calha.watch.anomaly.answers import shown_by
from calha.watch.anomaly.events import Event, Kind

Detector = Literal["series", "device", "district"]

_DETECTORS: dict[Kind, Detector] = {Kind.JOINT: "device", Kind.LEAK: "district"}


def detector_of(kind: Kind) -> Detector:
    """Which detector finds anomalies of a kind."""
    return _DETECTORS.get(kind, "series")


def of_series(series: int) -> str:
    return f"series {series}"


def of_device(detector: Detector, key: str) -> str:
    return f"{detector} {key}"


def found(subject: str, event: Event, may: float) -> Found:
    """may: how much could be shown when the event was at its peak, in limits."""
    peak = event.peak
    return Found(
        subject,
        event.series,
        peak.kind.value,
        event.started_at,
        event.ended_at,
        event.readings,
        peak.at,
        _finite(peak.value),
        peak.score,
        peak.confidence,
        _finite(peak.seen),
        _finite(peak.low),
        _finite(peak.high),
        _finite(peak.expected),
        peak.over,
        shown_by(peak.score, may),
    )


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
