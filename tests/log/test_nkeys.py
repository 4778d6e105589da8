import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.log import nkeys


def test_a_published_key_is_understood() -> None:
    seed = "SUAMK2FG4MI6UE3ACF3FK3OIQBCEIEZV7NSWFFEW63UXMRLFM2XLAXK4GY"  # the example of the NATS documentation
    prefix, raw = nkeys.decode_seed(seed)
    assert prefix == nkeys.USER
    assert nkeys.encode_seed(prefix, raw) == seed
    assert nkeys.Signer(seed).public_key.startswith("U")


@given(st.binary(min_size=32, max_size=32), st.sampled_from([nkeys.ACCOUNT, nkeys.USER]))
def test_what_is_encoded_can_be_decoded(raw: bytes, prefix: int) -> None:
    assert nkeys.decode_seed(nkeys.encode_seed(prefix, raw)) == (prefix, raw)
    assert nkeys.decode_public(nkeys.encode_public(prefix, raw)) == (prefix, raw)


def test_the_letters_say_what_a_key_is_for() -> None:
    seed = nkeys.new_account_seed()
    assert seed.startswith("SA")
    assert nkeys.Signer(seed).public_key.startswith("A")


@pytest.mark.parametrize("text", ["", "SA", "!" * 58, nkeys.encode_public(nkeys.ACCOUNT, bytes(32))])
def test_what_is_no_seed_is_refused(text: str) -> None:
    with pytest.raises(nkeys.BadKeyError):
        nkeys.decode_seed(text)


def test_a_single_wrong_letter_is_noticed() -> None:
    seed = nkeys.new_account_seed()
    wrong = seed[:20] + ("A" if seed[20] != "A" else "B") + seed[21:]
    with pytest.raises(nkeys.BadKeyError, match="checksum"):
        nkeys.decode_seed(wrong)
