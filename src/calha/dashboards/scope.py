"""Which devices, series and sites a dashboard shows, once its variables have values. Pure.

A public link shows this and nothing else; so what is not named here is not seen by whoever holds one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from calha.dashboards.document import DashboardDocument, SeriesRef

Values = Mapping[str, str | int]  # by a variable's key


@dataclass(frozen=True, slots=True)
class Scope:
    """series: (device, channel). devices: all that are named. sites: whose alarms or plant are shown."""

    series: frozenset[tuple[str, str]]
    devices: frozenset[str]
    sites: frozenset[int]


def scope_of(document: DashboardDocument, values: Values, own_site: int) -> Scope:
    """With the values given, else those that the variables begin with. own_site: where the dashboard belongs."""
    known = values_of(document, values)
    widgets = document.widgets
    series = frozenset((_device(one, known), one.channel) for widget in widgets for one in widget.series_shown())
    named = {str(resolved(name, known)) for widget in widgets for name in widget.devices_named()}
    sites = {int(resolved(name, known)) for widget in widgets for name in widget.sites_named()}
    if any(_looks_at_its_own(widget) for widget in widgets):
        sites.add(own_site)
    return Scope(series, frozenset(named), frozenset(sites))


def values_of(document: DashboardDocument, values: Values) -> dict[str, str | int]:
    """Each variable's value; those that are given in the wrong kind are not heeded."""
    found: dict[str, str | int] = {}
    for one in document.variables:
        begin: str | int = one.device if one.kind == "device" else one.site
        given = values.get(one.key)
        found[one.key] = given if given is not None and type(given) is type(begin) else begin
    return found


def resolved(name: str | int, known: Mapping[str, str | int]) -> str | int:
    """The device or site that is named, by itself or by a variable."""
    return known[name[1:]] if isinstance(name, str) and name.startswith("$") else name


def _looks_at_its_own(widget: object) -> bool:
    kind = getattr(widget, "kind", "")
    if getattr(widget, "site", None) is not None:
        return False
    if kind == "map":
        return not getattr(widget, "places", [])
    return kind == "plant" or (kind == "alarms" and getattr(widget, "device", None) is None)


def _device(one: SeriesRef, known: Mapping[str, str | int]) -> str:
    return str(resolved(one.device, known))
