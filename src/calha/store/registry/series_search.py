"""Series found by words of the channel, its device or its site; every word has to be found somewhere."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, cast, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from calha.store.registry.models import Channel, Device, Site
from calha.store.registry.rows import Selection

MAX_WORDS = 8


class Wanted(NamedTuple):
    """Which series are looked for; those `within`, after the series of a number."""

    words: Sequence[str] = ()
    unit: str | None = None
    within: Selection | None = None
    after: int = 0


def found(connection: Connection, wanted: Wanted, limit: int) -> list[tuple[int, str, str]]:
    """(series, device, channel) of the series, by number."""
    query = (
        select(Channel.id, Device.key, Channel.key)
        .join(Device, Device.id == Channel.device_id)
        .join(Site, Site.id == Device.site_id)
        .where(Channel.id > wanted.after)
        .order_by(Channel.id)
        .limit(limit)
    )
    if wanted.within is not None:
        query = query.where(or_(Device.site_id.in_(wanted.within.sites), Device.key.in_(wanted.within.devices)))
    if wanted.unit is not None:
        query = query.where(Channel.unit == wanted.unit)
    for word in wanted.words[:MAX_WORDS]:
        query = query.where(_somewhere(word))
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _somewhere(word: str) -> ColumnElement[bool]:
    columns = (Channel.key, Channel.unit, Device.key, Device.name, Device.serial, Site.name)
    plain = [_contains(column, form) for column in columns for form in _forms(word)]
    # A channel's name is JSON, in which other letters than those of English are written as numbers.
    names = [_contains(cast(Channel.name, Text), json.dumps(form)[1:-1]) for form in _forms(word)]
    return or_(*plain, *names)


def _contains(column: ColumnElement[Any] | InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)


def _forms(word: str) -> set[str]:
    """A word as databases find it: SQLite knows upper and lower case of English letters only."""
    return {word, word.lower(), word.capitalize()}
