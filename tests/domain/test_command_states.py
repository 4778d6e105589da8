"""Commands: no event leads anywhere that the table does not say, and only allowed parameters reach a device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.commands import (
    FOR_THE_DEVICE,
    OPEN,
    TRANSITIONS,
    Event,
    EventKind,
    ReadBack,
    State,
    advance,
    can,
    checked,
    read_back,
)
from calha.domain.errors import Conflict, Malformed
from calha.domain.profiles import Command, Parameter, Verify

NAME = {"pt": "x", "en": "x"}
SPEED = Parameter("speed", NAME, "number", "rpm", 500, 3000)
COUNT = Parameter("count", NAME, "integer", "", 0, 10, optional=True)
ON = Parameter("on", NAME, "boolean", optional=True)
WORD = Parameter("word", NAME, "text", optional=True)
MODE = Parameter("mode", NAME, "choice", choices=("slow", "fast"), optional=True)
START = Command("start", NAME, (SPEED, COUNT, ON, WORD, MODE))
FINAL = {State.VERIFIED, State.REJECTED}


@given(st.sampled_from([State.AWAITING_APPROVAL, State.QUEUED]), st.lists(st.sampled_from(EventKind), max_size=30))
def test_no_sequence_of_events_leads_anywhere_that_the_table_does_not_say(state, kinds):
    passed = [state]
    for kind in kinds:
        if kind in TRANSITIONS[state]:
            state = advance(state, Event(kind, 0, "somebody"))
            assert state is TRANSITIONS[passed[-1]][kind]
            passed.append(state)
        else:
            assert not can(state, kind)
            with pytest.raises(Conflict):
                advance(state, Event(kind, 0, "somebody"))
    if State.EXECUTED in passed:
        assert state in (State.EXECUTED, State.VERIFIED), "what was executed stays so"
    if State.AWAITING_APPROVAL in passed:
        reached = set(passed) - {
            State.AWAITING_APPROVAL,
            State.CANCELLED,
            State.EXPIRED,
            State.EXECUTED,
            State.VERIFIED,
        }
        assert not reached or State.QUEUED in passed, "nothing goes out before it was approved"


def test_every_state_is_in_the_table_and_can_be_reached():
    reached = {State.AWAITING_APPROVAL, State.QUEUED}
    for _ in State:
        reached |= {after for state in reached for after in TRANSITIONS[state].values()}
    assert reached == set(State) == set(TRANSITIONS)


def test_only_final_states_have_no_way_out():
    assert {state for state, ways in TRANSITIONS.items() if not ways} == FINAL
    assert all(can(state, EventKind.EXPIRE) or can(state, EventKind.TIME_OUT) for state in OPEN)
    assert all(can(state, EventKind.CANCEL) for state in FOR_THE_DEVICE)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "'speed' is missing; allowed: a number from 500 to 3000 rpm"),
        ({"speed": 5000}, "'speed' is 5000; allowed: a number from 500 to 3000 rpm"),
        ({"speed": "900"}, "'speed' is '900'"),
        ({"speed": True}, "'speed' is True"),
        ({"speed": float("nan")}, "'speed' is nan"),
        ({"speed": 10**400}, "'speed' is 1"),
        ({"speed": 900, "colour": 1}, "'colour' is unknown; allowed: speed, count, on, word, mode"),
        ({"speed": 900, "count": 1.5}, "'count' is 1.5; allowed: a whole number from 0 to 10"),
        ({"speed": 900, "on": 1}, "'on' is 1; allowed: true, false"),
        ({"speed": 900, "word": "x" * 1001}, "'word' is "),
        ({"speed": 900, "mode": "warp"}, "'mode' is 'warp'; allowed: slow, fast"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_name_and_what_is_allowed(given, reason):
    with pytest.raises(Malformed) as refused:
        checked(START, given)
    assert reason in str(refused.value)


def test_right_parameters_pass_and_those_left_out_stay_out():
    assert checked(START, {"speed": 900, "count": 3.0, "mode": "fast"}) == {"speed": 900, "count": 3, "mode": "fast"}


json_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(["speed", "count", "on", "word", "mode", "other"]), json_values))
def test_whatever_is_given_what_passes_is_within_the_declaration(given):
    try:
        values = checked(START, given)
    except Malformed:
        return
    assert 500 <= values["speed"] <= 3000
    assert values.keys() <= {"speed", "count", "on", "word", "mode"}
    assert 0 <= values.get("count", 0) <= 10
    assert values.get("mode", "slow") in ("slow", "fast")


def test_the_read_back_expects_a_value_or_that_of_a_parameter():
    assert read_back(None, {}) is None
    assert read_back(Verify("state", equals=1.0), {}) == ReadBack("state", 1.0, 0.0, 60.0)
    expected = read_back(Verify("rpm", parameter="speed", tolerance=5), {"speed": 900})
    assert expected is not None
    assert (expected.agrees(905), expected.agrees(894.9)) == (True, False)
    assert read_back(Verify("rpm", parameter="speed"), {}) is None
