"""A short way for the one request that devices send every second; everything else about it goes the long way, through the app.

FastAPI takes most of a millisecond to find a route, solve its dependencies and answer, which is too much for 500 stations that
report every second. Here a request that is in order is read and answered at once. One that is not, in whatever respect, goes to
the app with every byte of it, so that there is one place that says what is wrong.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar

from fastapi import HTTPException
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024

Body = TypeVar("Body", bound=BaseModel)


class ShortWay(Generic[Body]):
    """paths: of POST requests whose body is a `model`. may: whether the sender may. take: answers, as the app's route does."""

    def __init__(
        self,
        app: ASGIApp,
        paths: Collection[str],
        model: type[Body],
        may: Callable[[Request], bool],
        take: Callable[[Body, Request], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._paths = frozenset(paths)
        self._model = model
        self._may = may
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        request, heard = Request(scope), await _heard(receive)
        found = self._read(request, heard)
        if found is None:
            await self._app(scope, _again(heard, receive), send)
            return
        try:
            answer = await self._take(found, request)
        except HTTPException as error:
            answer = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        await answer(scope, receive, send)

    def _read(self, request: Request, heard: list[Message]) -> Body | None:
        """The body of a request that is in order in every respect."""
        is_whole = heard[-1]["type"] == "http.request" and not heard[-1].get("more_body", False)
        if not is_whole or request.headers.get("content-type") != "application/json" or not self._may(request):
            return None
        try:
            return self._model.model_validate_json(b"".join(message.get("body", b"") for message in heard))
        except ValidationError:
            return None


async def _heard(receive: Receive) -> list[Message]:
    """The messages of a body, to its end or to MAX_BODY_BYTES."""
    heard: list[Message] = []
    size, more = 0, True
    while more and size <= MAX_BODY_BYTES:
        heard.append(await receive())
        size += len(heard[-1].get("body", b""))
        more = heard[-1]["type"] == "http.request" and heard[-1].get("more_body", False)
    return heard


def _again(heard: list[Message], receive: Receive) -> Receive:
    """What was heard already, and then the rest."""
    rest = iter(heard)

    async def again() -> Message:
        message = next(rest, None)
        return message if message is not None else await receive()

    return again
