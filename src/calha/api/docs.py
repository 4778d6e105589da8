"""The API's documentation, to be read and tried out without the Internet: its scripts come with the web app."""

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from calha.api.files import FOLDER, SECURITY_HEADERS

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="icon" href="/calha.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/api-docs/swagger-ui.css" />
    <title>API · Calha</title>
  </head>
  <body>
    <div id="docs"></div>
    <script src="/api-docs/swagger-ui-bundle.js"></script>
    <script src="/api-docs/start.js"></script>
  </body>
</html>
"""
_NOT_BUILT = """<!doctype html>
<html lang="en"><title>API · Calha</title>
<h1>API</h1><p>The web app is not built in this installation; the description is in
<a href="/api/openapi.json">/api/openapi.json</a>.</p></html>
"""


def add_to(app: FastAPI) -> None:
    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        is_built = (FOLDER / "api-docs" / "swagger-ui-bundle.js").is_file()
        return HTMLResponse(_PAGE if is_built else _NOT_BUILT, 200, SECURITY_HEADERS | {"Cache-Control": "no-cache"})
