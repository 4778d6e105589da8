"""Channels on a common grid."""

import numpy as np

from calha.domain.quality import Quality
from calha.store.telemetry import Columns
from calha.watch.aligned import rows

STEP = 60


def columns(*readings):
    at, value, quality = zip(*readings, strict=True) if readings else ((), (), ())
    return Columns(np.array(at, np.int64), np.array(value, float), np.array(quality, np.uint8))


def test_a_row_is_the_mean_of_each_channel_in_a_step():
    found = {
        1: columns((0, 1.0, 0), (59, 3.0, 0), (60, 5.0, 0), (200, 7.0, Quality.BAD)),
        2: columns((61, 8.0, Quality.UNCERTAIN)),
        3: columns(),
    }
    at, values = rows([2, 1, 3], found, 0, STEP)
    assert at.tolist() == [60, 120]
    np.testing.assert_array_equal(values, [[np.nan, 2.0, np.nan], [8.0, 5.0, np.nan]])


def test_without_readings_there_are_no_rows():
    at, values = rows([3], {3: columns()}, 0, STEP)
    assert (len(at), values.shape) == (0, (0, 1))
