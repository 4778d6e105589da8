"""Invoices: what is sealed when one is issued, which event leads from which state to which, and whether a seal still holds.

An invoice carries all that it was computed from: quantities with their quality, registers, the contract's terms, and the hash
of the tariff. `faults` computes it anew; the result must be the same to the last byte.

Rule 1: an issued invoice never changes. What was wrong is taken back by a credit note and issued again.
Rule 2: overdue is not stored: an issued invoice is overdue after its due day.
Rule 3: every transition lives in TRANSITIONS.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from calha.domain.billing import ZERO, Bill, Line, Metered, Terms, bill
from calha.domain.errors import Conflict
from calha.domain.net_ledger import ledger_of
from calha.domain.net_metering import Credits
from calha.domain.tariffs import COMPENSATED, Tariff, in_post
from calha.domain.tariffs import Text as Words

FORMAT = 2
BY_PART = 1  # the format of invoices in which each part of a cut cycle was charged as a cycle of its own
MAX_CONTENT_BYTES = 60_000
ROOM_BYTES = 2_000  # for what is added when an invoice is issued again or taken back

Kind = Literal["invoice", "credit_note"]
State = Literal["issued", "paid", "cancelled", "replaced"]
Event = Literal["pay", "cancel", "replace", "refund"]
EstimateMethod = Literal["mean", "stated"]

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    ("issued", "pay"): "paid",
    ("issued", "cancel"): "cancelled",
    ("issued", "replace"): "replaced",
    ("paid", "replace"): "replaced",
    ("paid", "refund"): "issued",
}


def after(state: State, event: Event) -> State:
    """The state to which an event leads. Raises Conflict where it leads nowhere."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Conflict(f"an invoice that is {state} cannot be {_PAST[event]}") from None


_PAST: Mapping[Event, str] = {"pay": "paid", "cancel": "cancelled", "replace": "replaced", "refund": "refunded"}


def is_overdue(state: State, due_on: date, today: date) -> bool:
    return state == "issued" and today > due_on


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Party(_Part, frozen=True, kw_only=True):
    """Who issues, or who pays. pix_key, city: of the issuer. document: CPF or CNPJ."""

    name: str
    document: str = ""
    address: str = ""
    city: str = ""
    email: str = ""
    pix_key: str = ""


class RegisterReading(_Part, frozen=True, kw_only=True):
    """A register at an end of the cycle, as the meter shows it. at: µs UTC. quality: word of `domain.quality`."""

    at: int
    value: Decimal
    unit: str
    quality: str


class Exchange(_Part, frozen=True, kw_only=True):
    """A meter that was exchanged within the cycle: what the old one showed at last and the new one at first, if known."""

    at: int
    closing: Decimal | None
    opening: Decimal | None
    unit: str


class RegisterPart(_Part, frozen=True, kw_only=True):
    """What a register counted with one constant: difference × multiplier = consumption; None for what nobody has read.

    unit: of opening, closing and difference, as the meter shows them.
    """

    opening: Decimal | None
    closing: Decimal | None
    unit: str
    difference: Decimal | None
    multiplier: Decimal
    consumption: Decimal | None
    consumption_unit: str


class Adjustment(_Part, frozen=True, kw_only=True):
    """A line that no tariff makes: what an earlier estimate is settled with, a credit, a fee. invoice: number it refers to."""

    key: str
    name: Words
    amount: Decimal
    quantity: Decimal = ZERO
    unit: str = ""
    invoice: str = ""


class Estimate(_Part, frozen=True, kw_only=True):
    """A person's decision to bill what is not known. known_percent: of the cycle. cycles: whose mean it is."""

    method: EstimateMethod
    known_percent: int
    cycles: int
    reason: str
    by: str


class Month(_Part, frozen=True, kw_only=True):
    """Consumption of an earlier cycle, for comparison. from_: its first day."""

    from_: date
    quantity: Decimal
    is_estimated: bool = False


class Inputs(_Part, frozen=True, kw_only=True):
    """All that an invoice is computed from and shows. tariff: hash of its text. until: first day that is not in the cycle.

    register_parts: of a register whose constant is not 1. reactive_channel, injected_channel: what counted such energy. What
    came later than the first invoices is unset in those that do without it, and then not written: their bytes stay.
    """

    contract: str
    customer: Party
    issuer: Party
    device: str
    channel: str
    unit: str
    zone: str
    language: str
    tariff: str
    from_: date
    until: date
    due_on: date
    terms: Terms
    metered: tuple[Metered, ...]
    opening: RegisterReading | None = None
    closing: RegisterReading | None = None
    adjustments: tuple[Adjustment, ...] = ()
    history: tuple[Month, ...] = ()
    estimate: Estimate | msgspec.UnsetType = msgspec.UNSET
    exchanges: tuple[Exchange, ...] | msgspec.UnsetType = msgspec.UNSET
    register_parts: tuple[RegisterPart, ...] | msgspec.UnsetType = msgspec.UNSET
    net_metering: Credits | msgspec.UnsetType = msgspec.UNSET
    reactive_channel: str | msgspec.UnsetType = msgspec.UNSET
    injected_channel: str | msgspec.UnsetType = msgspec.UNSET
    format: int = FORMAT


class Sealed(_Part, frozen=True, kw_only=True):
    """An invoice as it is kept. credits: number of the invoice that a credit note takes back."""

    kind: Kind
    number: str
    issued_on: date
    inputs: Inputs
    bill: Bill
    credits: str = ""

    @property
    def total(self) -> Decimal:
        return self.bill.total


def exchanges_of(inputs: Inputs) -> tuple[Exchange, ...]:
    return () if isinstance(inputs.exchanges, msgspec.UnsetType) else inputs.exchanges


def register_parts_of(inputs: Inputs) -> tuple[RegisterPart, ...]:
    return () if isinstance(inputs.register_parts, msgspec.UnsetType) else inputs.register_parts


def is_divided(sealed: Sealed) -> bool:
    """Whether readings that were not made at midnight come to another amount than is billed, from midnight to midnight."""
    counted = [one.consumption for one in register_parts_of(sealed.inputs)]
    told = [one for one in counted if one is not None]
    if not counted or len(told) < len(counted) or sealed.bill.is_estimated:
        return False
    return sum(told) != consumption_of(sealed.inputs)


def consumption_of(inputs: Inputs) -> Decimal:
    """What is billed of the whole cycle."""
    return sum((span.quantities.get("consumption", ZERO) for span in inputs.metered), ZERO)


def made_from(inputs: Inputs, tariff: Tariff) -> Bill:
    """The bill: the tariff's lines, then the adjustments. Raises InvalidTariff."""
    made = bill(tariff, inputs.metered, inputs.terms, by_part=inputs.format == BY_PART)
    lines = [*made.lines, *(_line(one, inputs, tariff) for one in inputs.adjustments)]
    return replace(made, lines=tuple(lines), total=tariff.rounding(sum((line.amount for line in lines), ZERO)))


def credit_note(sealed: Sealed, number: str, issued_on: date) -> Sealed:
    """What takes an invoice back: the same lines with the sign turned."""
    lines = tuple(replace(line, amount=-line.amount, quantity=-line.quantity) for line in sealed.bill.lines)
    taxes = {name: -amount for name, amount in sealed.bill.taxes.items()}
    turned = Bill(lines, -sealed.bill.total, taxes)
    return Sealed(
        kind="credit_note", number=number, issued_on=issued_on, inputs=sealed.inputs, bill=turned, credits=sealed.number
    )


def seal(sealed: Sealed) -> tuple[bytes, str]:
    """The bytes that are kept, and their SHA-256 in hex. Equal invoices give equal bytes."""
    content = msgspec.json.encode(sealed, order="deterministic")
    assert len(content) <= MAX_CONTENT_BYTES, f"an invoice of {len(content)} bytes"
    return content, digest(content)


def is_too_long(inputs: Inputs, made: Bill) -> bool:
    """Whether an invoice would have more than can be kept of one."""
    sealed = Sealed(kind="invoice", number="", issued_on=inputs.due_on, inputs=inputs, bill=made)
    return len(msgspec.json.encode(sealed)) > MAX_CONTENT_BYTES - ROOM_BYTES - 2 * len(made.lines)


def unseal(content: bytes) -> Sealed:
    return msgspec.json.decode(content, type=Sealed)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def faults(content: bytes, sha256: str, tariff: Tariff, tariff_sha256: str) -> Sequence[str]:
    """What does not hold of a kept invoice: its hash, its tariff, or that computing it anew gives the same; none is good."""
    found = []
    if digest(content) != sha256:
        found.append("the content has changed since it was issued")
    sealed = unseal(content)
    if sealed.inputs.tariff != tariff_sha256:
        found.append("the tariff is another one than that it was computed with")
        return found
    number = sealed.credits or sealed.number
    made = made_from(sealed.inputs, tariff)
    again = Sealed(kind="invoice", number=number, issued_on=sealed.issued_on, inputs=sealed.inputs, bill=made)
    if sealed.kind == "credit_note":
        again = credit_note(again, sealed.number, sealed.issued_on)
    if seal(again)[0] != content:
        found.append(f"computed anew the total is {again.total}, not {sealed.total}")
    if not _nets(sealed.inputs, tariff):
        found.append("the credits do not follow from what was measured")
    return found


def _nets(inputs: Inputs, tariff: Tariff) -> bool:
    """Whether credits are what net metering makes of the quantities and of the credits before."""
    said = inputs.net_metering
    if isinstance(said, msgspec.UnsetType):
        return True
    version = tariff.version_at(inputs.from_)
    if version.net_metering is None or said != ledger_of(
        version, inputs.metered, said.opening, (inputs.from_, inputs.until)
    ):
        return False
    told = {in_post(COMPENSATED, one.post): one.compensated for one in said.posts} | {COMPENSATED: said.compensated}
    return all(
        sum((span.quantities.get(name, ZERO) for span in inputs.metered), ZERO) == amount
        for name, amount in told.items()
    )


def _line(one: Adjustment, inputs: Inputs, tariff: Tariff) -> Line:
    amount = tariff.rounding.of_line(one.amount)
    return Line(one.key, one.name, one.quantity, one.unit, None, amount, inputs.from_, inputs.until)
