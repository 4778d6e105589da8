"""Where a payment provider tells of payments without an API key: by a secret word in the address that it was given.

Banco Central's API Pix has the provider prove itself by its TLS certificate, which is for a proxy in front of Calha to ask for;
the word proves that whoever calls was given the address. Efí documents it as `?hmac=`, and adds `/pix` to the path.

Rule 1: the word is compared in constant time; without one in the configuration there is no such page.
Rule 2: each Pix counts once by its `endToEndId`, so that a call that is repeated or replayed changes nothing.
Rule 3: a Pix pays only the invoice of its txid, and only with the right amount.
"""

import asyncio
import hashlib
import hmac
from typing import Annotated

from fastapi import Query, Request

from calha.api.access import Anybody
from calha.api.routes.billing import take_payments
from calha.api.routing import api_router
from calha.api.schemas_billing import PixCall, StatementReceipt
from calha.api.services import Here, Services
from calha.domain.access import Actor
from calha.domain.errors import NotFound

router = api_router("billing", "/webhooks/pix")

Word = Annotated[
    str,
    Query(alias="hmac", max_length=200, description="`pix.webhook_secret` of the configuration.", examples=["3f9a…"]),
]


@router.post("")
async def take_call(call: PixCall, services: Here, request: Request, _: Anybody, word: Word = "") -> StatementReceipt:
    """What a payment provider calls when a Pix came in; the call that it tries the address with has none."""
    return await _taken(call, services, request, word)


@router.post("/pix")
async def take_call_with_suffix(
    call: PixCall, services: Here, request: Request, _: Anybody, word: Word = ""
) -> StatementReceipt:
    """The same, as providers call it that add `/pix` to the address."""
    return await _taken(call, services, request, word)


async def _taken(call: PixCall, services: Services, request: Request, word: str) -> StatementReceipt:
    _require_word(services, word)
    receipt = await take_payments(services, call.pix)
    if call.pix:
        address = request.client.host if request.client else ""
        after = receipt.model_dump(exclude={"unreadable"})
        audit = services.accounts.audit
        await asyncio.to_thread(audit.append, Actor("pix webhook"), "pix.taken", "payments", None, after, address)
    return receipt


def _require_word(services: Services, word: str) -> None:
    secret = services.settings.pix.webhook_secret.get_secret_value()
    given, wanted = (hashlib.sha256(text.encode()).digest() for text in (word, secret))
    if not hmac.compare_digest(given, wanted) or not secret:
        raise NotFound("there is nothing here")
