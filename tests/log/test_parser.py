import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.log.parser import MAX_LINE_BYTES, Control, Message, Parser, ProtocolError

word = st.text(st.sampled_from("abz.$_-0"), min_size=1, max_size=12).map(str.encode)
body = st.binary(max_size=300) | st.just(b"\r\nMSG a 1 5\r\n")


@st.composite
def messages(draw: st.DrawFn) -> tuple[Message, bytes]:
    sid = str(draw(st.integers(0, 99))).encode()
    subject, reply, payload = draw(word), draw(st.just(b"") | word), draw(body)
    header = b"NATS/1.0\r\n" + draw(st.binary(max_size=40)) + b"\r\n\r\n" if draw(st.booleans()) else b""
    names = b" ".join(filter(None, (subject, sid, reply)))
    sizes = b"%d %d" % (len(header), len(header) + len(payload)) if header else b"%d" % len(payload)
    verb = b"HMSG" if header else b"MSG"
    wire = b"%b %b %b\r\n%b%b\r\n" % (verb, names, sizes, header, payload)
    return Message(sid, subject, reply, header, payload), wire


controls = st.sampled_from(
    [
        (Control(b"PING", b""), b"PING\r\n"),
        (Control(b"PONG", b""), b"PONG\r\n"),
        (Control(b"+OK", b""), b"+OK\r\n"),
        (Control(b"-ERR", b"'Slow Consumer'"), b"-ERR 'Slow Consumer'\r\n"),
        (Control(b"INFO", b'{"a":1}'), b'INFO {"a":1}\r\n'),
    ]
)


@given(st.lists(messages() | controls, max_size=12), st.data())
def test_frames_come_out_whole_wherever_the_bytes_are_cut(frames: list, data: st.DataObject) -> None:
    wire = b"".join(one[1] for one in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=20)))
    parser = Parser()
    found: list[Message] = []
    said: list[Control] = []
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        some_messages, some_controls = parser.feed(wire[start:end])
        found += some_messages
        said += some_controls
    assert found == [frame for frame, _ in frames if isinstance(frame, Message)]
    assert said == [frame for frame, _ in frames if isinstance(frame, Control)]


def test_a_large_message_that_comes_byte_by_byte_is_joined_once_it_is_whole() -> None:
    payload = b"x" * 100_000
    wire = b"MSG a 1 100000\r\n" + payload + b"\r\n"
    parser = Parser()
    found = [message for place in range(len(wire)) for message in parser.feed(wire[place : place + 1])[0]]
    assert found == [Message(b"1", b"a", b"", b"", payload)]


@given(st.binary(max_size=200))
def test_bytes_that_are_not_the_protocol_raise_nothing_but_a_protocol_error(wire: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        Parser().feed(wire)


@pytest.mark.parametrize("wire", [b"HELLO\r\n", b"MSG a b c\r\n", b"\r\n", b"x" * (MAX_LINE_BYTES + 1)])
def test_what_no_server_says_is_refused(wire: bytes) -> None:
    with pytest.raises(ProtocolError):
        Parser().feed(wire)
