"""The web app's files: hashed ones for ever, the page itself always fresh, with headers that keep a browser safe."""

from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).parent.parent / "web"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_MOST_ASSETS = 1_000  # kept in memory; some 3 MB
_NOT_BUILT = (
    "<!doctype html><html lang=en><title>Calha</title><h1>Calha</h1><p>Calha is running, but the web app is not built "
    "in this installation. In a source tree, <code>./dev web</code> builds it. The API is at "
    "<a href=/api/docs>/api/docs</a>.</p></html>"
)


def add_to(app: FastAPI, folder: Path = FOLDER) -> None:
    root = folder.resolve()

    async def asset(request: Request) -> Response:
        path = root / "assets" / request.path_params["name"]
        packs = "gzip" in request.headers.get("accept-encoding", "")
        try:
            content, is_packed = _asset(path, packs)
        except (OSError, ValueError):
            raise HTTPException(404, f"there is no {request.url.path}") from None
        headers = SECURITY_HEADERS | {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        return Response(content, headers=headers, media_type=_media_type(path))

    # Before all others: a page consists of many of them, and their name has no slash that could lead elsewhere.
    app.router.routes.insert(0, Route("/assets/{name}", asset, include_in_schema=False))

    @app.get("/{path:path}", include_in_schema=False)
    async def web(path: str, request: Request) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404, f"there is no {request.url.path}")
        wanted = (root / path).resolve()
        if path and wanted.is_relative_to(root) and wanted.is_file():
            return _file(wanted, request)
        if path.startswith("assets/"):
            raise HTTPException(404, f"there is no {request.url.path}")
        index = root / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 200, SECURITY_HEADERS)
        return _file(index, request)


@lru_cache(_MOST_ASSETS)
def _asset(path: Path, packs: bool) -> tuple[bytes, bool]:
    """An asset, packed if the browser takes that and it is there so. Its name tells its content: it is read once."""
    packed = path.with_name(path.name + ".gz")
    if packs and packed.is_file():
        return packed.read_bytes(), True
    return path.read_bytes(), False


def _file(path: Path, request: Request) -> Response:
    headers = SECURITY_HEADERS | {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    packed = path.with_name(path.name + ".gz")
    if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
        return FileResponse(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=_media_type(path))
    return FileResponse(path, headers=headers, media_type=_media_type(path))


def _media_type(path: Path) -> str | None:
    return {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
    }.get(path.suffix)
