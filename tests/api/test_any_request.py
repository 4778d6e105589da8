"""Whatever is asked, no route breaks, and what it refuses it explains."""

import json

import hypothesis
import pytest
import schemathesis
from described import DOCUMENT


@schemathesis.serializer("application/x-ndjson")
def _as_it_is(_context, value):
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


STREAMS = ("/api/v1/live", "/api/v1/import", "/api/v1/backups", "/api/v1/export")
document = json.loads(json.dumps(DOCUMENT))
document["paths"] = {path: item for path, item in document["paths"].items() if path not in STREAMS}
schema = schemathesis.openapi.from_dict(document)


@pytest.mark.serial  # its cases share one name, of which a parallel run would keep the first only
@schema.parametrize()
@hypothesis.settings(
    max_examples=3,  # of each of some 270 routes
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
