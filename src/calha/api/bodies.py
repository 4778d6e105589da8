"""Bodies that are not JSON of ours: read as they come, and no further than a limit."""

from starlette.requests import Request

from calha.domain.errors import TooLarge


async def read_body(request: Request, limit_bytes: int, too_large: str) -> bytes:
    """The whole body. Raises TooLarge saying `too_large`."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit_bytes:
            raise TooLarge(too_large)
        parts.append(part)
    return b"".join(parts)
