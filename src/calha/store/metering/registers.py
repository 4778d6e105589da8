"""What is known of registers: plates by date, operators' decisions, readings made by people."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from calha.domain.errors import Conflict, NotFound, TooLarge
from calha.domain.readings import Micros
from calha.domain.registers import Plate, Verdict
from calha.store.metering.models import ManualReading, ReadingEvidence, RegisterDecision, RegisterPlate
from calha.store.metering.rows import DecisionRow, EvidenceRow, ManualReadingRow, PlateRow

SERIES_AT_ONCE = 500  # databases limit the parameters of a statement
MAX_PLATES = 100  # of a channel
MAX_DECISIONS = 1_000  # of a channel, that hold

_PLATE = ("unit", "multiplier", "digits", "rolls_at", "max_flow", "resolution", "memory_s")


class RegisterStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # -- plates

    def plates(self, series: Iterable[int]) -> dict[int, list[PlateRow]]:
        """By series and time."""
        wanted = list(series)
        found: dict[int, list[PlateRow]] = {one: [] for one in wanted}
        query = select(RegisterPlate.__table__).order_by(RegisterPlate.valid_from)
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), SERIES_AT_ONCE):
                part = RegisterPlate.series.in_(wanted[start : start + SERIES_AT_ONCE])
                for row in connection.execute(query.where(part)):
                    found[row.series].append(_plate_row(row))
        return found

    def save_plate(self, row: PlateRow) -> PlateRow:
        """Say what holds from a time on; what was said for the very time is replaced. Raises TooLarge."""
        values = {name: getattr(row.plate, name) for name in _PLATE} | {
            name: getattr(row, name) for name in ("series", "valid_from", "serial", "author", "made_at")
        }
        with self._writing() as connection:
            known = select(RegisterPlate.id).where(RegisterPlate.series == row.series)
            if len(connection.execute(known).all()) >= MAX_PLATES:
                raise TooLarge(f"a channel has at most {MAX_PLATES} dated registers; delete old ones first")
            same = (RegisterPlate.series == row.series) & (RegisterPlate.valid_from == row.valid_from)
            connection.execute(delete(RegisterPlate).where(same))
            connection.execute(insert(RegisterPlate).values(values))
            return _plate_row(connection.execute(select(RegisterPlate.__table__).where(same)).one())

    def delete_plate(self, series: int, plate_id: int) -> None:
        """Raises NotFound."""
        wanted = (RegisterPlate.series == series) & (RegisterPlate.id == plate_id)
        with self._writing() as connection:
            if not connection.execute(delete(RegisterPlate).where(wanted)).rowcount:
                raise NotFound(f"there is no dated register {plate_id} of this channel")

    # -- decisions

    def decisions(self, series: Iterable[int]) -> dict[int, list[DecisionRow]]:
        """Those that hold, by series and time, in the order in which they were made."""
        wanted = list(series)
        query = (
            select(RegisterDecision.__table__)
            .where(RegisterDecision.series.in_(wanted), RegisterDecision.undone_at.is_(None))
            .order_by(RegisterDecision.id)
        )
        found: dict[int, list[DecisionRow]] = {one: [] for one in wanted}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found[row.series].append(_decision_row(row))
        return found

    def decision(self, series: int, decision_id: int) -> DecisionRow:
        """One that holds. Raises NotFound."""
        found = next((row for row in self.decisions([series])[series] if row.id == decision_id), None)
        if found is None:
            raise NotFound(f"no decision {decision_id} of this channel holds")
        return found

    def decide(self, row: DecisionRow) -> DecisionRow:
        """Keep a decision; one made before for the same time is taken back with it. Raises TooLarge."""
        with self._writing() as connection:
            holding = (RegisterDecision.series == row.series) & RegisterDecision.undone_at.is_(None)
            if len(connection.execute(select(RegisterDecision.id).where(holding)).all()) >= MAX_DECISIONS:
                raise TooLarge(f"at most {MAX_DECISIONS} decisions hold for a channel; is its register set up right?")
            undone = {"undone_at": row.made_at, "undone_by": row.author}
            connection.execute(update(RegisterDecision).where(holding, RegisterDecision.at == row.at).values(undone))
            values = asdict(row) | {"verdict": row.verdict.value}
            del values["id"]
            made = connection.execute(insert(RegisterDecision).values(values)).inserted_primary_key
            assert made is not None
            return _decision_row(
                connection.execute(select(RegisterDecision.__table__).where(RegisterDecision.id == made[0])).one()
            )

    def undo_decision(self, series: int, decision_id: int, author: str, at: Micros) -> DecisionRow:
        """The decision, which no longer holds. Raises NotFound, Conflict if it has been taken back."""
        return _decision_row(self._undo(RegisterDecision, series, decision_id, author, at))

    # -- readings made by people

    def manual_readings(self, series: Sequence[int], from_: Micros, until: Micros) -> list[ManualReadingRow]:
        """Those in [from_, until) that hold, by time."""
        query = (
            select(ManualReading.__table__)
            .where(ManualReading.series.in_(series), ManualReading.undone_at.is_(None))
            .where(ManualReading.at >= from_, ManualReading.at < until)
            .order_by(ManualReading.at)
        )
        with self._engine.connect() as connection:
            return [_manual_row(row) for row in connection.execute(query)]

    def manual_reading(self, series: int, reading_id: int) -> ManualReadingRow:
        """Raises NotFound."""
        query = select(ManualReading.__table__).where(ManualReading.series == series, ManualReading.id == reading_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None or row.undone_at is not None:
            raise NotFound(f"there is no manual reading {reading_id} of this channel")
        return _manual_row(row)

    def add_manual_reading(self, row: ManualReadingRow, evidence: EvidenceRow | None = None) -> ManualReadingRow:
        """Raises Conflict when one was made for the same time; one that was taken back gives way."""
        values = asdict(row)
        del values["id"]
        same = (ManualReading.series == row.series) & (ManualReading.at == row.at)
        try:
            with self._writing() as connection:
                connection.execute(delete(ManualReading).where(same, ManualReading.undone_at.is_not(None)))
                connection.execute(insert(ManualReading).values(values))
                kept = _manual_row(connection.execute(select(ManualReading.__table__).where(same)).one())
                if evidence is not None:
                    told = asdict(evidence) | {"reading_id": kept.id}
                    del told["has_photo"]
                    connection.execute(insert(ReadingEvidence).values(told))
                return kept
        except IntegrityError:
            raise Conflict("there is a manual reading of this very time; take it back first") from None

    def requested(self, request_id: str) -> tuple[ManualReadingRow, bool] | None:
        """The reading that came with this request, and whether it still holds."""
        query = select(ManualReading.__table__).join(ReadingEvidence, ReadingEvidence.reading_id == ManualReading.id)
        with self._engine.connect() as connection:
            row = connection.execute(query.where(ReadingEvidence.request_id == request_id)).first()
        return (_manual_row(row), row.undone_at is None) if row is not None else None

    def evidence(self, readings: Sequence[int]) -> dict[int, EvidenceRow]:
        """What came with some readings, by their number."""
        query = select(
            ReadingEvidence.reading_id,
            ReadingEvidence.request_id,
            ReadingEvidence.latitude,
            ReadingEvidence.longitude,
            ReadingEvidence.accuracy_m,
            ReadingEvidence.photo.is_not(None),
        )
        found: dict[int, EvidenceRow] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(readings), SERIES_AT_ONCE):
                part = ReadingEvidence.reading_id.in_(readings[start : start + SERIES_AT_ONCE])
                for number, request_id, latitude, longitude, accuracy_m, has_photo in connection.execute(
                    query.where(part)
                ):
                    found[number] = EvidenceRow(request_id, latitude, longitude, accuracy_m, bool(has_photo))
        return found

    def save_photo(self, reading_id: int, photo: bytes) -> None:
        """Raises NotFound for a reading that came without a request of its own."""
        with self._writing() as connection:
            mine = ReadingEvidence.reading_id == reading_id
            if connection.execute(update(ReadingEvidence).where(mine).values(photo=photo)).rowcount == 0:
                raise NotFound(f"the manual reading {reading_id} takes no photo: it was entered without a request id")

    def photo(self, reading_id: int) -> bytes:
        """Raises NotFound."""
        query = select(ReadingEvidence.photo).where(ReadingEvidence.reading_id == reading_id)
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar()
        if found is None:
            raise NotFound(f"the manual reading {reading_id} has no photo")
        return bytes(found)

    def undo_manual_reading(self, series: int, reading_id: int, author: str, at: Micros) -> None:
        """Raises NotFound, Conflict if it has been taken back."""
        self._undo(ManualReading, series, reading_id, author, at)

    # -- below

    def _undo(self, table: Any, series: int, number: int, author: str, at: Micros) -> Any:  # noqa: ANN401 - a model, its row
        wanted = (table.series == series) & (table.id == number)
        with self._writing() as connection:
            found = connection.execute(select(table.__table__).where(wanted)).first()
            if found is None:
                raise NotFound(f"there is nothing with the number {number} of this channel")
            if found.undone_at is not None:
                raise Conflict("it has been taken back already")
            connection.execute(update(table).where(wanted).values(undone_at=at, undone_by=author))
            return found

    def _writing(self) -> Any:  # noqa: ANN401 - SQLAlchemy's context manager of a Connection
        return self._engine.execution_options(writes=True).begin()


def _plate_row(row: Any) -> PlateRow:  # noqa: ANN401 - a row of RegisterPlate
    plate = Plate(**{name: getattr(row, name) for name in _PLATE})
    return PlateRow(row.series, row.valid_from, plate, row.serial, row.author, row.made_at, row.id)


def _decision_row(row: Any) -> DecisionRow:  # noqa: ANN401 - a row of RegisterDecision
    return DecisionRow(
        row.series,
        row.at,
        Verdict(row.verdict),
        row.closing,
        row.opening,
        row.old_serial,
        row.new_serial,
        row.reason,
        row.author,
        row.made_at,
        row.id,
    )


def _manual_row(row: Any) -> ManualReadingRow:  # noqa: ANN401 - a row of ManualReading
    return ManualReadingRow(row.series, row.at, row.value, row.note, row.author, row.made_at, row.id)
