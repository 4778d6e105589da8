"""A request that no route takes is told so with a reason, as every other error."""

import pytest


@pytest.mark.parametrize(
    ("method", "path", "status", "reason", "told"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found", "/api/v1/nothing"),
        ("PUT", "/api/v1/sites", 405, "method_not_allowed", "/api/v1/sites takes GET"),
    ],
)
def test_it_has_a_reason_and_says_what_would_be_taken(calha, method, path, status, reason, told):
    answered, problem = calha.send(method, path)
    assert (answered, problem["reason"]) == (status, reason)
    assert told in problem["detail"]
