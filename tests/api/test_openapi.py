"""The OpenAPI document tells each route, field, parameter and body, with examples that are valid."""

import json

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


def test_every_field_and_parameter_has_an_example():
    missing = [name for name, described in FIELDS + PARAMETERS if is_plain(described)]
    assert missing == [], "add examples of these to api/examples.py"


def test_every_example_is_valid():
    faults = [
        f"{name}: {example!r}: {fault.message}"
        for name, described in FIELDS + PARAMETERS
        for example in described.get("examples", [])
        for fault in _validator(described).iter_errors(example)
    ]
    assert faults == []


def test_every_body_that_is_text_has_an_example():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                described = "example" in media or "examples" in media or "$ref" in media["schema"]
                is_binary = media["schema"].get("format") == "binary"
                assert described or is_binary, f"{method} {path} {kind}"


def _validator(described):
    # Only those that name other parts get them: they are the whole document, read anew each time.
    names_others = '"$ref"' in json.dumps(described)
    return jsonschema_rs.validator_for(described | ({"components": DOCUMENT["components"]} if names_others else {}))
