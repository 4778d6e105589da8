"""Positions in tables that have the columns latitude and longitude: both of them, or none."""

from typing import Any

from sqlalchemy import Row

from calha.store.registry.rows import Position


def position_in(row: Row[Any]) -> Position | None:
    return None if row.latitude is None or row.longitude is None else Position(row.latitude, row.longitude)


def columns_of(position: Position | None) -> dict[str, float | None]:
    return position._asdict() if position is not None else {"latitude": None, "longitude": None}
