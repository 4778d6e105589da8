"""Flumes as they are set up: which channel's flow is made from which channel's level, by which law, from when."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from calha.domain.errors import NotFound, TooLarge
from calha.domain.flumes import Flume
from calha.domain.readings import Micros
from calha.store.metering.models import FlumeChannel, ValidationProgress

MAX_FLUMES = 50  # dated, of a channel
PROGRESS = "flumes"


@dataclass(frozen=True, slots=True)
class FlumeRow:
    """behind_series: of the level behind the throat, measured from the same zero; None where nobody measures it."""

    series: int
    level_series: int
    valid_from: Micros
    flume: Flume
    author: str
    made_at: Micros
    id: int = 0
    behind_series: int | None = None


class FlumeStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[FlumeRow]:
        """By channel and time."""
        query = select(FlumeChannel.__table__).order_by(FlumeChannel.series, FlumeChannel.valid_from)
        with self._engine.connect() as connection:
            return [_row(row) for row in connection.execute(query)]

    def of(self, series: Iterable[int]) -> list[FlumeRow]:
        wanted = set(series)
        return [row for row in self.all() if row.series in wanted]

    def save(self, row: FlumeRow) -> FlumeRow:
        """Say what holds from a time on; what was said for the very time is replaced. Raises TooLarge."""
        same = (FlumeChannel.series == row.series) & (FlumeChannel.valid_from == row.valid_from)
        with self._engine.execution_options(writes=True).begin() as connection:
            known = connection.execute(select(FlumeChannel.id).where(FlumeChannel.series == row.series)).all()
            if len(known) >= MAX_FLUMES:
                raise TooLarge(f"a channel has at most {MAX_FLUMES} dated flumes; delete old ones first")
            connection.execute(delete(FlumeChannel).where(same))
            values = {name: getattr(row.flume, name) for name in ("throat", "k", "n", "zero_m", "cut_off_m")} | {
                name: getattr(row, name)
                for name in ("series", "level_series", "valid_from", "author", "made_at", "behind_series")
            }
            connection.execute(insert(FlumeChannel).values(values))
            return _row(connection.execute(select(FlumeChannel.__table__).where(same)).one())

    def delete(self, series: int, flume_id: int) -> FlumeRow:
        """What was said, which no longer holds. Raises NotFound."""
        wanted = (FlumeChannel.series == series) & (FlumeChannel.id == flume_id)
        with self._engine.execution_options(writes=True).begin() as connection:
            found = connection.execute(select(FlumeChannel.__table__).where(wanted)).first()
            if found is None:
                raise NotFound(f"there is no flume {flume_id} of this channel")
            connection.execute(delete(FlumeChannel).where(wanted))
            return _row(found)

    def progress(self) -> int:
        """The log sequence through which levels have been followed."""
        query = select(ValidationProgress.seq).where(ValidationProgress.name == PROGRESS)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def advance(self, seq: int, at: Micros) -> None:
        with self._engine.execution_options(writes=True).begin() as connection:
            connection.execute(delete(ValidationProgress).where(ValidationProgress.name == PROGRESS))
            connection.execute(insert(ValidationProgress).values(name=PROGRESS, seq=seq, at=at))


def _row(row: Any) -> FlumeRow:  # noqa: ANN401 - a row of FlumeChannel
    flume = Flume(row.throat, row.k, row.n, row.zero_m, row.cut_off_m)
    return FlumeRow(
        row.series, row.level_series, row.valid_from, flume, row.author, row.made_at, row.id, row.behind_series
    )
