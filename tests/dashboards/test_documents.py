"""What may be kept as a dashboard, and which series it shows."""

import re

import pytest
from pydantic import ValidationError

from calha.dashboards.document import DashboardDocument
from calha.dashboards.scope import scope_of, values_of

PLACE = {"x": 0, "y": 0, "w": 4, "h": 2}
PUMP = {"kind": "device", "key": "pump", "profile": "machine", "device": "pump-1"}
FLOWS = [{"device": "$pump", "channel": "flow"}, {"device": "tank", "channel": "flow"}]
AREA = {"kind": "site", "key": "area", "site": 7}


def widget(number, kind, **more):
    return {"id": f"w{number}", "kind": kind} | PLACE | more


def document(*widgets, variables=()):
    return DashboardDocument.model_validate({"variables": list(variables), "widgets": list(widgets)})


def test_a_document_comes_back_as_it_went():
    given = document(
        widget(1, "value", series={"device": "$pump", "channel": "flow"}),
        widget(2, "chart", look="area", range="7d", series=[{"device": "tank", "channel": "level"}]),
        widget(3, "map", places=[{"latitude": -8.05, "longitude": -34.9, "site": "$area"}]),
        widget(4, "text", text="**Shift**"),
        widget(5, "chart", series=FLOWS, calculated=[{"name": "Loss", "unit": "m³/h", "formula": "a - b"}]),
        variables=[PUMP, AREA],
    )
    assert DashboardDocument.model_validate(given.model_dump(mode="json")) == given


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"calculated": [{"formula": "a - c"}]}, "widget w1: formula: 'c' is none of the series; they are a, b"),
        ({"calculated": [{"formula": "a -"}]}, "widget w1: formula, character 4: ends too early"),
        ({"calculated": [{"formula": " "}]}, "formula: it has 1 to 500 characters"),
        ({"calculated": [{"formula": "a"}] * 6}, "at most 5 items"),
        ({"calculated": [{"formula": "a"}], "look": "bar"}, "widget w1 shows bars"),
        ({"calculated": [{"formula": "a", "unit": "m" * 21}]}, "at most 20 characters"),
    ],
)
def test_what_cannot_be_calculated_is_refused_with_its_reason(wrong, told):
    with pytest.raises(ValidationError, match=re.escape(told)):
        document(widget(1, "chart", series=FLOWS) | wrong, variables=[PUMP])


def test_a_formula_names_the_series_of_its_chart_by_letters():
    chart = document(
        widget(1, "chart", series=FLOWS, calculated=[{"formula": "b / max(b, 1)"}]), variables=[PUMP]
    ).widgets[0]
    assert chart.calculated[0].shown_name == "b / max(b, 1)"
    assert {letter: one.device for letter, one in chart.inputs(chart.calculated[0]).items()} == {"b": "tank"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"widgets": [widget(1, "horoscope")]},
        {"widgets": [widget(1, "text") | {"x": 9}]},
        {"widgets": [widget(1, "text") | {"w": 0}]},
        {"widgets": [widget(1, "text", script="alert(1)")]},
        {"widgets": [widget(1, "text"), widget(1, "text")]},
        {"widgets": [widget(1, "value", series={"device": "$pump", "channel": "flow"})]},
        {"widgets": [widget(1, "alarms", site="$pump")], "variables": [PUMP]},
        {"widgets": [widget(1, "chart", series=[])]},
        {"widgets": [widget(n, "text") for n in range(61)]},
        {"widgets": [widget(1, "map", places=[{"latitude": 99, "longitude": 0}])]},
        {"variables": [PUMP, PUMP]},
        {"format": 2},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        DashboardDocument.model_validate(wrong)


def test_its_scope_is_what_its_widgets_name_and_nothing_else():
    given = document(
        widget(1, "value", series={"device": "$pump", "channel": "flow"}),
        widget(2, "table", series=[{"device": "tank", "channel": "level"}]),
        widget(3, "command", device="$pump", command="start"),
        widget(4, "alarms", device="valve"),
        widget(5, "alarms", site="$area"),
        variables=[PUMP, AREA],
    )
    begun = scope_of(given, {}, own_site=1)
    assert begun.series == {("pump-1", "flow"), ("tank", "level")}
    assert begun.devices == {"pump-1", "tank", "valve"}
    assert begun.sites == {7}
    chosen = scope_of(given, {"pump": "pump-2", "area": 9}, own_site=1)
    assert (chosen.series, chosen.sites) == ({("pump-2", "flow"), ("tank", "level")}, {9})


def test_a_list_of_alarms_that_names_nothing_looks_at_the_dashboards_own_site():
    assert scope_of(document(widget(1, "alarms")), {}, own_site=3).sites == {3}
    assert scope_of(document(widget(1, "plant")), {}, own_site=3).sites == {3}
    assert scope_of(document(widget(1, "text")), {}, own_site=3).sites == frozenset()


def test_a_value_of_the_wrong_kind_is_not_heeded():
    given = document(variables=[PUMP, AREA])
    assert values_of(given, {"pump": 5, "area": "x", "other": 1}) == {"pump": "pump-1", "area": 7}
