"""The texts of messages over HTTP: listed, previewed, written, and put back."""

import json

import pytest

PATH = "/api/v1/message-templates"
OWN = {"subject": "[ETA] {what}", "text": "{where}\n{until}\nReconhecer: {acknowledge}"}


@pytest.fixture(autouse=True)
def as_shipped(calha):
    yield
    assert calha.send("DELETE", f"{PATH}/raised/pt-BR")[0] == 200


def one(calha, kind="raised", language="pt-BR"):
    found = calha.get(PATH)["items"]
    assert len(found) == 8
    return next(item for item in found if (item["kind"], item["language"]) == (kind, language))


def test_texts_are_written_and_put_back(calha):
    shipped = one(calha)
    assert (shipped["is_shipped"], shipped["changed_by"]) == (True, None)
    assert {"what", "acknowledge"} <= set(shipped["fields"])
    status, answer = calha.send("PUT", f"{PATH}/raised/pt-BR", OWN)
    assert (status, answer["is_shipped"]) == (200, False)
    assert one(calha) == answer
    assert one(calha, language="en")["is_shipped"]
    assert calha.send("DELETE", f"{PATH}/raised/pt-BR") == (200, shipped)


def test_who_changed_a_text_stands_in_the_audit_log(calha):
    calha.send("PUT", f"{PATH}/raised/pt-BR", OWN)
    calha.send("PUT", f"{PATH}/raised/pt-BR", OWN | {"subject": "x"})
    entry = calha.get("/api/v1/audit?limit=1")["items"][0]
    assert (entry["action"], entry["target"]) == ("message_template.changed", "raised pt-BR")
    assert tuple(json.loads(entry[name]) for name in ("before", "after")) == (OWN, OWN | {"subject": "x"})


def test_an_unknown_field_is_refused_with_what_was_meant(calha):
    wrong = OWN | {"text": "{where}\n{acknowlege}"}
    for method, path in (("PUT", f"{PATH}/raised/pt-BR"), ("POST", f"{PATH}/raised/pt-BR/preview")):
        status, problem = calha.send(method, path, wrong)
        assert (status, problem["reason"]) == (422, "template_field_meant")
        assert problem["about"] == {"line": "2", "field": "acknowlege", "meant": "acknowledge"}
    assert one(calha)["is_shipped"]
    assert calha.send("PUT", f"{PATH}/whatever/pt-BR", OWN)[0] == 422


def test_a_preview_tells_of_a_sample_without_sending_or_keeping_anything(calha):
    status, shown = calha.send("POST", f"{PATH}/raised/pt-BR/preview", OWN)
    assert (status, shown["subject"]) == (200, "[ETA] Nível alto: 92,1 (limite 85)")
    assert shown["text"].splitlines()[0] == "Reservatório 1 · ETA Norte"
    assert "Reconhecer: http" in shown["text"]
    assert shown["push_text"] == "Reservatório 1 · ETA Norte"
    assert calha.send("POST", f"{PATH}/over/en/preview", {"subject": "x", "text": "{lasted}"})[1]["text"] == "42 min"
    bundle = calha.send("POST", f"{PATH}/bundle/en/preview", {"subject": "{n}", "text": "{notices}"})[1]
    assert (bundle["subject"], bundle["text"][0]) == ("1", "•")
    assert one(calha)["is_shipped"]


def test_a_preview_of_a_notice_that_is_no_more_says_so(calha):
    status, problem = calha.send("POST", f"{PATH}/raised/en/preview", OWN | {"notice": 2**31 - 1})
    assert (status, problem["reason"]) == (404, "unknown_notice")
