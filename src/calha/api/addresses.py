"""Under which address people reach this Calha: as configured, or as the request came."""

from fastapi import Request

from calha.config.settings import Settings


def public_url(settings: Settings, request: Request) -> str:
    """Without a slash at its end."""
    if settings.http.public_url:
        return settings.http.public_url.rstrip("/")
    return f"{request.url.scheme}://{request.headers.get('host', '')}"
