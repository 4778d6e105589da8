"""Tariffs as text: what is wrong is refused with its place, numbers are taken digit by digit."""

from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import InvalidTariff
from calha.domain.tariff_reader import read_tariff, reread_tariff, to_json
from calha.domain.tariff_writer import to_yaml

PACKAGED = sorted(file.name for file in files("calha.tariffs").iterdir() if file.name.endswith(".yaml"))


def text_of(component, more=""):
    return f"key: k\nname: {{}}\nunit: m³\n{more}\nversions: [{{valid_from: 2020-01-01, components: [{component}]}}]"


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_tariffs_are_read_and_written_back(name):
    tariff = read_tariff((files("calha.tariffs") / name).read_text(), name)
    assert tariff.key == name.removesuffix(".yaml")
    assert set(tariff.name) == {"pt", "en"}
    again = read_tariff(to_json(tariff).decode())
    assert again == tariff
    assert to_json(again) == to_json(tariff)


@pytest.mark.parametrize("name", PACKAGED)
def test_a_tariff_is_written_as_yaml_that_says_the_same(name):
    tariff = read_tariff((files("calha.tariffs") / name).read_text(), name)
    text = to_yaml(tariff)
    assert read_tariff(text) == tariff
    assert text.startswith(f"key: {tariff.key}\n")


WRITTEN = """key: k
name: {pt: Água, en: Water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components:
      - kind: usage
        key: a
        name: {}
        price: abc
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WRITTEN, 10),
        (WRITTEN.replace("abc", "1\n        prise: 2"), 11),
        (WRITTEN.replace("price: abc", "minimum: 2"), 7),
        (WRITTEN.replace("abc", "[1"), 11),
        (WRITTEN.replace("unit: m³", "unit: m³\nunit: L"), 4),
        (WRITTEN.replace("abc", "1").replace("2020-01-01", "soon"), 5),
        (WRITTEN.replace("abc", "1").replace("unit: m³\n", ""), 1),
        (WRITTEN.replace("name: {}", "name: *a"), 9),
        ("", 1),
    ],
)
def test_what_is_refused_says_on_which_line_it_stands(text, line):
    with pytest.raises(InvalidTariff) as refused:
        read_tariff(text)
    assert refused.value.about == {"line": str(line)}, str(refused.value)


def test_prices_are_taken_digit_by_digit():
    read = read_tariff(text_of("{kind: usage, key: a, name: {}, price: 0.1230}"))
    assert str(read.versions[0].components[0].price) == "0.1230"
    assert read.versions[0].components[0].price == Decimal("0.123")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("key: [", "not YAML"),
        ("- a", "Expected `object`"),
        ("key: &a x\nname: *a", "alias"),
        ("[" * 30, "nested deeper|not YAML"),
        ("a: 1\na: 2", "twice"),
        (text_of("{kind: usage, key: a, name: {}}"), "either price or blocks"),
        (text_of("{kind: usage, key: a, name: {}, price: 1, blocks: [{price: 1}]}"), "either price or blocks"),
        (text_of("{kind: usage, key: a, name: {}, price: .nan}"), r"\$.versions\[0\].components\[0\].price"),
        (text_of("{kind: usage, key: a, name: {}, price: 18:00}"), "price"),
        (text_of("{kind: usage, key: a, name: {}, price: 1, prise: 2}"), "unknown field `prise`"),
        (text_of("{kind: usage, key: a, name: {}, blocks: [{up_to: 5, price: 1}]}"), "the last one has no up_to"),
        (text_of("{kind: usage, key: a, name: {}, blocks: [{price: 1}, {price: 2}]}"), "must grow"),
        (
            text_of("{kind: usage, key: a, name: {}, blocks: [{up_to: 5, price: 1}, {up_to: 5, price: 1}, {}]}"),
            "must grow",
        ),
        (text_of("{kind: usage, key: A b, name: {}, price: 1}"), "is not a word"),
        (
            text_of("{kind: fixed, key: a, name: {}, amount: 1}, {kind: fixed, key: a, name: {}, amount: 1}"),
            "there twice",
        ),
        (text_of("{kind: share, key: a, name: {}, of: [b], percent: 1}"), "none of the lines before"),
        (text_of("{kind: zzz, key: a, name: {}}"), "Invalid value 'zzz'"),
        (text_of("{kind: fixed, key: a, name: {}, amount: 9999999999999}"), "is not a number of at most"),
        (
            text_of("{kind: fixed, key: a, name: {}, amount: 1}", "taxes: [{valid_from: 2020-01-01, icms: 100}]"),
            "rates",
        ),
        (
            text_of("{kind: fixed, key: a, name: {}, amount: 1}", 'flags: {months: {"2020-13": green}}'),
            "is not a month",
        ),
        (text_of("{kind: fixed, key: a, name: {}, amount: 1}", 'flags: {months: {"2020-12": blue}}'), "has no price"),
        (text_of("{kind: fixed, key: a, name: {}, amount: 1}", "flags: {days: {2020-12-16: blue}}"), "has no price"),
        (text_of("{kind: fixed, key: a, name: {}, amount: 1}", "flags: {days: {2020-12: green}}"), "is not a day"),
        (
            text_of("{kind: fixed, key: a, name: {}, amount: 1}").replace("compon", "usual_days: {least: 34}, compon"),
            "usual_days: 34 to 33",
        ),
        (
            text_of("{kind: fixed, key: a, name: {}, amount: 1}").replace(
                "compon", "late_payment: {fine_percent: 200}, compon"
            ),
            "late_payment: fine_percent and interest_percent are from 0 to 100",
        ),
        (
            text_of("{kind: fixed, key: a, name: {}, amount: 1}").replace(
                "compon", 'late_payment: {index: {"2026-13": 1}}, compon'
            ),
            "late_payment.index: '2026-13' is not a month",
        ),
        (
            text_of("{kind: usage, key: a, name: {}, price: 1, quantity: consumtion}"),
            r"\$.versions\[0\].components\[0\].quantity: 'consumtion' is not measured; known here are consumption, demand",
        ),
        (text_of("{kind: usage, key: a, name: {}, price: 1, quantity: peak}"), "'peak' is not measured"),
        (text_of("{kind: usage, key: a, name: {}, price: 1, quantity: net}"), "'net' is not measured"),
        (text_of("{kind: demand, key: a, name: {}, price: 1, quantity: demand_peak}"), "'demand_peak' is not measured"),
        (text_of("{kind: flag, key: a, name: {}, quantity: kwh}"), "'kwh' is not measured"),
        ("key: k\nname: {}\nunit: m\nversions: []", "1 to 600"),
        (
            (
                "key: k\nname: {}\nunit: m\nversions: [{valid_from: 2021-01-01, components: []}, "
                "{valid_from: 2020-01-01, components: []}]"
            ),
            "must grow",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, reason):
    with pytest.raises(InvalidTariff, match=reason):
        read_tariff(text, "water.yaml")


def test_what_was_accepted_before_quantities_were_looked_at_is_still_read():
    text = text_of("{kind: usage, key: a, name: {}, price: 1, quantity: consumtion}")
    assert reread_tariff(text).versions[0].components[0].quantity == "consumtion"
    with pytest.raises(InvalidTariff, match="either price or blocks"):
        reread_tariff(text.replace("price: 1, ", ""))


@given(st.text(max_size=300))
def test_nothing_but_invalid_tariff_leaves_the_reader(text):
    with pytest.raises(InvalidTariff):
        read_tariff(text)


def test_the_tariff_in_the_documentation_is_one():
    text = (Path(__file__).parents[2] / "docs" / "billing.md").read_text()
    tariff = read_tariff(text.split("```yaml\n")[1].split("```")[0])
    assert [one.key for one in tariff.versions[0].components] == ["water", "sewage"]
