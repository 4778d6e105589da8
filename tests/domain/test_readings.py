"""Batches travel as bytes without losing anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import CorruptBatch
from calha.domain.readings import Batch

rows = st.lists(
    st.tuples(
        st.integers(0, 2**31 - 1),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.integers(0, 255),
        st.integers(-(2**63), 2**63 - 1),
    )
)


@given(rows)
def test_a_batch_reads_back_as_it_was_written(readings):
    batch = Batch.of(*([list(column) for column in zip(*readings, strict=True)] or [[]] * 5))
    again = Batch.decode(batch.encode())
    for name in ("series", "at", "value", "quality", "arrived_at"):
        np.testing.assert_array_equal(getattr(again, name), getattr(batch, name))


@given(st.binary())
def test_bytes_that_are_not_a_batch_are_refused(data):
    with pytest.raises(CorruptBatch):
        Batch.decode(data)


def test_a_batch_that_lost_its_tail_is_refused():
    data = Batch.of([1, 2], [3, 4], [5.0, 6.0], [0, 0], [7, 8]).encode()
    with pytest.raises(CorruptBatch):
        Batch.decode(data[:-1])
