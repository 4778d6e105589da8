"""What devices get and answer, the same over MQTT, HTTP and TCP.

to the device: {"id": "…", "command": "start", "parameters": {"speed": 900}, "expires_at": "2026-01-31T12:00:00Z"}
from it:       {"state": "delivered" | "executed" | "rejected", "detail": "…"}
"""

from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from calha.domain import device_json
from calha.domain.commands import EventKind
from calha.domain.errors import Malformed
from calha.domain.times import to_text

if TYPE_CHECKING:  # a gateway has no such store
    from calha.store.accounts.commands import CommandRow

ReplyState = Literal["delivered", "executed", "rejected"]
MAX_DETAIL = 500

EVENTS: dict[ReplyState, EventKind] = {
    "delivered": EventKind.DELIVER,
    "executed": EventKind.EXECUTE,
    "rejected": EventKind.REJECT,
}


class Reply(msgspec.Struct, frozen=True):
    state: ReplyState
    detail: str = ""


def order(command: "CommandRow") -> dict[str, Any]:
    """What a device gets. It must not begin after `expires_at`, and does nothing twice for one id."""
    return {
        "id": command.id,
        "command": command.command,
        "parameters": dict(command.parameters),
        "expires_at": to_text(command.expires_at),
    }


def order_json(command: "CommandRow") -> bytes:
    return msgspec.json.encode(order(command))


def read_reply(payload: bytes) -> Reply:
    """Raises Malformed."""
    try:
        reply = msgspec.convert(device_json.decoded(payload), Reply)
    except (msgspec.ValidationError, Malformed) as error:
        states = ", ".join(get_args(ReplyState))
        raise Malformed(
            f'a reply is {{"state": …, "detail": "…"}} with one of the states {states}: {error}', "bad_reply"
        ) from None
    return msgspec.structs.replace(reply, detail=reply.detail[:MAX_DETAIL])
