"""The search over everything, and that it tells nobody what he may not see."""

import urllib.parse

import pytest

from persons import Person


@pytest.fixture(scope="module")
def plant(calha):
    site = calha.send("POST", "/api/v1/sites", {"name": "Usina do Buscador"})[1]["id"]
    device = {"key": "busca-1", "name": "Medição de água tratada", "site_id": site, "profile": "water_meter"}
    assert calha.send("POST", "/api/v1/devices", device)[0] == 201
    customer = {"site_id": site, "name": "Buscadora Ltda", "document": "99.888.777/0001-66"}
    assert calha.send("POST", "/api/v1/customers", customer)[0] == 201
    board = {"name": "Painel da Água", "site_id": site, "document": {"widgets": []}}
    assert calha.send("POST", "/api/v1/dashboards", board)[0] == 201
    return site


def hits(asker, q, **more):
    query = urllib.parse.urlencode({"q": q} | more)
    return [(one["kind"], one["id"]) for one in asker.get(f"/api/v1/search?{query}")["items"]]


def test_all_kinds_are_found_at_once(calha, plant):
    assert ("device", "busca-1") in hits(calha, "agua TRATADA")
    (board,) = calha.get("/api/v1/dashboards?search=AGUA+painel")["items"]
    assert ("dashboard", str(board["id"])) in hits(calha, "painel agua")
    assert ("site", str(plant)) in hits(calha, "usina busc")
    assert ("channel", "total") in hits(calha, "busca-1 total")
    assert [kind for kind, _ in hits(calha, "buscadora")] == ["customer"]


def test_nobody_finds_what_he_may_not_see(calha, plant):
    other = calha.send("POST", "/api/v1/sites", {"name": "Vizinha"})[1]["id"]
    neighbour = Person(calha, "vizinha", {"role": "administrator", "site_id": other})
    viewer = Person(calha, "leitora", {"role": "viewer", "site_id": plant})
    nobody = Person(calha, "ninguem")
    for words in ("busca-1", "usina busc", "buscadora", "agua tratada", "painel agua"):
        assert hits(neighbour, words) == []
        assert hits(nobody, words) == []
    assert ("device", "busca-1") in hits(viewer, "busca-1")
    assert hits(viewer, "buscadora") == []


def test_a_search_is_bounded_and_says_when_there_is_more(calha, plant):
    answer = calha.get("/api/v1/search?q=busca-1+l&limit=1")
    kinds = [one["kind"] for one in answer["items"]]
    assert len(kinds) == len(set(kinds))
    assert set(answer["more"]) <= set(kinds)
    assert calha.send("GET", "/api/v1/search?q=x")[0] == 422
    assert calha.get("/api/v1/search?q=%20%20%20") == {"items": [], "more": []}
