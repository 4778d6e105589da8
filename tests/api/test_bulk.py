"""Devices from a spreadsheet: all or none, told by line, with secrets that work."""

import io
import json
import urllib.request

import openpyxl
import pytest

from persons import Person

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def imported(calha, table, query="", content_type="text/csv"):
    content = table if isinstance(table, bytes) else table.encode()
    return calha.send("POST", f"/api/v1/devices/import{query}", content, content_type)


def exists(calha, key):
    return calha.send("GET", f"/api/v1/devices/{key}")[0] == 200


def results(report):
    return [(line["line"], line["result"], line["reason"]) for line in report["lines"]]


@pytest.fixture(scope="module")
def plant(calha):
    root = calha.first_site()
    return calha.send("POST", "/api/v1/sites", {"name": "ETA Planilha", "parent_id": root["id"]})[1]


def test_a_dry_run_changes_nothing(calha, plant):
    status, report = imported(calha, "chave;nome\nbulk-dry;Estação\n".encode("cp1252"), "?dry_run=true")
    assert (status, report["applied"], report["created"]) == (200, False, 1)
    assert not exists(calha, "bulk-dry")


def test_devices_are_registered_with_secrets_that_work(calha, plant):
    header, path = "key;name;serial;profile;site;note", f"{plant['path'][0]}/eta planilha"
    table = f"{header}\nbulk-1;Vazão;S1;water_flow;{path};x\nbulk-2;;;;{plant['id']};\n"
    status, report = imported(calha, table)
    assert (status, report["applied"], report["created"]) == (200, True, 2)
    made = calha.get("/api/v1/devices/bulk-1")
    assert (made["name"], made["serial"], made["profile"], made["site_id"]) == (
        "Vazão",
        "S1",
        "water_flow",
        plant["id"],
    )
    assert len(made["channels"]) > 0
    secret = report["secrets"][1]["secret"]
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{calha.address}/api/v1/telemetry/bulk-2", b'{"flow": 1}', headers)
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["accepted"] == 1
    offer = Person(calha, "olga").get(f"/api/v1/claims/{report['secrets'][0]['claim_code']}")
    assert offer["free"]
    status, again = imported(calha, table)
    assert (again["created"], again["existing"], again["secrets"]) == (0, 2, [])


def test_one_bad_line_stops_all_unless_told_otherwise(calha, plant):
    table = (
        "key,serial,profile,site,Telefone\n"
        "bulk-3,,,,\nbulk-3,,,,\nbulk 4,,,,\nbulk-5,,none,,\nbulk-6,,,Marte,\nbulk-7,T7,,,\nbulk-8,T7,,,\n"
    )
    status, report = imported(calha, table)
    assert (status, report["applied"], report["ignored_columns"]) == (200, False, ["Telefone"])
    assert results(report) == [
        (2, "created", None),
        (3, "error", "duplicate_key"),
        (4, "error", "bad_key"),
        (5, "error", "unknown_profile"),
        (6, "error", "unknown_site"),
        (7, "created", None),
        (8, "error", "duplicate_serial"),
    ]
    assert not exists(calha, "bulk-3")
    status, report = imported(calha, table, "?partial=true&secrets=false")
    assert (report["applied"], report["created"], report["errors"]) == (True, 2, 5)
    assert [one["secret"] for one in report["secrets"]] == [None, None]
    assert exists(calha, "bulk-3")
    assert calha.get("/api/v1/devices/bulk-3/credentials")["items"] == []


def test_an_xlsx_brings_a_csv_of_secrets(calha):
    book = openpyxl.Workbook()
    for row in (["Chave", "Nome", "Número de série"], ["bulk-x1", "=Bomba", 42], ["bulk-x2", "+55", None]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    headers = {"Content-Type": XLSX, "Accept": "text/csv"}
    with urllib.request.urlopen(calha.request("/api/v1/devices/import", content.getvalue(), headers)) as answer:
        lines = answer.read().decode("utf-8-sig").splitlines()
    assert lines[0] == "key,name,serial,secret,claim_code"
    assert lines[1].startswith("bulk-x1,bulk-x1,42,calha_dev_")
    assert lines[2].startswith("bulk-x2,'+55,,calha_dev_")


def test_one_imports_only_where_one_configures(calha, plant):
    engineer = Person(calha, "edu", {"role": "engineer", "site_id": plant["id"]})
    root = calha.first_site()["name"]
    request = urllib.request.Request(
        f"{calha.address}/api/v1/devices/import?partial=true",
        f"key,site\nbulk-e1,{root}\nbulk-e2,{root}/ETA Planilha\nbulk-e3,\n".encode(),
        {"Authorization": f"Bearer {engineer.token}", "Content-Type": "text/csv"},
    )
    with urllib.request.urlopen(request) as answer:
        report = json.load(answer)
    assert results(report) == [(2, "error", "not_allowed"), (3, "created", None), (4, "created", None)]
    assert calha.get("/api/v1/devices/bulk-e3")["site_id"] == plant["id"]


def test_devices_are_put_behind_a_gateway_that_one_sees(calha, plant):
    calha.create_device("bulk-gateway", "gateway")
    status, report = imported(
        calha, "key,gateway\nbulk-g1,bulk-gateway\nbulk-g2,\nbulk-g3,bulk-none\n", "?partial=true"
    )
    assert (status, results(report)) == (
        200,
        [(2, "created", None), (3, "created", None), (4, "error", "unknown_gateway")],
    )
    assert [calha.get(f"/api/v1/devices/{key}")["gateway"] for key in ("bulk-g1", "bulk-g2")] == ["bulk-gateway", None]
    engineer = Person(calha, "gil", {"role": "engineer", "site_id": plant["id"]})
    request = urllib.request.Request(
        f"{calha.address}/api/v1/devices/import",
        b"key,gateway\nbulk-g4,bulk-gateway\n",
        {"Authorization": f"Bearer {engineer.token}", "Content-Type": "text/csv"},
    )
    with urllib.request.urlopen(request) as answer:
        assert results(json.load(answer)) == [(2, "error", "unknown_gateway")]


def test_what_is_no_table_is_refused(calha):
    assert imported(calha, b"PK\x03\x04rubbish", content_type=XLSX)[0] == 422
    assert imported(calha, "nome\nx\n")[0] == 422
    assert imported(calha, b"")[0] == 422
    assert imported(calha, b"key\n" + b"x" * (10 * 1024 * 1024))[0] == 413


def test_ten_thousand_lines_are_taken(calha):
    table = "key,profile\n" + "".join(f"bulk-many-{number},generic\n" for number in range(10_000))
    status, report = imported(calha, table)
    assert (status, report["created"], len(report["secrets"])) == (200, 10_000, 10_000)
    assert len({one["claim_code"] for one in report["secrets"]}) == 10_000
    for start in range(10_000):
        if start % 2_500 == 0:
            assert exists(calha, f"bulk-many-{start}")
