"""The alarm states of ISA-18.2: each path an operator knows, and laws that hold whatever happens in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.alarm_states import (
    AWAY,
    BACK,
    LATCHING,
    MAX_SHELVED_US,
    TRANSITIONS,
    Act,
    Alarm,
    Event,
    Priority,
    State,
    expired,
    step,
)
from calha.domain.errors import Conflict, Malformed
from calha.domain.times import HOUR_US


def after(*acts: Act, latching=False, start=None) -> Alarm:
    alarm = start or Alarm()
    for at, act in enumerate(acts):
        until = at + HOUR_US if act is Act.SHELVE else None
        alarm = step(alarm, Event(act, at, "because", until), latching=latching)
    return alarm


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        ([Act.RAISE], State.UNACKNOWLEDGED),
        ([Act.RAISE, Act.ACKNOWLEDGE], State.ACKNOWLEDGED),
        ([Act.RAISE, Act.ACKNOWLEDGE, Act.CLEAR], State.NORMAL),
        ([Act.RAISE, Act.CLEAR], State.RETURNED),
        ([Act.RAISE, Act.CLEAR, Act.ACKNOWLEDGE], State.NORMAL),
        ([Act.RAISE, Act.CLEAR, Act.RAISE], State.UNACKNOWLEDGED),
        ([Act.RAISE, Act.ACKNOWLEDGE, Act.SHELVE], State.SHELVED),
        ([Act.RAISE, Act.SHELVE, Act.CLEAR, Act.UNSHELVE], State.NORMAL),
        ([Act.RAISE, Act.ACKNOWLEDGE, Act.SHELVE, Act.UNSHELVE], State.UNACKNOWLEDGED),
        ([Act.SUPPRESS, Act.RAISE, Act.UNSUPPRESS], State.UNACKNOWLEDGED),
        ([Act.RAISE, Act.SHELVE, Act.TAKE_OUT, Act.CLEAR, Act.PUT_BACK], State.NORMAL),
    ],
)
def test_the_paths_of_the_standard(acts, state):
    assert after(*acts).state is state


@pytest.mark.parametrize("acknowledged", [[], [Act.ACKNOWLEDGE]])
def test_a_latched_alarm_waits_for_acknowledgement_and_reset(acknowledged):
    latched = after(Act.RAISE, *acknowledged, Act.CLEAR, latching=True)
    assert latched.state is State.LATCHED
    if not acknowledged:
        with pytest.raises(Conflict) as error:
            step(latched, Event(Act.RESET, 9))
        assert error.value.reason == "not_acknowledged"
        latched = step(latched, Event(Act.ACKNOWLEDGE, 9))
    assert step(latched, Event(Act.RESET, 10)).state is State.NORMAL


def test_what_is_shelved_comes_back_when_its_time_is_over():
    shelved = after(Act.RAISE, Act.SHELVE)
    assert shelved.away_until is not None
    assert expired(shelved, shelved.away_until - 1) is None
    event = expired(shelved, shelved.away_until)
    assert event is not None
    assert step(shelved, event).state is State.UNACKNOWLEDGED


@pytest.mark.parametrize("act", list(AWAY))
def test_nothing_is_put_away_without_a_reason(act):
    with pytest.raises(Malformed):
        step(Alarm(), Event(act, 0, "  ", HOUR_US))


@pytest.mark.parametrize("until", [None, 0, -1, MAX_SHELVED_US + 1])
def test_shelving_ends_and_not_too_late(until):
    with pytest.raises(Malformed):
        step(Alarm(), Event(Act.SHELVE, 0, "sensor is being changed", until))


def test_the_first_of_a_group_is_marked_until_it_is_over():
    first = step(Alarm(), Event(Act.RAISE, 1, is_first=True))
    assert first.is_first_out
    assert step(first, Event(Act.CLEAR, 2)).is_first_out
    assert not after(Act.CLEAR, Act.ACKNOWLEDGE, start=first).is_first_out


def test_there_are_at_most_four_priorities():
    assert len(Priority) <= 4


def test_every_state_is_left_and_reached():
    reached = {*TRANSITIONS.values(), *LATCHING.values(), *AWAY.values()}
    left = {*(state for state, _ in TRANSITIONS), *BACK.values()}
    assert reached == left == set(State)


@given(st.lists(st.sampled_from(Act), max_size=30), st.booleans())
def test_laws_of_any_history(acts, latching):
    """A refused act changes nothing; what holds and is not away is seen; what is normal does not hold."""
    alarm, holds = Alarm(), False
    for at, act in enumerate(acts):
        holds = {Act.RAISE: True, Act.CLEAR: False}.get(act, holds)
        until = at + HOUR_US if act is Act.SHELVE else None
        try:
            alarm = step(alarm, Event(act, at, "because", until), latching=latching)
        except Conflict:
            assert act not in (Act.RAISE, Act.CLEAR)
        assert alarm.is_active == holds
        assert alarm.is_away or not holds or alarm.state in (State.UNACKNOWLEDGED, State.ACKNOWLEDGED)
        if alarm.state is State.NORMAL:
            assert not holds
            assert alarm.is_acknowledged
        if alarm.state in (State.UNACKNOWLEDGED, State.RETURNED):
            assert not alarm.is_acknowledged
        assert (alarm.state is State.SHELVED) == (alarm.away_until is not None)
        assert alarm.is_away == bool(alarm.reason)
        assert latching or alarm.state is not State.LATCHED


@given(st.lists(st.sampled_from([Act.RAISE, Act.CLEAR]), max_size=10), st.sampled_from([Act.RAISE, Act.CLEAR]))
def test_said_twice_it_is_said_once(acts, last):
    once = after(*acts, last)
    assert step(once, Event(last, 99)) == once
