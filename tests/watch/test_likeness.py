"""Which earlier anomalies are like one."""

from calha.store.anomalies import AnomalyRow
from calha.watch.likeness import MOST, likeness, similar


def anomaly(number, shown=2.0, readings=10, seen=9.0):
    return AnomalyRow(
        "series 1", 1, "extreme", number, None, readings, number, seen, 0.7, 1.0, seen, 4.0, 6.0, 5.0, 1, shown,
        number, "pump-1", "flow", "m³/h", number, None, "", None, None, "Pump 1", {"en": "Flow"}, "America/Sao_Paulo",
    )  # fmt: skip


def test_the_same_size_and_length_is_like_it_and_another_side_is_not():
    one = anomaly(1)
    assert likeness(one, anomaly(2)) == 1.0
    assert likeness(one, anomaly(2, shown=3.0)) > likeness(one, anomaly(2, shown=6.0)) > 0.0
    assert likeness(one, anomaly(2, readings=20)) > likeness(one, anomaly(2, shown=4.0))
    assert likeness(one, anomaly(2, seen=1.0)) == 0.0


def test_the_likest_come_first_and_those_that_are_not_like_it_not_at_all():
    earlier = [anomaly(number, shown=2.0 + number / 10) for number in range(2, 12)] + [anomaly(20, shown=2_000.0)]
    found = similar(anomaly(1), earlier)
    assert [one.id for one, _ in found] == [2, 3, 4, 5, 6]
    assert len(found) == MOST
