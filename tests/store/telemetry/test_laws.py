"""Laws that hold for every sequence of writes and compactions, checked against a dictionary."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, to_datetime, to_micros
from calha.store.telemetry import Telemetry, compaction, segments
from tests.store.telemetry.model import (
    START,
    Model,
    Reading,
    assert_same_buckets,
    assert_same_rows,
    batch_of,
    buckets,
    rows_of,
)

SERIES = (1, 2, 7)
SPAN_DAYS = 6
NOW = START + SPAN_DAYS * DAY_US
LENGTH = {"1m": MINUTE_US, "15m": 15 * MINUTE_US, "1h": HOUR_US, "1d": DAY_US}

ats = st.one_of(
    st.integers(0, 40).map(lambda step: START + step * 20_000_000),  # dense: rollups are worth it
    st.integers(0, SPAN_DAYS * 96 - 1).map(lambda step: START + step * 15 * MINUTE_US),
    st.integers(0, SPAN_DAYS * DAY_US - 1).map(lambda offset: START + offset),
)
values = st.one_of(
    st.integers(-3, 3).map(float), st.just(float("nan")), st.floats(-1e6, 1e6).map(lambda value: value + 0.0)
)  # no -0.0, which equals 0.0
readings: st.SearchStrategy[Reading] = st.tuples(
    st.sampled_from(SERIES), ats, values, st.sampled_from((0x00, 0x01, 0x43, 0x80))
)
pieces = st.lists(st.lists(readings, max_size=30), min_size=1, max_size=6)
quick = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def a_store(hot_days: int = 2) -> Iterator[Telemetry]:
    with tempfile.TemporaryDirectory() as folder:
        telemetry = Telemetry.open(Path(folder), hot_days=hot_days)
        try:
            yield telemetry
        finally:
            telemetry.close()


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a few rows and rollups where they barely pay, so that few readings make all of the machinery turn."""
    monkeypatch.setattr(compaction, "TARGET_ROWS", 15)
    monkeypatch.setattr(compaction, "MAX_ROWS", 25)
    monkeypatch.setattr(segments, "WORTH_ROLLING", 1.5)


@quick
@given(pieces, st.data())
def test_each_reading_is_judged_as_if_it_had_come_alone(written: list[list[Reading]], data: st.DataObject) -> None:
    model = Model()
    with a_store() as telemetry:
        for seq, piece in enumerate(written, 1):
            batch = batch_of(piece)
            judged = telemetry.judge(batch).outcome.tolist()
            outcome = telemetry.write(batch, seq).outcome.tolist()
            assert outcome == model.write(piece) == judged
            if data.draw(st.booleans(), "compact"):
                telemetry.compact(NOW, all_late=data.draw(st.booleans(), "all late"))
        assert_same_rows(telemetry, model, SERIES)
        assert telemetry.committed_seq == len(written)


@quick
@given(
    st.dictionaries(st.tuples(st.sampled_from(SERIES), ats), st.tuples(values, st.just(0)), min_size=1, max_size=40),
    st.data(),
)
def test_any_order_duplication_and_split_of_the_same_readings_gives_the_same_store(
    known: dict[tuple[int, int], tuple[float, int]], data: st.DataObject
) -> None:
    distinct: list[Reading] = [(*key, *row) for key, row in known.items()]
    repeated = data.draw(st.lists(st.sampled_from(distinct), max_size=20), "repeated")
    shuffled = data.draw(st.permutations(distinct + repeated), "order")
    parts = data.draw(st.integers(1, 5), "parts")
    model = Model()
    model.write(distinct)
    with a_store() as telemetry, a_store() as straight:
        straight.write(batch_of(distinct), 1)
        for number in range(parts):
            telemetry.write(batch_of(shuffled[number::parts]), number + 1)
            if data.draw(st.booleans(), "compact"):
                telemetry.compact(NOW, all_late=True)
        assert_same_rows(telemetry, model, SERIES)
        assert telemetry.counts_and_checksum() == straight.counts_and_checksum()


@quick
@given(pieces, st.sampled_from(("1m", "15m", "1h", "1d")), st.data())
def test_rollups_equal_recomputation_from_readings(
    written: list[list[Reading]], resolution: str, data: st.DataObject
) -> None:
    model = Model()
    from_ = data.draw(st.one_of(st.just(START), ats), "from")
    until = data.draw(st.one_of(st.just(NOW), ats), "until")
    with a_store(hot_days=data.draw(st.integers(0, 5), "hot days")) as telemetry:
        for seq, piece in enumerate(written, 1):
            telemetry.write(batch_of(piece), seq)
            model.write(piece)
            if data.draw(st.booleans(), "compact"):
                telemetry.compact(NOW, all_late=data.draw(st.booleans(), "all late"))
        found = telemetry.readings(SERIES, from_, until, resolution=resolution)
        for series in SERIES:
            if from_ >= until:
                assert not len(found[series].at)
                continue
            expected = buckets(model.of(series, from_, until), lambda at: at - at % LENGTH[resolution])
            assert_same_buckets(found[series], expected)


@quick
@given(pieces, st.sampled_from(("America/Sao_Paulo", "Asia/Kathmandu", "Europe/Lisbon")), st.booleans())
def test_days_of_a_zone_equal_recomputation_from_readings(
    written: list[list[Reading]], name: str, is_compacted: bool
) -> None:
    zone = ZoneInfo(name)
    model = Model()

    def midnight(at: int) -> int:
        return to_micros(to_datetime(at).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0))

    with a_store() as telemetry:
        for seq, piece in enumerate(written, 1):
            telemetry.write(batch_of(piece), seq)
            model.write(piece)
        if is_compacted:
            telemetry.compact(NOW, all_late=True)
        found = telemetry.readings(SERIES, START, NOW, resolution="1d", zone=zone)
        for series in SERIES:
            assert_same_buckets(found[series], buckets(model.of(series, START, NOW), midnight))


@quick
@given(pieces, st.integers(0, SPAN_DAYS), st.booleans())
def test_a_reopened_store_knows_the_same(written: list[list[Reading]], hot_days: int, late_after: bool) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        telemetry = Telemetry.open(Path(folder), hot_days=hot_days)
        for seq, piece in enumerate(written, 1):
            telemetry.write(batch_of(piece), seq)
            model.write(piece)
            telemetry.compact(NOW, all_late=late_after)
        telemetry.close()
        telemetry = Telemetry.open(Path(folder), hot_days=hot_days)
        assert_same_rows(telemetry, model, SERIES)
        assert telemetry.committed_seq == len(written)
        assert sum(len(rows_of(telemetry, series)) for series in SERIES) == telemetry.counts_and_checksum()["readings"]
        statistics = telemetry.statistics()
        overriding = statistics.rows_hot + statistics.rows_cold - len(model.rows)
        assert overriding >= 0
        assert overriding == 0 or not late_after
        telemetry.close()
