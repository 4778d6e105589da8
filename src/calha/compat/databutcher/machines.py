"""What users do with their machines: link one by its code, list, remove, start, stop, reset.

A code is on the machine's label, so whoever holds it may link a machine that is nobody's. Removing one gives it back: it
stays registered with its readings, and its code can be linked again.
"""

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from calha.accounts.accounts import Accounts
from calha.accounts.claims import Claims
from calha.accounts.sign_in import Visitor
from calha.accounts.throttle import Patience
from calha.commands.service import Commands, Request
from calha.compat.databutcher.fleet import STOPPED, Fleet
from calha.compat.databutcher.users import User
from calha.compat.databutcher.wire import Fault
from calha.domain.errors import Conflict
from calha.domain.readings import Micros
from calha.domain.times import to_micros
from calha.store.databutcher.store import DEFAULTS, MachineRow

MAX_NAME_CHARS = 100
OFFLINE = "O dispositivo está offline ou não responde."
NOT_FOUND = "Máquina não encontrada"
NOT_FOUND_OR_NOT_YOURS = "Máquina não encontrada ou não pertence ao usuário"

_LIMITS = {
    "voltagem": (220, 380, "Voltagem fora do limite (220-380V)"),
    "velocidade": (500, 3000, "Velocidade fora do limite (500-3000 RPM)"),
    "temperatura": (20, 120, "Temperatura fora do limite (20-120°C)"),
}


class Machines:
    def __init__(self, fleet: Fleet, accounts: Accounts, claims: Claims, commands: Commands) -> None:
        self._fleet = fleet
        self._accounts = accounts
        self._claims = claims
        self._commands = commands
        self._patience = Patience()

    async def link(self, user: User, name: object, code: object, visitor: Visitor) -> dict[str, Any]:
        """Raises Fault, TooManyTries."""
        if not code:
            raise Fault(400, "Código da máquina é obrigatório")
        if not (isinstance(name, str) and name.strip()):
            raise Fault(400, "Nome da máquina é obrigatório")
        if len(name) > MAX_NAME_CHARS or "\0" in name:
            raise Fault(400, f"Nome da máquina tem no máximo {MAX_NAME_CHARS} caracteres")
        machine = await self._fleet.find(code)
        # Waits for no other attempt, as nothing awaits in it.
        with self._patience.attempt(user.principal.id, visitor.address) as attempt:
            if machine is not None:
                attempt.outcome = "open"
        if machine is None:
            await self._note(user, "claim.failed", "machine code", visitor)
            raise Fault(404, "Máquina não encontrada.")
        await asyncio.to_thread(self._claim, user, machine, name.strip())
        await self._note(user, "device.claimed", f"device {machine.device}", visitor)
        return {"_id": machine.code, "nome_maquina": name.strip(), "id_usuario": user.code}

    async def owned(self, user: User) -> list[dict[str, Any]]:
        await self._fleet.refresh()
        rows = await asyncio.to_thread(self._accounts.ownerships.owned_now, user.principal.id)
        found = ((self._fleet.of_device(row.device), row.label) for row in rows)
        return [
            {
                "_id": machine.code,
                "nome_maquina": label,
                "id_usuario": user.code,
                "status": self._fleet.status(machine),
            }
            for machine, label in found
            if machine is not None
        ]

    async def remove(self, user: User, code: str, visitor: Visitor) -> None:
        machine, _ = await self.own(user, code, NOT_FOUND_OR_NOT_YOURS)
        await asyncio.to_thread(self._claims.release, machine.device)
        await self._note(user, "device.released", f"device {machine.device}", visitor)

    async def own(self, user: User, code: object, otherwise: str = NOT_FOUND) -> tuple[MachineRow, Micros]:
        """A machine of the user's, and since when it is. Raises Fault, the same for another's as for none."""
        machine = await self._fleet.find(code)
        owner = (
            await asyncio.to_thread(self._accounts.ownerships.owner, machine.device) if machine is not None else None
        )
        if machine is None or owner is None or owner.person_id != user.principal.id:
            raise Fault(404, otherwise)
        return machine, to_micros(owner.from_at)

    # -- commands

    async def require_there(self, user: User, code: str) -> MachineRow:
        """Raises Fault for a machine that is not his, or does not answer."""
        machine, _ = await self.own(user, code)
        if not await self._fleet.is_there(machine):
            raise Fault(409, OFFLINE)
        return machine

    async def start(self, user: User, machine: MachineRow, given: Mapping[str, Any], visitor: Visitor) -> None:
        for key, (lowest, highest, text) in _LIMITS.items():
            value = given.get(key)
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not (is_number and lowest <= value <= highest):  # type: ignore[operator]
                raise Fault(400, text)
        await self._ask(user, machine, "start", {key: given[key] for key in _LIMITS}, visitor)

    async def stop(self, user: User, code: str, visitor: Visitor) -> None:
        await self._ask(user, await self.require_there(user, code), "stop", {}, visitor)

    async def reset(self, user: User, code: str, visitor: Visitor) -> dict[str, Any]:
        machine, _ = await self.own(user, code)
        await self._ask(user, machine, "reset", {}, visitor)
        voltage, speed, temperature = DEFAULTS
        return {
            "configuracoes": {"voltagem": voltage, "velocidade": speed, "temperatura": temperature},
            "status": STOPPED,
        }

    async def _ask(
        self, user: User, machine: MachineRow, command: str, given: Mapping[str, Any], visitor: Visitor
    ) -> None:
        principal = user.principal
        who = self._accounts.identities(principal)
        try:
            row, _ = await self._commands.request(Request(machine.device, command, given, principal.name, who))
        except Conflict:
            raise Fault(409, "Há comandos demais em andamento. Aguarde a confirmação do dispositivo.") from None
        about = {"id": row.id, "command": command, "parameters": dict(given)}
        await self._note(user, "command.requested", f"device {machine.device}", visitor, about)

    # -- claims

    def _claim(self, user: User, machine: MachineRow, name: str) -> None:
        ownerships = self._accounts.ownerships
        code = ownerships.codes([machine.device])[machine.device]
        try:
            ownerships.claim(code, user.principal.id, name)
        except Conflict:
            owner = ownerships.owner(machine.device)
            if owner is not None and owner.person_id == user.principal.id:
                raise Fault(409, "Esta máquina já pertence a você.") from None
            raise Fault(409, "Esta máquina já está em uso por outro usuário.") from None
        self._accounts.door.forget()

    async def _note(self, user: User, action: str, target: str, visitor: Visitor, after: object = None) -> None:
        await asyncio.to_thread(
            self._accounts.audit.append, user.principal.actor, action, target, None, after, visitor.address
        )
