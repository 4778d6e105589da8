"""Formulas say what they mean, carry what is unknown, and are nothing but formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.domain.formulas import MAX_CHARS, compiled

NAN = float("nan")


def value(text: str, **channels: float) -> float:
    columns = {key.replace("_1", "-1"): np.array([one]) for key, one in channels.items()}
    return float(np.broadcast_to(compiled(text).reckon(columns), 1)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", 8.0),
        ("(a + b) * 2", 10.0),
        ("a - b - 1", -2.0),
        ("-a ^ 2", -4.0),
        ("2 ^ -a", 0.25),
        ("max(a, b, 1) + abs(a - b)", 4.0),
        ("mean(a, b)", 2.5),
        ("sqrt(a + 7) / b", 1.0),
        ("a < b", 1.0),
        ("not a < b", 0.0),
        ("a < b and b > 5 or a == 2", 1.0),
        ("a < b and (b > 5 or a != 2)", 0.0),
        ("min(a, b) >= 2 and b <= 3", 1.0),
        ("max", 7.0),
        ("[x-1] + a", 11.0),
    ],
)
def test_what_formulas_say(text, expected):
    assert value(text, a=2.0, b=3.0, max=7.0, x_1=9.0) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u > 1", NAN),
        ("not u > 1", NAN),
        ("u > 1 and a > 1", NAN),
        ("u > 1 and a < 1", 0.0),
        ("a > 1 or u > 1", 1.0),
        ("a / (a - 2)", NAN),
        ("sqrt(-a)", NAN),
        ("a ^ 9999", NAN),
        ("u + a", NAN),
    ],
)
def test_what_is_unknown_stays_unknown_where_it_matters(text, expected):
    assert value(text, a=2.0, u=NAN) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a +", "character 4"),
        ("a < b < 3", "character 7"),
        ("a; b", "character 2"),
        ("a.b", "character 2"),
        ("'x'", "character 1"),
        ("__import__('os')", "character 11"),
        ("2 + (a > 1)", "character 6: a comparison says yes or no"),
        ("a > 1 and b", "character 11: .* a number has no yes or no"),
        ("2 * abs(a, 2)", "character 5: abs takes one number"),
        ("1 + 2", "at least one channel"),
        ("", "1 to"),
        ("a" + "+a" * MAX_CHARS, "1 to"),
        ("-" * 60 + "a", "character 42: nested more than 40 deep"),
        ("+".join(f"c{number}" for number in range(17)), "at most 16"),
        ("a < 9e999", "character 5: a number is too large"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text, told):
    with pytest.raises(Malformed, match=told):
        compiled(text)


def test_a_formula_knows_its_channels_and_whether_it_says_yes_or_no():
    found = compiled("flow > 5 and [pressure-2] < flow")
    assert (found.channels, found.is_yes) == (("flow", "pressure-2"), True)
    assert not compiled("flow * 2").is_yes


@given(st.text(alphabet="ab10.+-*/^()<>=! andornotmx,[]", max_size=60))
def test_any_text_is_a_formula_or_refused(text):
    try:
        found = compiled(text)
    except Malformed:
        return
    result = found.reckon({key: np.array([1.0, NAN]) for key in found.channels})
    assert not np.isinf(result).any()
    if found.is_yes:
        assert np.isin(result[~np.isnan(result)], [0.0, 1.0]).all()
