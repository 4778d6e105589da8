from hypothesis import given
from hypothesis import strategies as st

from calha.log import headers

values = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40).map(str.strip)


@given(st.dictionaries(st.from_regex(r"[A-Za-z-]{1,20}", fullmatch=True), values))
def test_fields_survive_encoding(fields: dict[str, str]) -> None:
    assert headers.decode(headers.encode(fields)) == fields


def test_a_value_cannot_add_a_field() -> None:
    assert headers.decode(headers.encode({"A": "x\r\nB: y"})) == {"A": "x  B: y"}


def test_a_status_is_told_from_an_ordinary_block() -> None:
    assert headers.status(b"NATS/1.0 503\r\n\r\n") == (503, "")
    assert headers.status(b"NATS/1.0 408 Request Timeout\r\nA: b\r\n\r\n") == (408, "Request Timeout")
    assert headers.status(headers.encode({"A": "b"})) == (0, "")
    assert headers.status(b"") == (0, "")
