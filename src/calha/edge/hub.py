"""The hub as a gateway sees it: questions and answers over the linked logs (see `domain.link`)."""

from typing import TypeVar

import msgspec

from calha.domain import link
from calha.domain.errors import LogUnavailable, Malformed
from calha.domain.link import Hello, Known, LaneName, Matter, Noted, Report, Roster, Shipment, Taken
from calha.log import topics
from calha.log.connection import Connection, NobodyAnswers

ANSWER_S = 60.0  # on a line that carries little; a hub that cannot be reached is told at once

Answer = TypeVar("Answer", bound=msgspec.Struct)


class Hub:
    """Everything raises LogUnavailable while the hub cannot be reached, or does not take something."""

    def __init__(self, connection: Connection, gateway: str) -> None:
        """connection: to the account that is linked to the hub's, with an inbox under `inbox_of`."""
        self._connection = connection
        self._gateway = gateway

    async def hello(self, *, forget: bool = False) -> Known:
        return await self._ask("hello", Hello(forget), Known)

    async def ship(self, lane: LaneName, shipment: Shipment) -> None:
        """Return when the hub has everything of it on disk."""
        taken = await self._ask(lane, shipment, Taken)
        if taken.error:
            raise NotTaken(taken.error)

    async def report(self, report: Report) -> Noted:
        return await self._ask("report", report, Noted)

    async def roster(self) -> Roster:
        return await self._ask("roster", Hello(), Roster)

    async def _ask(self, matter: Matter, content: object, kind: type[Answer]) -> Answer:
        subject = topics.to_subject(link.topic(self._gateway, matter))
        try:
            message = await self._connection.request(subject, link.encode(content), timeout_s=ANSWER_S)
        except NobodyAnswers:
            raise LogUnavailable("the hub cannot be reached") from None
        try:
            return link.decode(message.payload, kind)
        except Malformed as error:
            raise NotTaken(_said(message.payload) or str(error)) from None


class NotTaken(LogUnavailable):
    """The hub answers, and cannot do what was asked."""


def inbox_of(gateway: str) -> str:
    """Prefix of the subjects on which answers arrive."""
    return topics.to_subject(link.inbox(gateway))


def _said(payload: bytes) -> str:
    """What is wrong in the hub's words, if it is an error that it answered."""
    try:
        return link.decode(payload, Taken).error
    except Malformed:
        return ""
