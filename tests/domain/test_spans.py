"""Spans keep exactly the numbers that were put in, in any order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.spans import Spans

stretches = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 12)), max_size=20)


def spans_of(found) -> Spans:
    spans = Spans()
    for first, more in found:
        spans = spans.including(first, first + more)
    return spans


@given(stretches)
def test_they_hold_what_was_put_in_and_no_more(found):
    spans = spans_of(found)
    numbers = {number for first, more in found for number in range(first, first + more + 1)}
    assert {number for number in range(1, 80) if number in spans} == numbers
    assert spans.last == max(numbers, default=0)


@given(stretches)
def test_they_neither_touch_nor_overlap(found):
    parts = spans_of(found).parts
    assert all(first <= last for first, last in parts)
    assert all(last + 1 < following for (_, last), (following, _) in pairwise(parts))


@given(stretches, st.integers(1, 40), st.integers(0, 40))
def test_what_is_missing_and_what_is_had_make_up_the_whole(found, first, more):
    spans = spans_of(found)
    missing = [number for one in spans.missing(first, first + more) for number in range(one[0], one[1] + 1)]
    assert missing == [number for number in range(first, first + more + 1) if number not in spans]


@given(stretches)
def test_they_are_read_back_as_they_were_written(found):
    assert Spans.parse(str(spans_of(found))) == spans_of(found)


@pytest.mark.parametrize("text", ["x", "1", "2-1", "1-3,2-5", "1-3,4-5", "0-3", "1-2,,5-6", "5-6,1-2", "-"])
def test_a_text_that_is_no_spans_is_refused(text):
    with pytest.raises(ValueError, match=r"spans|invalid literal"):
        Spans.parse(text)
