"""Ready-made dashboards: of a device by the channels it has, of a site by what stands in it. Pure; nothing is stored.

A device: its newest values, a chart of each unit, the states, when in the day the first quantity is high, alarms, commands.
A site: the plant with its values, its alarms, and a map where it has one. Both name their devices outright, so they can be
saved and changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from calha.dashboards.document import COLUMNS, MAX_SERIES, DashboardDocument
from calha.domain.profiles import Command

MAX_TILES = 12
MAX_CHARTS = 8
TILE = (3, 2)
CHART_ROWS = 5
LIST_ROWS = 5
PLANT_ROWS = 9
MAP_ROWS = 7
COMMAND_ROWS = 3  # and two for each parameter
MOST_COMMAND_ROWS = 11


class _Channel(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def kind(self) -> str: ...


class _Grid:
    """Puts widgets beside each other from the left, and below each other when a row is full."""

    def __init__(self) -> None:
        self.widgets: list[dict[str, Any]] = []
        self._x = self._y = self._row_h = 0

    def put(self, kind: str, w: int, h: int, **more: object) -> None:
        if self._x + w > COLUMNS:
            self.next_row()
        place = {"id": f"w{len(self.widgets) + 1}", "kind": kind, "x": self._x, "y": self._y, "w": w, "h": h}
        self.widgets.append(place | more)
        self._x, self._row_h = self._x + w, max(self._row_h, h)

    def next_row(self) -> None:
        self._x, self._y, self._row_h = 0, self._y + self._row_h, 0


def of_device(device: str, channels: Sequence[_Channel], commands: Iterable[Command]) -> DashboardDocument:
    """The dashboard of a device by its channels and the commands of its profile."""
    grid = _Grid()
    for one in channels[:MAX_TILES]:
        grid.put("value", *TILE, series=_series(device, one.key))
    grid.next_row()
    groups = list(_by_unit(channels).values())[:MAX_CHARTS]
    for place, group in enumerate(groups, 1):
        is_last_alone = place == len(groups) and place % 2
        series = [_series(device, one.key) for one in group[:MAX_SERIES]]
        look = {"look": "bar", "range": "7d"} if group[0].kind == "counter" else {}  # what was added each day
        grid.put("chart", COLUMNS if is_last_alone else COLUMNS // 2, CHART_ROWS, series=series, **look)
    grid.next_row()
    states = [one.key for one in channels if one.kind == "state"][:MAX_SERIES]
    if states:
        grid.put("timeline", COLUMNS, max(2, 1 + len(states)), series=[_series(device, key) for key in states])
    gauges = [one.key for one in channels if one.kind == "gauge"]
    if gauges:
        grid.put("heat", COLUMNS // 2, LIST_ROWS, series=_series(device, gauges[0]))
    grid.put("alarms", COLUMNS // 2, LIST_ROWS, device=device)
    grid.next_row()
    for command in list(commands)[:MAX_TILES]:
        rows = min(MOST_COMMAND_ROWS, COMMAND_ROWS + 2 * len(command.parameters))
        grid.put("command", 3, rows, device=device, command=command.key)
    return DashboardDocument.model_validate({"widgets": grid.widgets})


def of_site(site_id: int, *, has_map: bool = False) -> DashboardDocument:
    """The overview of a site. has_map: the positions of several things in it are known."""
    grid = _Grid()
    grid.put("plant", 8, PLANT_ROWS, site=site_id)
    grid.put("alarms", 4, PLANT_ROWS, site=site_id)
    if has_map:
        grid.put("map", COLUMNS, MAP_ROWS, site=site_id)
    return DashboardDocument.model_validate({"widgets": grid.widgets})


def _series(device: str, channel: str) -> Mapping[str, str]:
    return {"device": device, "channel": channel}


def _by_unit(channels: Sequence[_Channel]) -> dict[str, list[_Channel]]:
    """The channels that are numbers, by unit; a register that only grows stands for itself."""
    found: dict[str, list[_Channel]] = {}
    for one in channels:
        if one.kind != "state":
            group = one.unit if one.kind == "gauge" else f"{one.unit} {one.key}"
            found.setdefault(group, []).append(one)
    return found
