"""Alarms as readings arrive: follows the store's commits, and raises and clears what the rules find.

Rule 1: an alarm is in the registry before the log sequence of its readings counts as seen; after a restart readings are taken
        again from the last sequence that was kept, and what was told already changes nothing.
Rule 2: what waits is bounded. When MAX_WAITING commits wait, further ones are not kept, but read again from the store.
Rule 3: a rule that is removed, or a device that it is no longer for, clears its alarms.
Rule 4: what comes late completes the history (`late`), and raises nothing.
Rule 5: who wants to know what happens to alarms reads `transitions`.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from calha.domain.alarm_rules import BY_DESIGN, FromExpected, NamedRule, NoData
from calha.domain.alarm_states import Event, Priority
from calha.domain.directory import Directory
from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Batch, Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.store.alarms import AlarmRow, AlarmStore, Change, RuleStore
from calha.store.telemetry import Telemetry
from calha.watch.alarms.binding import bind, checks_of
from calha.watch.alarms.checks import Check, Checks
from calha.watch.alarms.evaluation import Changes, Evaluation
from calha.watch.alarms.late import missed, reach_us, span_of
from calha.watch.alarms.memory import Expecting, nothing
from calha.watch.alarms.past import in_parts, tracks, with_design
from calha.watch.alarms.replay import Track
from calha.watch.alarms.silence import Seen, Silences
from calha.watch.alarms.simulation import Simulation, simulate
from calha.watch.alarms.transitions import Transitions
from calha.watch.anomaly.keeping import Unreadable

log = logging.getLogger(__name__)

FILE = "alarms.npz"
EVERY_S = 0.5  # while nothing is stored; delays are over by the clock, too
TICK_US = SECOND_US  # silence, and what comes off the shelf
SAVE_EVERY_US = 30 * SECOND_US
COMPLETED_AT_ONCE = 5  # checks whose past is looked at anew in one round
MAX_COMPLETED_US = 7 * DAY_US  # of what is late, so much is looked at before its last reading
SETTLE_US = 2 * SECOND_US  # for readings that are on their way when a delay is over
FOLLOWED_AT_ONCE = 500
MAX_WAITING = 50  # commits, each of some ten thousand readings at most
MAX_CAUGHT_UP_US = DAY_US  # what is older is not live
SERIES_AT_ONCE = 200
MAX_SIMULATED = 100  # devices
MAX_EXPECTED = 10  # of a rule that goes by what is expected, which is learnt anew from reading to reading
MAX_SIMULATED_DAYS = 90


class AlarmWatch:
    def __init__(
        self,
        rules: RuleStore,
        alarms: AlarmStore,
        telemetry: Telemetry,
        directory: Callable[[], Directory],
        seen: Callable[[], Mapping[str, Seen]],
        folder: Path,
        clock: Callable[[], Micros],
        expecting: Expecting = nothing,
    ) -> None:
        self.rules = rules
        self.alarms = alarms
        self.transitions = Transitions(alarms)
        self._telemetry = telemetry
        self._directory = directory
        self._seen = seen
        self._file = folder / FILE
        self._clock = clock
        self._expecting = expecting
        self._evaluation = Evaluation(Checks.of([]))
        self._silences = Silences([], {})
        self._known_version = -1
        self._untold: list[Change] = []
        self._designed: set[tuple[int, str]] = set()
        self._news = asyncio.Event()
        self._waiting: deque[tuple[Batch, int]] = deque()
        self._seq = 0
        self._is_behind = True
        self._saved_at: Micros = 0
        self._ticked_at: Micros = 0
        self._incomplete: deque[tuple[Check, tuple[Micros, Micros]]] = deque()

    def committed(self, batch: Batch, seq: int) -> None:
        """Readings that are stored now, through a log sequence."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append((batch, seq))
        else:
            self._is_behind = True
        self._news.set()

    async def run(self, beat: Callable[[], None]) -> None:
        """Follow the store until cancelled."""
        await asyncio.to_thread(self._resume)
        while True:
            beat()
            self._telemetry.await_follower("alarms", self._seq)
            self._news.clear()
            try:
                if await asyncio.to_thread(self.look):
                    self.transitions.wake()
            except StoreUnavailable as error:
                log.warning("alarms are looked for later: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._news.wait()

    async def act(self, ids: Sequence[int], event: Event, author: str) -> list[AlarmRow]:
        """What a person does with alarms, all or none. Raises NotFound, Conflict and Malformed."""
        changed = await asyncio.to_thread(self.alarms.act, ids, event, author)
        self.transitions.wake()
        return changed

    def look(self) -> list[AlarmRow]:
        """One round: everything that waits, delays that are over, silent devices, what comes off the shelf."""
        now = self._clock()
        self._know_rules(now)
        if self._is_behind:
            self._tell(self._catch_up(now))
        self._take_waiting()
        self._tell(self._evaluation.pass_time(now - SETTLE_US))
        is_due = abs(now - self._ticked_at) >= TICK_US  # also after the clock was set back
        if is_due and len(self._silences):
            found = self._silences.look(self._seen(), now)
            self._untold += [replace(self._changed(*one, None), is_by_clock=True) for one in found]
        changed = []
        while self._untold:  # in parts, so that others may write in between
            changed += self.alarms.follow(self._untold[:FOLLOWED_AT_ONCE], now)
            del self._untold[:FOLLOWED_AT_ONCE]
        if is_due:
            changed += self._off_the_shelf(now)
            self._ticked_at = now
        self._complete()
        if abs(now - self._saved_at) >= SAVE_EVERY_US:
            self._save()
        return changed

    def simulate(self, named: NamedRule, days: int = MAX_SIMULATED_DAYS) -> Simulation:
        """What a rule would have raised in the last days, on at most MAX_SIMULATED (or MAX_EXPECTED) of its devices."""
        until = self._clock()
        from_at = until - min(days, MAX_SIMULATED_DAYS) * DAY_US
        directory = self._directory()
        checks = list(checks_of(named, directory))
        most = MAX_EXPECTED if isinstance(named.rule.signal, FromExpected) else MAX_SIMULATED
        chosen = sorted({one.key.device for one in checks})[:most]
        pairs = []
        for one in (one for one in checks if one.key.device in set(chosen)):
            series = with_design(one) if one.inputs else _all_series(directory, one.key.device)
            pairs.append((one, series))
        return simulate(in_parts(self._telemetry, pairs, from_at, until), from_at, until)

    # -- rules

    def _resume(self) -> None:
        """Go on where the last run was; without what it kept, from what the alarms say and the newest readings."""
        self._evaluation = Evaluation(Checks.of([]))
        self._known_version, self._is_behind, self._untold = -1, True, []
        self._know_rules(self._clock())
        self._seq = self._telemetry.committed_seq
        try:
            self._evaluation, self._seq = Evaluation.of_bytes(
                self._file.read_bytes(), self._evaluation.checks, self._expecting
            )
        except FileNotFoundError:
            log.info("alarms begin with the readings that come now")
        except Unreadable as error:
            log.warning("alarms begin anew: %s", error)
        self._evaluation.resume(self.alarms.active() | self._suppressed())
        self._designed = self._evaluation.suppressed

    def _know_rules(self, now: Micros) -> None:
        """Lay out the rules anew when they or the devices have changed, and look at what is new by the newest readings."""
        directory = self._directory()
        if directory.version == self._known_version:
            return
        active = self.alarms.active() | self._suppressed()
        checks = bind([row.named for row in self.rules.all()], directory)
        evaluation, is_first = Evaluation(Checks.of(checks), self._expecting), self._known_version < 0
        new = evaluation.succeed(self._evaluation)
        evaluation.resume(active)
        self._evaluation, self._designed = evaluation, evaluation.suppressed
        silences = Silences([one for one in checks if isinstance(one.rule.signal, NoData)], active)
        silences.succeed(self._silences)
        self._silences = silences
        self._known_version = directory.version
        self._incomplete.clear()
        self._untold += self._orphans(checks, active, now)
        if not is_first:
            latest = self._telemetry.latest
            began = evaluation.begin(new, latest.at, latest.value, latest.quality, now - MAX_CAUGHT_UP_US, now)
            began = replace(began, at=np.maximum(began.at, now))  # a rule's alarms begin with the rule
            self._tell(began, is_by_clock=True)

    def _orphans(
        self, checks: Sequence[Check], active: Mapping[tuple[int, str, str], bool], now: Micros
    ) -> list[Change]:
        known = {one.key[:3] for one in checks}
        gone = [key for key, holds in active.items() if holds and key not in known]
        rows = {(row.rule, row.limit, row.device): row for row in self.alarms.of_keys(gone)}
        released = [Change(*key, now, False, None, None, Priority.LOW) for key in gone if key[1] == BY_DESIGN]
        return released + [
            Change(*key, now, False, None, row.limit_value, row.priority, is_by_clock=True) for key, row in rows.items()
        ]

    def _tell(self, changes: Changes, *, is_by_clock: bool = False) -> None:
        checks = self._evaluation.checks.all
        columns = (changes.check.tolist(), changes.at.tolist(), changes.holds.tolist(), changes.signal.tolist())
        told = [(checks[row], at, holds, signal) for row, at, holds, signal in zip(*columns, strict=True)]
        if any(check.is_design for check, *_ in told):  # of one moment: what begins to be suppressed before all others
            told.sort(key=lambda one: (one[1], -int(one[2]) if one[0].is_design else 0, one[0].is_design))
        self._untold += [replace(self._changed(*one), is_by_clock=is_by_clock) for one in told]

    def _changed(self, check: Check, at: Micros, holds: bool, signal: float | None) -> Change:
        """The change, with whether it is suppressed by design at that time."""
        name = check.key.rule, check.key.device
        if check.is_design:
            (self._designed.add if holds else self._designed.discard)(name)
        return replace(_change(check, at, holds, signal), is_suppressed=name in self._designed)

    def _suppressed(self) -> dict[tuple[int, str, str], bool]:
        return {(rule, BY_DESIGN, device): True for rule, device in self.alarms.suppressed_by_design()}

    def _off_the_shelf(self, now: Micros) -> list[AlarmRow]:
        """What has been there long enough; suppressed where its rule says so by now."""
        back = self.alarms.expire(now)
        suppressed = sorted({(row.rule, row.device) for row in back} & self._designed)
        designed = [Change(rule, BY_DESIGN, device, now, True, None, None, Priority.LOW) for rule, device in suppressed]
        return back + (self.alarms.follow(designed, now) if designed else [])

    # -- readings

    def _take_waiting(self) -> None:
        while self._waiting:
            batch, seq = self._waiting.popleft()
            if seq > self._seq:
                self._tell(self._evaluation.take(batch.series, batch.at, batch.value, batch.quality))
                self._seq = seq

    def _catch_up(self, now: Micros) -> Changes:
        """Readings that were stored since the last sequence, from the store."""
        self._is_behind = False  # first, as more may come meanwhile
        try:
            touched = self._telemetry.touched(self._seq)
            watched = np.isin(touched.series, self._evaluation.checks.series)
            found = []
            if watched.any():
                from_at = max(int(touched.first_at[watched].min()), now - MAX_CAUGHT_UP_US)
                missed_tracks = self._tracks(touched.series[watched].tolist(), from_at, now + DAY_US)
                found = [self._take_tracks(missed_tracks)] if missed_tracks else []
        except StoreUnavailable:
            self._is_behind = True
            raise
        self._seq = max(self._seq, touched.through_seq)
        return Changes.concatenate(found)

    def _complete(self) -> None:
        """Write what late readings prove of the past into the history, some checks at a time, so that live alarms go first."""
        if not self._incomplete and self._evaluation.late.spans:
            late = self._evaluation.late.drain()
            spans = ((check, span_of(check, late)) for check in self._evaluation.checks.all)
            self._incomplete.extend((check, span) for check, span in spans if span is not None)
        for _ in range(min(len(self._incomplete), COMPLETED_AT_ONCE)):
            check, (first, last) = self._incomplete[0]
            self._complete_check(check, (max(first, last - MAX_COMPLETED_US), last), self._clock())
            self._incomplete.popleft()

    def _complete_check(self, check: Check, span: tuple[Micros, Micros], now: Micros) -> None:
        reach = reach_us(check.rule)
        until = min(span[1] + 2 * reach + DAY_US, max(self._evaluation.newest(one) for one in check.inputs))
        read = self._tracks(check.inputs, span[0] - reach, until + 1)
        told = self.alarms.held(check.key[:3], span[0] - reach, until)
        for began, ended in missed(check, [read[one] for one in check.inputs], span, until, told):
            self.alarms.complete(_change(check, began, True, None), ended, now)

    def _take_tracks(self, read: Mapping[int, Track]) -> Changes:
        series = np.repeat(np.array(list(read), np.int64), [len(one.at) for one in read.values()])
        columns = [np.concatenate([getattr(one, name) for one in read.values()]) for name in Track._fields]
        return self._evaluation.take(series, *columns)

    def _tracks(self, series: "set[int] | Sequence[int]", from_at: Micros, until: Micros) -> dict[int, Track]:
        wanted = sorted(set(series))
        found: dict[int, Track] = {}
        for start in range(0, len(wanted), SERIES_AT_ONCE):
            part = wanted[start : start + SERIES_AT_ONCE]
            found |= tracks(self._telemetry, part, from_at, until)
        return found

    def _save(self) -> None:
        """Alarms go on where there is no room for it; after a restart more readings are taken again then."""
        target = self._file.with_suffix(".new")
        try:
            target.write_bytes(self._evaluation.to_bytes(self._seq))
            target.replace(self._file)
        except OSError as error:
            log.warning("what alarms remember is kept later: %s", error)
        self._saved_at = self._clock()


def _change(check: Check, at: Micros, holds: bool, signal: float | None) -> Change:
    key, limit = check.key, check.limit
    is_told = signal is not None and math.isfinite(signal)
    has_limit = not isinstance(check.rule.signal, NoData)
    return Change(
        key.rule,
        key.limit,
        key.device,
        at,
        holds,
        signal if is_told else None,
        limit.value if has_limit else None,
        limit.priority,
        check.rule.latching,
        check.rule.first_out,
    )


def _all_series(directory: Directory, device: str) -> tuple[int, ...]:
    return tuple(sorted({one.series for one in directory.devices[device].channels.values()}))
