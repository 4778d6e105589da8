"""The routes that the documentation names exist, with their methods."""

import json
import re
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
sys.path.insert(0, str(TREE / "handbook"))

import http_pages  # noqa: E402

OF_REPLACED_SYSTEMS = {"moving", "migracao"}
OF_OTHERS = ("/oauth/", "/v2/", "/api/docs")  # a payment provider's, and the page on which the API is tried
PAGES = [
    *sorted(TREE.glob("README*.md")),
    *(page for page in sorted((TREE / "docs").rglob("*.md")) if page.parent.name not in OF_REPLACED_SYSTEMS),
]
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s?]*)")


@pytest.fixture(scope="module")
def known():
    document = json.loads(http_pages.pages()["http/openapi.json"])
    return {
        (method.upper(), re.sub(r"\{[^}]+\}", "*", path.removeprefix("/api/v1")))
        for path, operations in document["paths"].items()
        for method in operations
    }


def told(page):
    for method, path in ROUTE.findall(page.read_text(encoding="utf-8")):
        if "…" not in path and not path.startswith(OF_OTHERS):
            yield method, re.sub(r"\{[^}]+\}|<[^>]+>", "*", path.removeprefix("/api/v1")).rstrip(".,")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_the_routes_on_a_page_exist(page, known):
    named = [(method, re.compile("[^/]+".join(map(re.escape, path.split("*"))))) for method, path in known]
    wrong = [
        (method, path)
        for method, path in told(page)
        if (method, path) not in known and not any(one == method and form.fullmatch(path) for one, form in named)
    ]
    assert wrong == []


def test_a_route_that_does_not_exist_would_be_found(known, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("`GET /api/v1/devices/<device>/readings?from=…`, `POST /devices/{key}/fly`\n")
    assert [one in known for one in told(page)] == [True, False]
