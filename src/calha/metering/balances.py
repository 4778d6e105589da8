"""Water balance of a site: what its inlets brought, what was exported and used in it and below, and what is missing.

A volume counter counts as consumption of the site where its device stands; a flow counts nothing until somebody says what it
is. A site below counts by its own inlets where it has any, else by what is used in it. So losses are told where they arise:
between a site's inlets and the next meters behind them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from calha.domain import units
from calha.domain.calendars import Calendar
from calha.domain.consumption import Consumption
from calha.domain.errors import UnknownUnit
from calha.domain.quality import Quality
from calha.domain.register_breaks import Floats, Ints
from calha.domain.times import DAY_US, HOUR_US, to_datetime
from calha.domain.water_balance import NIGHTS, Network, leakage_index, minimum_night_flow
from calha.metering.counting import Counting
from calha.metering.meters import Meter, Meters
from calha.store.metering.balances import BalanceStore, Role
from calha.store.registry import DeviceRow, Registry, SiteRow

VOLUME = "m³"
MAX_DEVICES = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """What one meter, or one site below, contributes. site: None for a meter of the site itself."""

    role: Role
    meter: Meter
    site: SiteRow | None
    consumption: Consumption


@dataclass(frozen=True, slots=True)
class Night:
    """Minimum night flow and what follows from it, in L/h and L/day."""

    flow_l_h: float
    leakage_l_day: float | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Columns by interval, in m³. supply, exported: NaN where a part of them is not known. used: of the meters that are known.

    missing: of how many meters nothing is known in an interval.
    """

    bounds: Ints
    supply: Floats
    exported: Floats
    used: Floats
    missing: Ints
    parts: Sequence[Part]
    network: Network | None
    night: Night | None

    @property
    def has_inlet(self) -> bool:
        return any(part.role == "inlet" and part.site is None for part in self.parts)

    @property
    def losses(self) -> Floats:
        return self.supply - self.exported - self.used

    @property
    def quality(self) -> int:
        """The worst of all parts."""
        known = [int(part.consumption.quality.max(initial=Quality.GOOD)) for part in self.parts]
        return max(known, default=Quality.BAD)

    @property
    def leakage_index(self) -> float | None:
        """ILI of the losses in the time, where the network is known."""
        lost = float(self.losses.sum())
        days = float(self.bounds[-1] - self.bounds[0]) / DAY_US
        if self.network is None or not self.has_inlet or np.isnan(lost):
            return None
        return leakage_index(lost * 1_000 / days, self.network.unavoidable_l_day)


class Balances:
    def __init__(self, registry: Registry, meters: Meters, counting: Counting, store: BalanceStore) -> None:
        self._registry = registry
        self._meters = meters
        self._counting = counting
        self.store = store

    def of(self, site_id: int, bounds: Ints) -> Balance:
        """Of a site in the intervals between `bounds`. Raises NotFound, StoreUnavailable."""
        chosen = _Choice(self._registry, self._meters, self.store, site_id).made()
        counted = self._counting.of_all([meter for _, meter, _ in chosen], bounds)
        parts = [
            Part(role, meter, site, found.consumption.given_in(VOLUME))
            for (role, meter, site), found in zip(chosen, counted, strict=True)
        ]
        network = self.store.network(site_id)
        used = [part.consumption for part in parts if part.role == "consumption" or part.site is not None]
        return Balance(
            bounds,
            _sum(bounds, (part for part in parts if part.role == "inlet" and part.site is None)),
            _sum(bounds, (part for part in parts if part.role == "outlet")),
            sum((np.nan_to_num(one.amounts()) for one in used), np.zeros(len(bounds) - 1)),
            sum((np.isnan(one.amounts()).astype(np.int64) for one in used), np.zeros(len(bounds) - 1, np.int64)),
            parts,
            network,
            self._night(parts, network, int(bounds[-1])),
        )

    def _night(self, parts: Sequence[Part], network: Network | None, until: int) -> Night | None:
        """From the last nights before the end; what leaves at night is taken off."""
        inlets = [part.meter for part in parts if part.role == "inlet" and part.site is None]
        outlets = [part.meter for part in parts if part.role == "outlet"]
        if not inlets:
            return None
        zone = inlets[0].zone
        hours = Calendar("1h", zone).bounds(until - (NIGHTS + 1) * DAY_US, until)
        per_hour = self._hourly(inlets, hours) - self._hourly(outlets, hours)
        local = [to_datetime(at).astimezone(zone) for at in hours[:-1].tolist()]
        numbers = np.array([one.hour for one in local], np.int64)
        nights = np.array([one.toordinal() for one in local], np.int64)
        flow = minimum_night_flow(numbers, nights, per_hour * HOUR_US / np.diff(hours))
        if flow is None:
            return None
        litres = flow * 1_000
        return Night(litres, network.leakage_l_day(litres) if network is not None else None)

    def _hourly(self, meters: Sequence[Meter], hours: Ints) -> Floats:
        total = np.zeros(len(hours) - 1)
        for found in self._counting.of_all(meters, hours):
            total += np.where(found.consumption.coverage > 0, found.consumption.given_in(VOLUME).amounts(), np.nan)
        return total


class _Choice:
    """Which meters make the balance of a site, and as what."""

    def __init__(self, registry: Registry, meters: Meters, store: BalanceStore, site_id: int) -> None:
        self._site = registry.site(site_id)
        self._sites = registry.sites()
        self._roles = store.roles()
        devices = registry.devices(site=site_id, limit=MAX_DEVICES).items
        self._meters = [meter for meter in meters.of_devices(devices) if is_water(meter)]

    def made(self) -> list[tuple[Role, Meter, SiteRow | None]]:
        own = self._roles.get(self._site.id, {})
        elsewhere = {series for site, roles in self._roles.items() for series in roles if site != self._site.id}
        chosen: list[tuple[Role, Meter, SiteRow | None]] = []
        for meter in self._meters:
            if meter.series in own:
                chosen.append((own[meter.series], meter, None))
            elif meter.site_id == self._site.id and meter.series not in elsewhere and meter.source == "register":
                chosen.append(("consumption", meter, None))
        for child in self._children(self._site):
            chosen += self._of_child(child)
        return [one for one in chosen if one[0] != "none"]

    def _of_child(self, child: SiteRow) -> list[tuple[Role, Meter, SiteRow | None]]:
        """A site below: by its inlets, else by all that is used in it and below."""
        roles = self._roles.get(child.id, {})
        taken = self._roles.get(self._site.id, {})
        inlets = [meter for meter in self._meters if roles.get(meter.series) == "inlet" and meter.series not in taken]
        if inlets:
            return [("inlet", meter, child) for meter in inlets]
        used = [
            meter
            for meter in self._meters
            if meter.site_id == child.id
            and meter.series not in taken
            and roles.get(meter.series, "consumption" if meter.source == "register" else "none") == "consumption"
        ]
        below = [part for site in self._children(child) for part in self._of_child(site)]
        return [*(("consumption", meter, child) for meter in used), *((role, meter, child) for role, meter, _ in below)]

    def _children(self, site: SiteRow) -> list[SiteRow]:
        return [one for one in self._sites if one.parent_id == site.id]


def is_water(meter: Meter) -> bool:
    try:
        return units.quantity(meter.unit) == "volume"
    except UnknownUnit:
        return False


def countable_in(meters: Meters, devices: Sequence[DeviceRow]) -> list[Meter]:
    """The meters of these devices that can have a role in a balance."""
    return [meter for meter in meters.of_devices(devices) if is_water(meter)]


def _sum(bounds: Ints, parts: Iterable[Part]) -> Floats:
    total = np.zeros(len(bounds) - 1)
    for part in parts:
        total += part.consumption.amounts()
    return total
