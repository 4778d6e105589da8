"""What following 10,000 rules live costs, at 15,000 readings a second that the store commits ten times a second.

Every series reports once a second and two of three have a rule: most a limit, some a rate, a state, a comparison or a formula;
half of them with delays, some with a schedule or a repeat count. One value in a hundred is beyond its limit. The time is
that of the process, so another process on the same cores does not count; the mean over all commits.
"""

import time
from zoneinfo import ZoneInfo

import numpy as np

from bench.report import Report, at_most
from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import channels_of
from calha.domain.times import SECOND_US
from calha.watch.alarms.checks import Check, Checks, Key
from calha.watch.alarms.evaluation import Evaluation

SERIES = 15_000
RULES = 10_000
COMMITS_A_SECOND = 10
WARM_UP_S = 5
MEASURED_S = 60
BEGIN = 1_760_313_600_000_000
SEED = 20_261

_VALUE = {"signal": {"kind": "value", "channel": "a"}, "limits": {"hi": 52.33}, "deadband": 0.5}
_MIX: list[dict[str, object]] = [
    *([_VALUE] * 4),
    *([_VALUE | {"on_delay_s": 5, "off_delay_s": 10}] * 3),
    _VALUE | {"on_delay_s": 5, "repeat": {"count": 3, "within_s": 60}},
    _VALUE | {"schedule": [{"from": "06:00", "until": "22:00"}]},
    {"signal": {"kind": "rate", "channel": "a", "over_s": 10}, "limits": {"hi": 1_000}, "on_delay_s": 5},
    {"signal": {"kind": "deviation", "channel": "a", "over_s": 60}, "limits": {"hi": 2.5}, "on_delay_s": 5},
    {"signal": {"kind": "state", "channel": "a", "codes": [48, 53]}, "lasting_s": 5},
    {"signal": {"kind": "difference", "channel": "a", "other": "b"}, "limits": {"hi": 3.3}},
    {"signal": {"kind": "formula", "text": "a > 52 and b < 49"}, "on_delay_s": 5},
]


def checks() -> Checks:
    zone, found = ZoneInfo("America/Sao_Paulo"), []
    for number in range(RULES):
        rule = read_rule(_MIX[number % len(_MIX)])
        inputs = (number, number + 1)[: len(channels_of(rule.signal))]
        found.append(Check(Key(number, "hi", f"device-{number}"), rule, rule.limits[0], inputs, zone))
    return Checks.of(found)


def main() -> int:
    report = Report("rules-live", {"rules": RULES, "readings a second": SERIES, "commits a second": COMMITS_A_SECOND})
    evaluation, source = Evaluation(checks()), np.random.default_rng(SEED)
    size, changes, spent_s, longest_s = SERIES // COMMITS_A_SECOND, 0, 0.0, 0.0
    quality = np.zeros(size, np.uint8)
    for commit in range((WARM_UP_S + MEASURED_S) * COMMITS_A_SECOND):
        first = commit % COMMITS_A_SECOND * size
        series = np.arange(first, first + size)
        at = BEGIN + commit * SECOND_US // COMMITS_A_SECOND + source.integers(0, 1_000, size)
        value = np.round(source.normal(50, 1, size), 2)
        began = time.process_time()
        found = evaluation.take(series, at, value, quality)
        ended = evaluation.pass_time(int(at[0]) - SECOND_US)
        took_s = time.process_time() - began
        if commit >= WARM_UP_S * COMMITS_A_SECOND:
            spent_s, longest_s = spent_s + took_s, max(longest_s, took_s)
            changes += len(found) + len(ended)
    report.result("core that it takes", spent_s / MEASURED_S, "cores", at_most(0.3))
    report.result("longest commit", longest_s * 1e3, "ms")
    report.result("changes", changes / MEASURED_S, "a second")
    began = time.process_time()
    kept = evaluation.to_bytes(1)
    report.result("keeping what is remembered", (time.process_time() - began) * 1e3, "ms")
    report.result("kept", len(kept) / 1e6, "MB")
    return report.finish()
