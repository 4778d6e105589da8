"""What a change is based on: with `If-Match`, a thing that is edited as a whole is replaced only if nobody else has changed it.

Rule 1: the version of such a thing is a mark of what can be edited of it: who looks at the same has the same version.
Rule 2: such changes are made one after another, so that nothing can happen between the look at the version and the change.
"""

import asyncio
from collections.abc import AsyncIterator
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Header
from pydantic import BaseModel, computed_field

from calha.api.services import Here, Services
from calha.domain.errors import Conflict

MARK_BYTES = 8


class Versioned(BaseModel):
    """An answer that is edited as a whole. beside: fields that change without anybody having edited it."""

    beside: ClassVar[frozenset[str]] = frozenset()

    @computed_field(  # type: ignore[prop-decorator]
        description="Of what it says; as `If-Match` of a change.", examples=["5f1d7a84db00d2fc"]
    )
    @property
    def version(self) -> str:
        told = self.model_dump_json(exclude={"version", *self.beside})
        return blake2b(told.encode(), digest_size=MARK_BYTES).hexdigest()

    def noted(self) -> dict[str, Any]:
        """As the audit log keeps it, which has no use for a version."""
        return self.model_dump(mode="json", by_alias=True, exclude={"version"})


class BasedOn:
    def __init__(self, services: Services, if_match: str | None) -> None:
        self._services = services
        self._version = if_match.strip().removeprefix("W/").strip('"') if if_match is not None else None

    async def require(self, found: Versioned, action: str, target: str) -> None:
        """Raises Conflict where somebody has changed it since, which stands in the audit log as an action on a target."""
        if self._version is None or self._version == found.version:
            return
        search = self._services.accounts.audit.search
        entries = (await asyncio.to_thread(search, q=action, target=target, limit=1)).items
        if not entries:
            raise Conflict("it has been changed meanwhile; load it again", "changed_meanwhile")
        by = entries[0].actor
        raise Conflict(f"{by} has changed this meanwhile; load it again", "changed_by", by=by)


IfMatch = Annotated[
    str | None,
    Header(
        description="`version` of what the change is based on; 409 if it is another by now.",
        examples=['"5f1d7a84db00d2fc"'],
    ),
]


async def _based(services: Here, if_match: IfMatch = None) -> AsyncIterator[BasedOn]:
    async with services.changing:
        yield BasedOn(services, if_match)


Based = Annotated[BasedOn, Depends(_based)]
