"""Search over everything that the caller may see: devices, sites, channels, alarms, dashboards, views, customers, invoices."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import Query

from calha.api.access import Caller, Self
from calha.api.routes.alarms import is_seen
from calha.api.routes.customers import billed_sites
from calha.api.routing import api_router
from calha.api.schemas_search import SearchAnswer, SearchHit, SearchKind
from calha.api.services import Here, Services
from calha.domain.access import Reach
from calha.domain.alarm_states import ANNUNCIATED
from calha.domain.search import fold, holds, ranking, words_of
from calha.store.billing import InvoiceRow
from calha.store.registry.finding import Picture, Thing

router = api_router("search")

MAX_ALARMS = 500  # that stand, among which it is looked
MAX_DASHBOARDS = 100  # of which the best are told
MAX_VIEWS = 100  # of which the best are told
Hits = tuple[SearchKind, Sequence[SearchHit]]


@router.get("/search")
async def search(
    services: Here,
    caller: Self,
    q: Annotated[str, Query(min_length=2, max_length=100, description="Some words.", examples=["bomba norte"])],
    limit: Annotated[int, Query(ge=1, le=50, description="Of each kind.")] = 6,
) -> SearchAnswer:
    """What has the words in its names, best first; accents and case do not matter. Never more than the caller may see."""
    found = await asyncio.to_thread(lambda: list(_found(services, caller, q.strip(), limit)) if q.strip() else [])
    items = [hit for _, hits in found for hit in hits[:limit]]
    return SearchAnswer(items=items, more=[kind for kind, hits in found if len(hits) > limit])


def _found(services: Services, caller: Caller, q: str, limit: int) -> Iterator[Hits]:
    """By kind, one more than `limit` where there are more."""
    picture, reach = services.finder.picture(), caller.reach()
    things = picture.find(q, lambda thing: _may_see(thing, reach), limit + 1)
    yield "alarm", _alarms(services, caller, q, picture)
    for kind in ("device", "site", "channel"):
        yield kind, [_hit(thing, picture) for thing in things[kind]]
    if caller.principal.kind != "device":
        yield "dashboard", _dashboards(services, caller, q, picture)
        yield "view", _views(services, caller, q, picture)
        yield "customer", _customers(services, caller, q, limit + 1)
        yield "invoice", _invoices(services, caller, q, limit + 1)


def _may_see(thing: Thing, reach: Reach) -> bool:
    return thing.site in reach.sites if thing.kind == "site" else bool(reach.periods(thing.device, thing.site))


def _hit(thing: Thing, picture: Picture) -> SearchHit:
    path = list(picture.paths.get(thing.site, ()))
    of = thing.device if thing.kind == "channel" else None
    if thing.kind == "channel":
        path = [*path, str(picture.devices[thing.device].name)]
    return SearchHit(
        kind=thing.kind, id=thing.id, name=thing.name, device=of, where=path[:-1] if thing.kind == "site" else path
    )


def _alarms(services: Services, caller: Caller, q: str, picture: Picture) -> list[SearchHit]:
    words = words_of(q)
    page = services.alarms.alarms.page(ANNUNCIATED, within=caller.selection(), limit=MAX_ALARMS)
    return [
        SearchHit(
            kind="alarm", id=str(row.id), name=row.name, device=row.device, where=list(picture.paths.get(row.site, ()))
        )
        for row in page.items
        if holds(words, fold(row.name), _text_of(picture, row.device)) and is_seen(caller, row)
    ]


def _text_of(picture: Picture, device: str) -> str:
    thing = picture.devices.get(device)
    return thing.text if thing is not None else fold(device)


def _dashboards(services: Services, caller: Caller, q: str, picture: Picture) -> list[SearchHit]:
    rank = ranking(words_of(q))
    rows = services.dashboards.boards.list(caller.sites(), q, limit=MAX_DASHBOARDS)
    return [
        SearchHit(
            kind="dashboard", id=str(row.id), name=row.name, device=None, where=list(picture.paths.get(row.site_id, ()))
        )
        for row in sorted(rows, key=lambda row: (rank((fold(row.name),)), row.name))
    ]


def _views(services: Services, caller: Caller, q: str, picture: Picture) -> list[SearchHit]:
    """Those that others share; one's own everybody has at hand."""
    rank = ranking(words_of(q))
    rows = services.views.shared(caller.sites(), search=q, limit=MAX_VIEWS, but_of=caller.person)
    return [
        SearchHit(
            kind="view", id=str(row.id), name=row.name, device=None, where=list(picture.paths.get(row.site_id or 0, ()))
        )
        for row in sorted(rows, key=lambda row: (rank((fold(row.name),)), row.name))
    ]


def _customers(services: Services, caller: Caller, q: str, limit: int) -> list[SearchHit]:
    sites = billed_sites(caller)
    if sites is not None and not sites:
        return []
    rows = services.billing.customers.list(sites, q, limit=limit)
    return [
        SearchHit(kind="customer", id=str(row.id), name=row.name, device=None, where=[row.document]) for row in rows
    ]


def _invoices(services: Services, caller: Caller, q: str, limit: int) -> list[SearchHit]:
    rows = list(_invoices_of(services, caller, q, limit))
    payers = services.billing.customers.named({row.customer_id for row in rows})
    return [
        SearchHit(kind="invoice", id=row.number, name=row.number, device=None, where=[payers[row.customer_id].name])
        for row in rows
    ]


def _invoices_of(services: Services, caller: Caller, q: str, limit: int) -> Sequence[InvoiceRow]:
    """Those that he bills; his own, where he bills none."""
    sites, invoices = billed_sites(caller), services.billing.invoices
    if sites is None or sites:
        return invoices.list(sites, search=q, limit=limit)
    if caller.principal.kind != "person":
        return []
    own = [one.id for one in services.billing.customers.of_person(caller.principal.id)]
    return invoices.list(customers=own, search=q, limit=limit) if own else []
