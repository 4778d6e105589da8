import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.claim_codes import LETTERS, grouped, new_code, plain
from calha.domain.errors import Malformed

CODES = st.text(LETTERS, min_size=12, max_size=12)


@given(CODES, st.sampled_from(["-", " ", "", " - ", "."]))
def test_case_and_separators_do_not_matter(code, separator):
    typed = separator.join(grouped(code).split("-")).lower()
    assert plain(f" {typed} ") == code


@given(CODES)
def test_letters_that_look_like_digits_are_taken_for_them(code):
    assert plain(code.replace("0", "O").replace("1", "l")) == code


def test_a_new_code_is_unambiguous_and_unlike_others():
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(plain(grouped(code)) == code for code in codes)
    assert not set("ILOU") & set("".join(codes))


@pytest.mark.parametrize(
    "typed", ["", "7K3M", "7K3M-9QXC-4T2HX", "7K3M-9QXC-4T2U", "7K3M/9QXC/4T2H", "７K3M-9QXC-4T2H"]
)
def test_what_is_no_code_is_refused(typed):
    with pytest.raises(Malformed):
        plain(typed)
