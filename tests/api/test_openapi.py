"""The OpenAPI document tells each route, field, parameter and body, with examples that are valid."""

import jsonschema_rs
import pytest
from described import DOCUMENT

from calha.api.examples import is_plain


def test_every_route_is_described():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            assert operation.get("tags"), f"{method} {path} has no tag"
            assert operation.get("summary"), f"{method} {path} has no summary"


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs", "/healthz", "/readyz", "/metrics"])
def test_probes_and_documents_answer(calha, path):
    assert calha.get(path, accept="*/*")


SCHEMAS = DOCUMENT["components"]["schemas"]
FIELDS = [
    (f"{title}.{name}", field) for title, one in SCHEMAS.items() for name, field in one.get("properties", {}).items()
]
PARAMETERS = [
    (f"{method} {path} {parameter['name']}", parameter["schema"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    for parameter in operation.get("parameters", [])
]


@pytest.mark.parametrize(("name", "described"), FIELDS + PARAMETERS, ids=[name for name, _ in FIELDS + PARAMETERS])
def test_every_field_and_parameter_has_an_example_that_is_valid(name, described):
    assert not is_plain(described), f"add an example of {name} to api/examples.py"
    for example in described.get("examples", []):
        jsonschema_rs.validate(described | {"components": DOCUMENT["components"]}, example)


def test_every_body_that_is_text_has_an_example():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                described = "example" in media or "examples" in media or "$ref" in media["schema"]
                is_binary = media["schema"].get("format") == "binary"
                assert described or is_binary, f"{method} {path} {kind}"
