"""How the replaced FastAPI programs answered what does not validate."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse


async def refused(_: Request, error: Exception) -> JSONResponse:
    """FastAPI's list of faults without what was sent, in which a NaN would break the answer."""
    assert isinstance(error, RequestValidationError)
    faults = [{name: fault[name] for name in ("type", "loc", "msg")} for fault in error.errors()]
    return JSONResponse({"detail": faults}, 422)
