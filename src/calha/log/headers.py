"""Header blocks of NATS messages: `NATS/1.0[ status[ text]]`, then `Name: value` lines, then an empty line."""

from collections.abc import Mapping

_FIRST = b"NATS/1.0"


def encode(fields: Mapping[str, str]) -> bytes:
    """A block of these fields; line breaks in values become blanks, so that no value can add a field."""
    lines = [f"{name}: {_one_line(value)}\r\n" for name, value in fields.items()]
    return b"NATS/1.0\r\n" + "".join(lines).encode() + b"\r\n"


def decode(block: bytes) -> dict[str, str]:
    """Fields of a block; of a field that occurs twice the last."""
    fields: dict[str, str] = {}
    for line in block.decode(errors="replace").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip()] = value.strip()
    return fields


def status(block: bytes) -> tuple[int, str]:
    """Status code and text of a block that the server sends in place of a message; (0, "") for an ordinary one."""
    line = block[: block.find(b"\r\n")]
    if len(line) <= len(_FIRST):
        return 0, ""
    code, _, text = line[len(_FIRST) :].strip().partition(b" ")
    return (int(code), text.decode(errors="replace")) if code.isdigit() else (0, "")


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
