"""The web app's files: hashed ones for ever, the page itself always fresh, with headers that keep a browser safe."""

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

FOLDER = Path(__file__).parent.parent / "web"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
_NOT_BUILT = (
    "<!doctype html><html lang=en><title>Calha</title><h1>Calha</h1><p>Calha is running, but the web app is not built "
    "in this installation. In a source tree, <code>./dev web</code> builds it. The API is at "
    "<a href=/api/docs>/api/docs</a>.</p></html>"
)


def add_to(app: FastAPI, folder: Path = FOLDER) -> None:
    root = folder.resolve()

    @app.get("/{path:path}", include_in_schema=False)
    async def web(path: str, request: Request) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404, f"there is no {request.url.path}")
        wanted = (root / path).resolve()
        if path and wanted.is_relative_to(root) and wanted.is_file():
            return _file(
                wanted, request, "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            )
        if path.startswith("assets/"):
            raise HTTPException(404, f"there is no {request.url.path}")
        index = root / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 200, SECURITY_HEADERS)
        return _file(index, request, "no-cache")


def _file(path: Path, request: Request, caching: str) -> Response:
    headers = SECURITY_HEADERS | {"Cache-Control": caching, "Vary": "Accept-Encoding"}
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
