"""What is usual for a series, learnt reading by reading, and how far a reading lies outside of it.

A reading is looked at through eight views: the value itself; its residual, what is left when the slow level and the hour
of the week are taken off; the residual's mean over a few, some and many readings (a shift of the level, a drift); the mean
size of the residual over the same (livelier or quieter than usual). Each view has a range in which it has been so far.
The excess of a view is how far it lies outside its range, in widths of the range; the excess of a reading is their sum,
for what really happens shows in several views at once.

Rule 1: one odd reading teaches little. What enters the level, the spread and the noise is cut at CUT of them; a range
grows by at most its own width at a time, and that of a mean the slower the longer it is, so that a slow drift stands out.
Rule 2: what is long past fades: ranges shrink by one part in MEMORY with each reading.
Rule 3: time counts in readings, so a pause or an irregular interval changes nothing; the hour of the week is the exception.
A ninth view, of a value that stays exactly the same, compares the run with the longest one that has ended; of a series
that has never changed it says nothing.
"""

from typing import Generic, NamedTuple

from calha.watch.anomaly.reckoning import N, Reckoning, Yes

SLOW = 1_000.0  # readings over which level, spread and noise are means
MEMORY = 10_000.0
CUT = 6.0
LOUDEST = 8.0  # noises that a residual may count in shift and activity
WARM_UP = 300.0  # readings before which nothing is said
READY = 40.0  # readings until noise is known well enough for shift and activity
SCALES = (4.0, 32.0, 256.0)
LEARNS = (0.5, 0.1, 0.03)  # how much of what goes beyond a mean's range widens it: the longer the mean, the slower
SHORTEST_RUN = 12.0
RUN_WEIGHT = 0.05  # a run as much longer as the longest was is not much

VALUE, RESIDUAL = 0, 1
SHIFT, ACTIVITY = 2, 2 + len(SCALES)
FROZEN = ACTIVITY + len(SCALES)
RANGES = FROZEN  # views with a range
VIEWS = FROZEN + 1

_TINY = 1e-9
_LEARNS = (1.0, 1.0, *LEARNS, *LEARNS)
_FAR = float("inf")


class Usual(NamedTuple, Generic[N]):
    """What is remembered of one series, or of many with an array for each field.

    readings: how many so far. level: slow mean. spread: mean size of the departures from it. noise: mean size of the residuals.
    season: what the hour of the week adds to the level; `seasons` sets it. hour_sum, hour_count: departures within this
    hour. last, run, longest: the newest value, how often it has repeated, and the longest such run that has ended.
    means: shift, then activity, over each of SCALES, in noises. low, high: the range of each view but the last.
    """

    readings: N
    level: N
    spread: N
    noise: N
    season: N
    hour_sum: N
    hour_count: N
    last: N
    run: N
    longest: N
    means: list[N]
    low: list[N]
    high: list[N]


_SINGLE = 10
_MEANS = _SINGLE + 2 * len(SCALES)
_LOW = _MEANS + RANGES
NUMBERS = _LOW + RANGES


def folded(usual: Usual[N]) -> list[N]:
    """All numbers one after the other."""
    numbers: list[N] = [usual.readings, usual.level, usual.spread, usual.noise, usual.season]
    numbers.extend([usual.hour_sum, usual.hour_count, usual.last, usual.run, usual.longest])
    for more in (usual.means, usual.low, usual.high):
        numbers.extend(more)
    return numbers


def unfolded(numbers: list[N]) -> Usual[N]:
    """What `folded` has put together."""
    readings, level, spread, noise, season, hour_sum, hour_count, last, run, longest = numbers[:_SINGLE]
    means, low, high = numbers[_SINGLE:_MEANS], numbers[_MEANS:_LOW], numbers[_LOW:]
    return Usual(readings, level, spread, noise, season, hour_sum, hour_count, last, run, longest, means, low, high)


class Look(NamedTuple, Generic[N]):
    """What was seen of a reading: each view, and how far it lies outside its range before the reading was learnt."""

    views: list[N]
    excess: list[N]


def look(value: N, usual: Usual[N], by: Reckoning[N]) -> tuple[Look[N], Usual[N]]:
    """See how unusual a value is, and what is usual after it."""
    readings = usual.readings + 1.0
    is_first, is_ready = readings == 1.0, readings > READY
    rate = by.most(1.0 / readings, 1.0 / SLOW)
    level, departure = departed(value, readings, usual.level, usual.spread, by)
    residual = value - level - usual.season
    stays = value == usual.last
    run = by.choose(stays, usual.run + 1.0, 0.0)
    longest = by.most(usual.longest, by.choose(stays, 0.0, usual.run))
    means: list[N] = _means(residual, usual, is_ready, by)

    views: list[N] = [value, residual]
    views.extend(means)
    seen: list[tuple[N, N, N]] = []
    for place, view in enumerate(views):
        is_new = is_first if place < SHIFT else readings == READY + 1.0
        seen.append(_against(view, usual.low[place], usual.high[place], is_new, _LEARNS[place], by))
    excess: list[N] = [beyond for beyond, _, _ in seen]
    frozen = RUN_WEIGHT * by.most(run / by.most(longest, SHORTEST_RUN) - 1.0, 0.0)
    excess.append(by.choose(usual.noise > 0.0, frozen, 0.0))
    learnt = Usual(
        readings,
        level + rate * departure,
        usual.spread + rate * (_size(departure, by) - usual.spread),
        usual.noise + rate * (_size(_cut(residual, usual.noise, is_ready, by), by) - usual.noise),
        usual.season,
        usual.hour_sum + departure,
        usual.hour_count + 1.0,
        value,
        run,
        longest - longest / MEMORY,
        means,
        [low for _, low, _ in seen],
        [high for _, _, high in seen],
    )
    views.append(run)
    return Look(views, excess), learnt


def departed(value: N, readings: N, level: N, spread: N, by: Reckoning[N]) -> tuple[N, N]:
    """The level, which the first reading sets, and how far a value departs from it, cut as far as it may teach."""
    level = by.choose(readings == 1.0, value, level)
    return level, _cut(value - level, spread, readings > READY, by)


def _means(residual: N, usual: Usual[N], is_ready: Yes, by: Reckoning[N]) -> list[N]:
    """Shift and activity after a residual."""
    noise = by.choose(usual.noise > 0.0, usual.noise, _FAR)
    loud = by.least(by.most(residual / noise, -LOUDEST), LOUDEST)
    newest = 1.0 / by.most(usual.readings + 1.0 - READY, 1.0)
    found: list[N] = []
    for place, mean in enumerate(usual.means):
        rate = by.most(newest, 1.0 / SCALES[place % len(SCALES)])
        entering = loud if place < len(SCALES) else _size(loud, by)
        found.append(by.choose(is_ready, mean + rate * (entering - mean), 0.0))
    return found


def _against(view: N, low: N, high: N, is_new: Yes, learns: float, by: Reckoning[N]) -> tuple[N, N, N]:
    """How far a view lies outside its range, and the range after it."""
    width = high - low
    over, under = by.most(view - high, 0.0), by.most(low - view, 0.0)
    is_known = width > _TINY * _size(view, by)
    excess = by.choose(is_known, (over + under) / by.choose(is_known, width, 1.0), 0.0)
    share, reach = by.choose(is_known, learns, 1.0), by.choose(is_known, width, _FAR)
    high = high + share * by.least(over, reach)
    low = low - share * by.least(under, reach)
    fade = (high - low) / (2.0 * MEMORY)
    return excess, by.choose(is_new, view, low + fade), by.choose(is_new, view, high - fade)


def _cut(size: N, usually: N, is_ready: Yes, by: Reckoning[N]) -> N:
    """Not more than CUT of what it usually is."""
    limit = by.choose(is_ready & (usually > 0.0), CUT * usually, _FAR)
    return by.least(by.most(size, -limit), limit)


def _size(number: N, by: Reckoning[N]) -> N:
    return by.most(number, -number)
