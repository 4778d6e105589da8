"""Readings that people bring from the field: entered once, with where, and a photo."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from persons import Person

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
AT = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0).isoformat()
PLACE = {"latitude": -23.5505, "longitude": -46.6333, "accuracy_m": 8.0}
READING = {"channel": "total", "at": AT, "value": "12.5", "position": PLACE}


@pytest.fixture(scope="module")
def readings(calha):
    calha.create_device("brought-1", "water_meter")
    return "/api/v1/devices/brought-1/manual-readings"


def enter(calha, path, key, reading):
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = calha.request(path, json.dumps(reading).encode(), headers, "POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_what_is_sent_twice_is_entered_once(calha, readings):
    status, first = enter(calha, readings, "request-1", READING)
    assert (status, first["position"], first["has_photo"]) == (201, PLACE, False)
    status, second = enter(calha, readings, "request-1", READING)
    assert (status, second) == (201, first)
    assert [one["id"] for one in calha.get(f"{readings}?channel=total")] == [first["id"]]
    status, problem = enter(calha, readings, "request-1", READING | {"value": "13"})
    assert (status, problem["reason"]) == (409, "key_used_twice")
    assert enter(calha, readings, "request-2", READING)[0] == 409

    path = f"{readings}/{first['id']}?channel=total"
    assert calha.send("DELETE", path)[0] == 204
    assert enter(calha, readings, "request-1", READING)[0] == 201
    assert calha.get(f"{readings}?channel=total") == [], "what was taken back stays so"


def test_a_photo_lies_beside_its_reading(calha, readings):
    at = (datetime.fromisoformat(AT) + timedelta(hours=1)).isoformat()
    entered = enter(calha, readings, "request-3", READING | {"at": at})[1]
    path = f"{readings}/{entered['id']}/photo?channel=total"
    assert calha.send("GET", path)[0] == 404
    assert calha.send("PUT", path, b"GIF89a", "image/jpeg")[0] == 422
    assert calha.send("PUT", path, JPEG[:3] + bytes(2_000_000), "image/jpeg")[0] == 413
    for _ in range(2):
        assert calha.send("PUT", path, JPEG, "image/jpeg")[0] == 204
    assert calha.get(path) == JPEG
    assert [one["has_photo"] for one in calha.get(f"{readings}?channel=total")] == [True]
    root = calha.first_site()["id"]
    viewer = Person(calha, "leitora", {"role": "viewer", "site_id": root})
    assert viewer.get(path) == JPEG
    assert viewer.send("PUT", path, {})[0] == 403
    assert Person(calha, "ninguem").send("GET", path)[0] in (403, 404)
