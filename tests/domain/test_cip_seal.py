"""Seals of cleanings: ours, of that person, and of what the readings tell."""

from dataclasses import replace

import pytest

from calha.domain.cip import Evidence, Finding, Judgement, Recipe, StepLimits
from calha.domain.cip_seal import checked, seal
from calha.domain.errors import Malformed

SHOWN = Judgement(
    Recipe("caustic_only", (StepLimits("caustic", min_s=900, min_temperature_c=70),)),
    "passed",
    (Evidence("caustic", 0, 1_000_000_000, 950.0, 10.0, 0.0, (70.1, 75.2, 76.8), (60.0, 65.0, 70.0), None, None),),
)
ABOUT = ("cip-1", 0, 1_000_000_000)
SEAL = seal(*ABOUT, SHOWN, "maria", b"key")


def test_a_seal_holds_as_it_is_printed_and_typed():
    assert len(SEAL.split()) == 12
    for typed in (SEAL, SEAL.replace(" ", ""), SEAL.upper(), SEAL.replace(" ", "\n")):
        assert checked(typed, "maria", b"key", *ABOUT, SHOWN) == "holds"


def test_what_is_not_ours_or_not_that_persons_is_forged():
    assert checked(SEAL, "rui", b"key", *ABOUT, SHOWN) == "forged"
    assert checked(SEAL, "maria", b"other", *ABOUT, SHOWN) == "forged"
    digit = "1" if SEAL[0] == "0" else "0"
    assert checked(digit + SEAL[1:], "maria", b"key", *ABOUT, SHOWN) == "forged"


def test_a_cleaning_that_was_corrected_shows():
    cooler = replace(SHOWN.evidence[0], temperature_c=(69.9, 75.1, 76.8))
    assert checked(SEAL, "maria", b"key", *ABOUT, replace(SHOWN, evidence=(cooler,))) == "changed"
    assert checked(SEAL, "maria", b"key", "cip-2", *ABOUT[1:], SHOWN) == "changed"
    hair = replace(SHOWN.evidence[0], effective_s=950.0 + 1e-9)  # what another machine may compute
    assert checked(SEAL, "maria", b"key", *ABOUT, replace(SHOWN, evidence=(hair,))) == "holds"


@pytest.mark.parametrize("text", ["", "abc", SEAL[:-1], SEAL.replace(SEAL[0], "x", 1)])
def test_what_is_no_seal_is_refused(text):
    with pytest.raises(Malformed, match="96 digits"):
        checked(text, "maria", b"key", *ABOUT, SHOWN)


def test_where_a_finding_stands_is_no_part_of_a_seal():
    bare, placed = (Finding("caustic", "effective_time", 950.0, 960.0, at) for at in (None, 0))
    sealed = seal(*ABOUT, replace(SHOWN, findings=(bare,)), "maria", b"key")
    assert checked(sealed, "maria", b"key", *ABOUT, replace(SHOWN, findings=(placed,))) == "holds"
    assert checked(sealed, "maria", b"key", *ABOUT, replace(SHOWN, findings=(replace(bare, reached=1.0),))) == "changed"
