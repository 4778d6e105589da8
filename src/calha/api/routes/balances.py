"""Water balances of sites, and how they are set up."""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import Query

from calha.api.access import ConfiguresSite, ViewsSite
from calha.api.period import To
from calha.api.routes.consumption import From, window_of
from calha.api.routing import api_router
from calha.api.schemas import SiteId
from calha.api.schemas_balance import (
    BalanceAnswer,
    BalanceMeters,
    BalancePart,
    LeakageAnswer,
    NetworkBody,
    NightAnswer,
)
from calha.api.services import Here, Services
from calha.domain import quality
from calha.domain.calendars import Calendar, Step
from calha.domain.errors import Forbidden, Malformed
from calha.domain.times import DAY_US
from calha.domain.water_balance import Network, index_class, losses_percent
from calha.metering.balances import Balance, Part, countable_in, is_water
from calha.metering.meters import Meter
from calha.store.registry import SiteRow

router = api_router("metering", "/sites/{site_id}")

MAX_SHOWN = 2_000  # meters of a balance that an answer lists
L_IN_M3 = 1_000


@router.get("/balance")
async def read_balance(
    site_id: SiteId,
    services: Here,
    _: ViewsSite,
    step: Annotated[Literal["1h", "1d", "1mo"], Query(description="Length of the intervals.")] = "1d",
    from_: From = None,
    to: To = None,
) -> BalanceAnswer:
    """What the inlets of a site brought, what was used in it and below, and what is missing."""
    site = await asyncio.to_thread(services.registry.site, site_id)
    zone = ZoneInfo(site.zone)
    bounds = Calendar(step, zone).bounds(*window_of(from_, to, zone, services.clock()))
    key = "balance", site_id, bounds.tobytes()
    balance = await services.counting.of(key, partial(services.metering.balances.of, site_id, bounds))
    candidates = await asyncio.to_thread(_candidates, services, site_id, balance)
    named = (await asyncio.to_thread(services.metering.balances.store.roles)).get(site_id, {})
    return _answer(site, step, balance, candidates, named)


@router.put("/balance/meters", status_code=204)
async def set_balance_meters(site_id: SiteId, chosen: BalanceMeters, services: Here, caller: ConfiguresSite) -> None:
    """Say what channels are in the balance of a site; replaces what was said before."""
    tree = services.ingest.directory.tree
    inside = tree.below([site_id])
    roles = {}
    for one in chosen.meters:
        meter = await asyncio.to_thread(services.metering.meters.meter, one.device, one.channel)
        if meter.site_id not in inside:
            raise Forbidden(f"{one.device} does not stand in this site or below it")
        if not is_water(meter):
            raise Malformed(
                f"{one.device} {one.channel} measures {meter.unit}, which is no volume of water", "not_water"
            )
        roles[meter.series] = one.role
    await asyncio.to_thread(services.metering.balances.store.set_roles, site_id, roles)
    await caller.note("balance.meters", f"site {site_id}", after=chosen.model_dump())


@router.put("/balance/network", status_code=204)
async def set_network(site_id: SiteId, network: NetworkBody, services: Here, caller: ConfiguresSite) -> None:
    """Say what pipes lie behind a site's inlets, for the leakage index."""
    known = Network(**network.model_dump())
    await asyncio.to_thread(services.metering.balances.store.set_network, site_id, known)
    await caller.note("balance.network", f"site {site_id}", after=network.model_dump())


@router.delete("/balance/network", status_code=204)
async def delete_network(site_id: SiteId, services: Here, caller: ConfiguresSite) -> None:
    """Forget the pipes behind a site's inlets."""
    await asyncio.to_thread(services.metering.balances.store.set_network, site_id, None)
    await caller.note("balance.network", f"site {site_id}")


def _candidates(services: Services, site_id: int, balance: Balance) -> list[Meter]:
    """Channels in the site and below that are in no role yet."""
    devices = services.registry.devices(site=site_id, limit=MAX_SHOWN).items
    shown = {part.meter.series for part in balance.parts}
    return [meter for meter in countable_in(services.metering.meters, devices) if meter.series not in shown]


def _answer(
    site: SiteRow, step: Step, balance: Balance, candidates: list[Meter], named: Collection[int]
) -> BalanceAnswer:
    supply, lost = float(balance.supply.sum()), float(balance.losses.sum())
    share = losses_percent(supply, supply - lost) if balance.has_inlet and not np.isnan(lost) else None
    return BalanceAnswer.model_validate(
        {
            "site_id": site.id,
            "zone": site.zone,
            "step": step,
            "t": (balance.bounds / 1000).tolist(),
            "supply": _column(balance.supply) if balance.has_inlet else None,
            "exported": _column(balance.exported),
            "used": balance.used.round(6).tolist(),
            "losses": _column(balance.losses) if balance.has_inlet else None,
            "missing": balance.missing.tolist(),
            "losses_percent": round(share, 2) if share is not None else None,
            "quality": quality.label(balance.quality),
            "parts": [_part(part, named) for part in balance.parts[:MAX_SHOWN]],
            "candidates": [_candidate(meter, named) for meter in candidates[:MAX_SHOWN]],
            "network": NetworkBody.model_validate(balance.network) if balance.network is not None else None,
            "night": _night(balance),
            "leakage": _leakage(balance),
        }
    )


def _part(part: Part, named: Collection[int]) -> BalancePart:
    total = part.consumption.total()
    return BalancePart(
        device=part.meter.device,
        channel=part.meter.channel,
        role=part.role,
        is_named=part.meter.series in named,
        site_id=part.site.id if part.site is not None else None,
        site=" › ".join(part.site.path) if part.site is not None else None,
        amount=float(total.amount) if total.amount is not None else None,
        quality=quality.label(total.quality),
        coverage=round(total.coverage, 4),
    )


def _candidate(meter: Meter, named: Collection[int]) -> BalancePart:
    return BalancePart(
        device=meter.device,
        channel=meter.channel,
        role="none",
        is_named=meter.series in named,
        site_id=meter.site_id,
        site=None,
        amount=None,
        quality="bad",
        coverage=0.0,
    )


def _night(balance: Balance) -> NightAnswer | None:
    night, network = balance.night, balance.network
    if night is None:
        return None
    return NightAnswer(
        flow_m3_h=night.flow_l_h / L_IN_M3,
        legitimate_m3_h=network.night_use_l_h / L_IN_M3 if network is not None else None,
        background_m3_h=network.background_l_h / L_IN_M3 if network is not None else None,
        leakage_m3_day=night.leakage_l_day / L_IN_M3 if night.leakage_l_day is not None else None,
    )


def _leakage(balance: Balance) -> LeakageAnswer | None:
    index, network = balance.leakage_index, balance.network
    if index is None or network is None:
        return None
    days = float(balance.bounds[-1] - balance.bounds[0]) / DAY_US
    return LeakageAnswer(
        index=round(index, 3),
        unavoidable_m3_day=network.unavoidable_l_day / L_IN_M3,
        lost_m3_day=float(balance.losses.sum()) / days,
        class_high_income=index_class(index, is_high_income=True),
        class_elsewhere=index_class(index, is_high_income=False),
        is_proven=network.is_uarl_proven,
    )


def _column(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float | None]:
    return [None if value != value else round(value, 6) for value in values.tolist()]  # NaN
