"""The OpenAPI document is kept: whatever is asked, no route breaks, and answers are as declared."""

import json

import hypothesis
import jsonschema_rs
import pytest
import schemathesis

from calha.api.app import create_app
from calha.api.examples import is_plain


@schemathesis.serializer("application/x-ndjson")
def _as_it_is(_context, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


DOCUMENT = create_app(None).openapi()
STREAMS = ("/api/v1/live", "/api/v1/import", "/api/v1/backups", "/api/v1/export")
document = json.loads(json.dumps(DOCUMENT))
document["paths"] = {path: item for path, item in document["paths"].items() if path not in STREAMS}
schema = schemathesis.openapi.from_dict(document)


@pytest.mark.serial  # its cases share one name, of which a parallel run would keep the first only
@schema.parametrize()
@hypothesis.settings(
    max_examples=5,  # of each of some 150 routes
    deadline=None,
    derandomize=True,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_no_request_breaks_a_route(case, calha):
    response = case.call(base_url=calha.address, timeout=30, headers={"Authorization": f"Bearer {calha.key}"})
    assert response.status_code < 500 or response.status_code == 503, response.text
    if response.status_code >= 400:
        assert "problem+json" in str(response.headers.get("content-type")), (
            case.method,
            response.status_code,
            response.text,
        )
        problem = response.json()
        assert {"title", "status", "detail"} <= problem.keys()
        assert "Traceback" not in response.text


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
