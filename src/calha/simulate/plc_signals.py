"""What the simulated PLC's variables hold after so many runs of its program. Pure: no I/O, no clock.

Two outlets whose flows ramp up and down between 60 and 75 m³/h, a half at a time; while a pump is off its flow is exactly
0. Until the program has run once, the variables hold what they were declared with.
"""

LOWEST_M3_H, HIGHEST_M3_H, STEP_M3_H = 60.0, 75.0, 0.5
DECLARED_M3_H = (19.0, 20.0)
RAMP_RUNS = round((HIGHEST_M3_H - LOWEST_M3_H) / STEP_M3_H)
PUMP_CYCLE_RUNS, PUMP_OFF_RUNS = 240, 20
APART_RUNS = 37  # between the two outlets


def pump_runs(outlet: int, runs: int) -> bool:
    """Whether the pump of outlet 0 or 1 is on."""
    return (runs + APART_RUNS * outlet) % PUMP_CYCLE_RUNS < PUMP_CYCLE_RUNS - PUMP_OFF_RUNS


def flow_m3_h(outlet: int, runs: int, *, stops: bool = True) -> float:
    """stops: whether its pump is off now and then."""
    if runs == 0:
        return DECLARED_M3_H[outlet]
    if stops and not pump_runs(outlet, runs):
        return 0.0
    place = (runs - 1 + APART_RUNS * outlet) % (2 * RAMP_RUNS)
    return LOWEST_M3_H + STEP_M3_H * min(place, 2 * RAMP_RUNS - place)


def level_m(runs: int) -> float:
    """In the reservoir: rises and falls slowly between 2 and 4 m."""
    place = runs % 400
    return 2.0 + 0.01 * min(place, 400 - place)
