"""Anomalies are found in what is stored, survive restarts, and follow what people say of them."""

from dataclasses import dataclass

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError
from test_anomaly_district import district

from calha.domain.errors import NotFound
from calha.domain.quality import Quality
from calha.domain.readings import Batch
from calha.domain.times import DAY_US, MINUTE_US
from calha.store.registry import Registry
from calha.store.telemetry import Telemetry
from calha.watch.anomalies import Anomalies

BEGIN = 1_800_000_000_000_000
PROFILE = """
name: press
title: {pt: Prensa, en: Press}
description: {pt: Prensa de teste, en: A press for tests}
interval_s: 60
channels:
  - {key: vibration, name: {pt: Vibração, en: Vibration}, unit: mm/s}
  - {key: speed, name: {pt: Rotação, en: Speed}, unit: rpm}
  - {key: pieces, name: {pt: Peças, en: Pieces}, kind: counter, unit: un}
together: {judged: [vibration], drivers: [speed]}
"""
DISTRICT = """
name: dma
title: {pt: Setor, en: District}
description: {pt: Setor de teste, en: A district for tests}
interval_s: 1800
channels:
  - {key: inflow, name: {pt: Entrada, en: Inflow}, unit: m³/h}
  - {key: branch, name: {pt: Ramal, en: Branch}, unit: m³/h}
  - {key: p1, name: {pt: P1, en: P1}, unit: m}
  - {key: p2, name: {pt: P2, en: P2}, unit: m}
  - {key: p3, name: {pt: P3, en: P3}, unit: m}
district: {inflow: inflow, sensors: [branch, p1, p2, p3]}
"""


@dataclass
class Works:
    registry: Registry
    telemetry: Telemetry
    folder: object
    seq: int = 0
    now: int = BEGIN

    def watch(self) -> Anomalies:
        """A newly started watch."""
        made = Anomalies(self.registry, self.telemetry, self.registry.directory, self.folder, lambda: self.now)
        made.open()
        return made

    def series(self, channel="vibration", device="press-1"):
        return next(one.series for one in self.registry.device(device).channels if one.key == channel)

    def send(self, minutes, value, channel="vibration", quality=Quality.GOOD, device="press-1"):
        count = len(minutes)
        at = BEGIN + MINUTE_US * np.asarray(minutes, np.int64)
        self.seq += 1
        batch = Batch(
            np.full(count, self.series(channel, device), np.int32),
            at,
            np.asarray(value, np.float64),
            np.full(count, quality, np.uint8),
            at,
        )
        self.telemetry.write(batch, self.seq)
        self.now = max(self.now, int(at.max()) + 2 * MINUTE_US)


@pytest.fixture
def works(tmp_path):
    registry = Registry.open(f"sqlite:///{tmp_path}/registry.sqlite")
    registry.create_site("Companhia", None, "America/Sao_Paulo")
    registry.save_profile(PROFILE)
    registry.create_device("press-1", "press", registry.sites()[0].id)
    telemetry = Telemetry.open(tmp_path / "telemetry")
    yield Works(registry, telemetry, tmp_path / "anomalies")
    telemetry.close()
    registry.close()


def drain(watch):
    while watch.follow():
        pass


def noise(count, seed=1):
    return np.random.default_rng(seed).normal(size=count) * 0.1


def found(watch, **wanted):
    return watch.store.page(**wanted).items


def spiked(count=800, at=700, size=9.0, seed=1):
    values = 5.0 + noise(count, seed)
    values[at] = size
    return values


def test_a_spike_in_what_is_stored_is_an_anomaly_that_explains_itself(works):
    watch = works.watch()
    works.send(range(800), spiked())
    drain(watch)
    (row,) = [one for one in found(watch) if one.value == 9.0]
    assert (row.device, row.channel, row.unit, row.kind) == ("press-1", "vibration", "mm/s", "extreme")
    assert row.started_at == BEGIN + 700 * MINUTE_US
    assert row.high < 6.0 < row.seen == 9.0
    assert 4.5 < row.expected < 5.5
    assert row.score > 0.5
    assert 0.0 < row.confidence <= 1.0
    assert row.ended_at == row.started_at
    assert row.verdict is None


def test_counters_and_bad_readings_are_not_watched(works):
    watch = works.watch()
    works.send(range(600), 5.0 + noise(600))
    works.send(range(600), np.where(np.arange(600) == 500, 1e6, np.arange(600)), "pieces")
    works.send([600], [np.nan], quality=Quality.BAD)
    drain(watch)
    assert {row.channel for row in found(watch)} <= {"vibration"}
    assert not any(row.started_at >= BEGIN + 600 * MINUTE_US for row in found(watch))


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_restart_finds_what_would_have_been_found_without_one(works, is_saved):
    values, speed = spiked(), 1_000 + 10 * noise(800, 2)
    before = works.watch()
    for channel, column in (("vibration", values), ("speed", speed)):
        works.send(range(650), column[:650], channel)
    drain(before)
    if is_saved:
        before.save()
    after = works.watch()
    for channel, column in (("vibration", values), ("speed", speed)):
        works.send(range(650, 800), column[650:], channel)
    drain(after)
    seen = [(row.subject, row.started_at, row.ended_at, row.score) for row in found(after)]
    assert len({one[:2] for one in seen}) == len(seen)

    unbroken = Anomalies(
        works.registry, works.telemetry, works.registry.directory, works.folder / "other", lambda: works.now
    )
    unbroken.open()
    drain(unbroken)
    again = [(row.subject, row.started_at, row.ended_at, row.score) for row in found(unbroken)]
    assert sorted(again) == sorted(seen)


def test_what_was_learnt_and_cannot_be_read_is_learnt_anew(works):
    watch = works.watch()
    works.send(range(800), spiked())
    drain(watch)
    watch.save()
    for path in works.folder.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    drain(works.watch())
    assert [row.value for row in found(watch) if row.value == 9.0] == [9.0]


def test_an_anomaly_of_which_no_detector_knows_any_more_has_ended(works):
    watch = works.watch()
    works.send(range(710), spiked(710))
    drain(watch)
    assert found(watch, lasting=True)
    for path in works.folder.iterdir():
        path.unlink()
    again = works.watch()
    assert found(again, lasting=True) == []
    assert found(again, lasting=False)


def test_what_somebody_calls_normal_is_not_found_again_until_that_is_taken_back(works):
    watch = works.watch()
    works.send(range(800), spiked())
    drain(watch)
    (first,) = [row for row in found(watch) if row.value == 9.0]
    answered = watch.answer(first.id, "normal", "Troca de ferramenta", "Ana")
    assert (answered.verdict, answered.note, answered.answered_by) == ("normal", "Troca de ferramenta", "Ana")
    watch.save()
    for restarted in (watch, works.watch()):
        assert restarted._series._watch.may(first.series, "extreme") > 1.1
    watch.answer(first.id, None, "", "Ana")
    assert watch._series._watch.may(first.series, "extreme") == 1.0
    assert watch.store.named(first.id).answered_by is None
    with pytest.raises(NotFound):
        watch.answer(10**6, "real", "", "Ana")


def test_channels_that_no_longer_go_together_are_an_anomaly_of_the_device(works):
    count = 1_600
    speed = 1_000 + 100 * np.sin(np.arange(count) / 40) + 10 * noise(count, 3)
    vibration = 2.0 + speed / 1_000 + noise(count, 4) / 5
    vibration[1_300:1_400] = 2.0 + 1.0 - (speed[1_300:1_400] - 1_000) / 1_000 + 0.5
    watch = works.watch()
    for start in (0, 800):
        works.send(range(start, start + 800), speed[start : start + 800], "speed")
        works.send(range(start, start + 800), vibration[start : start + 800])
        drain(watch)
    joint = found(watch, kinds=["joint"])
    assert any(BEGIN + 1_300 * MINUTE_US <= row.started_at <= BEGIN + 1_400 * MINUTE_US for row in joint)
    assert {(row.subject, row.channel) for row in joint} == {("device press-1", "vibration")}


def test_a_leak_in_a_district_is_found_in_what_is_stored(works):
    works.registry.save_profile(DISTRICT)
    works.registry.create_device("dma-1", "dma", works.registry.sites()[0].id)
    at, inflow, values = district(60, leak=(45, 55, 5.0))
    columns = dict(zip(("inflow", "branch", "p1", "p2", "p3"), (inflow, *values.T), strict=True))
    for half in (slice(0, 48 * 50), slice(48 * 50, None)):
        for channel, column in columns.items():
            works.send(at[half] // MINUTE_US, column[half], channel, device="dma-1")
        watch = works.watch()
        drain(watch)
        watch.save()
    (leak,) = found(watch, kinds=["leak"])
    assert (leak.subject, leak.device) == ("district dma-1", "dma-1")
    assert 45 * DAY_US < leak.started_at - BEGIN < 47 * DAY_US < 55 * DAY_US < leak.ended_at - BEGIN
    assert watch.answer(leak.id, "real", "Ramal 3", "Ana").verdict == "real"


def test_answers_are_counted_by_kind_and_week_and_what_nobody_answered_is_forgotten(works):
    watch = works.watch()
    works.send(range(800), spiked())
    drain(watch)
    (row,) = [one for one in found(watch) if one.value == 9.0]
    watch.answer(row.id, "normal", "", "Ana")
    tally = watch.store.tally(works.now, 4)
    assert [(one.kind, one.week, one.count) for one in tally if one.verdict == "normal"] == [("extreme", 0, 1)]
    assert watch.store.tally(works.now + 60 * DAY_US, 4) == []
    watch.store.forget(works.now + 60 * DAY_US)
    assert [one.id for one in found(watch, lasting=False)] == [row.id]


def test_what_could_not_be_kept_is_found_again(works):
    watch = works.watch()
    works.send(range(650), spiked()[:650])
    drain(watch)
    watch.save()
    works.send(range(650, 800), spiked()[650:])
    with works.registry.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE anomaly RENAME TO anomaly_away")
    with pytest.raises(OperationalError):
        drain(watch)
    watch.save()
    with works.registry.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE anomaly_away RENAME TO anomaly")
    watch.open()
    drain(watch)
    assert [row.value for row in found(watch) if row.value == 9.0] == [9.0]
