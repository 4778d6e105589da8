"""`/docs` of a replaced API: what FastAPI serves there, with scripts of our own wheel.

A plant has no Internet, and a page on which somebody types a password runs nothing that others serve.
"""

from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

SCRIPTS = Path(__file__).parent.parent / "web" / "api-docs"
POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


def add_to(app: FastAPI) -> None:
    """For an app that is made without one (`docs_url=None`)."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/docs/swagger-ui-bundle.js",
            swagger_css_url="/docs/swagger-ui.css",
            swagger_favicon_url="data:,",
        )
        page.headers["Content-Security-Policy"] = POLICY
        return page

    app.mount("/docs", StaticFiles(directory=SCRIPTS, check_dir=False))
