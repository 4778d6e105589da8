"""What people find later about commands: an event for each step, and in the audit log what a device or Calha did.

What a person did is written into the audit log where he asked for it, with his address.
"""

import asyncio

from calha.domain.access import Actor
from calha.domain.commands import State
from calha.domain.profiles import Text
from calha.store.accounts.audit import AuditLog
from calha.store.accounts.commands import CommandRow
from calha.store.registry import Registry

_TEXTS: dict[State, Text] = {
    State.AWAITING_APPROVAL: {"pt": "aguarda a aprovação de outra pessoa", "en": "waits for another person's approval"},
    State.QUEUED: {"pt": "na fila", "en": "queued"},
    State.SENT: {"pt": "enviado", "en": "sent"},
    State.DELIVERED: {"pt": "entregue", "en": "delivered"},
    State.EXECUTED: {"pt": "executado", "en": "executed"},
    State.VERIFIED: {"pt": "verificado", "en": "verified"},
    State.REJECTED: {"pt": "recusado pelo dispositivo", "en": "rejected by the device"},
    State.TIMED_OUT: {"pt": "sem resposta do dispositivo", "en": "not answered by the device"},
    State.EXPIRED: {"pt": "expirou", "en": "expired"},
    State.CANCELLED: {"pt": "cancelado", "en": "cancelled"},
}
_NOT_VERIFIED: Text = {"pt": "executado, mas não verificado", "en": "executed, but not verified"}
_FAILED = (State.REJECTED, State.TIMED_OUT, State.EXPIRED)
_BY_PEOPLE = (State.AWAITING_APPROVAL, State.QUEUED, State.CANCELLED)
_OF_INTEREST_TO_NOBODY = (State.SENT, State.DELIVERED)  # they are in the command's own history


async def write(registry: Registry, audit: AuditLog, row: CommandRow) -> None:
    """Keep what has just happened to a command."""
    if row.state not in _OF_INTEREST_TO_NOBODY:
        await asyncio.to_thread(_write, registry, audit, row)


def _write(registry: Registry, audit: AuditLog, row: CommandRow) -> None:
    step, is_unverified = row.history[-1], row.verification == "failed"
    about = {"id": row.id, "command": row.command, "parameters": dict(row.parameters), "by": step.by, "note": step.note}
    said = _NOT_VERIFIED if is_unverified else _TEXTS[row.state]
    note = f" ({step.note})" if step.note else ""
    registry.add_event(
        "command_not_verified" if is_unverified else f"command_{row.state}",
        device=row.device,
        severity="warning" if is_unverified or row.state in _FAILED else "info",
        text={
            "pt": f"Comando {row.command} para {row.device}: {said['pt']}{note}",
            "en": f"Command {row.command} to {row.device}: {said['en']}{note}",
        },
        data=about,
    )
    if row.state not in _BY_PEOPLE:
        action = "command.not_verified" if is_unverified else f"command.{row.state}"
        audit.append(Actor(step.by), action, f"device {row.device}", after=about)
