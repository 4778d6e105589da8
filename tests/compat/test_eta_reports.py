"""Analysis and reports of ETA flow, against a running Calha: names, headings and totals as they are, and nothing lost."""

import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest
from eta_client import create_person, signed_in

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=10)
VALUES = [60.0 + (step % 7) / 4 for step in range(240)]
SPIKE = 100


@pytest.fixture(scope="module")
def client(eta):
    """One that reads a day with 240 measurements of both sensors, one of which is a spike and one failed."""
    create_person(eta, "relator", "operator", 1)
    client = signed_in(eta, "relator")
    rows = []
    for step, value in enumerate(VALUES):
        at = (DAY + timedelta(minutes=3 * step)).isoformat()
        failed = step == 7
        shown = 0.0 if failed else 120.0 if step == SPIKE else value
        rows += [
            {"sensor_id": sensor, "unidade_id": 5, "valor": shown, "falha": failed, "tipo": "INST", "data_hora": at}
            for sensor in (1, 2)
        ]
    status, answer = client.ask("POST", "/coleta", {"data_hora": DAY.isoformat(), "medicoes": rows})
    assert status == 200, answer
    eta.until_stored()
    return client


QUERY = f"tipo_medicao=INST&data={DAY.isoformat()}"


def report(client, path, code=1, query=QUERY):
    status, headers, content = client.exchange("GET", f"/report/{path}?sensor_codigo={code}&{query}")
    assert status == 200, content
    return headers, content


def workbook(client, path, code=1, query=QUERY):
    headers, content = report(client, path, code, query)
    return headers, openpyxl.load_workbook(io.BytesIO(content))


def test_the_analysis_names_what_stands_out_and_no_tenth(client):
    told = client.get("/analise/nivel/sensor/2", tipo="INST", data=DAY.isoformat())
    assert list(told) == [
        "total_medicoes",
        "anomalias",
        "mensagem",
        "dados",
        "ultimo_valor",
        "maximo",
        "unidade",
        "minimo",
        "dados_insuficientes",
        "data_inicio",
        "data_fim",
    ]
    assert (told["total_medicoes"], told["anomalias"], told["maximo"], told["unidade"]) == (239, 1, 120.0, "m³/h")
    assert told["mensagem"] == "Pequenas variações detectadas no nível de água."
    marked = [row["data"] for row in told["dados"] if row["is_anomalia"]]
    assert marked == [(DAY + timedelta(minutes=3 * SPIKE)).isoformat()]
    assert told["minimo"] > 0, "the failed reading is no zero"
    assert told["data_inicio"] == DAY.isoformat()


def test_an_analysis_of_nothing_says_so(client):
    told = client.get("/analise/nivel/sensor/2", tipo="INST", data="2020-01-01")
    assert (told["total_medicoes"], told["dados_insuficientes"]) == (0, True)
    assert told["mensagem"] == "Sem dados suficientes para análise."
    assert client.ask("GET", "/analise/nivel/sensor/99?tipo=INST")[0] == 404
    assert client.ask("GET", "/analise/nivel/sensor/2")[0] == 422


@pytest.mark.parametrize(
    ("path", "name", "title", "headings", "totals"),
    [
        ("vazao", "vazao_eta1", "Relatório de Vazão ETA 1", 2, ["Máximo", "Mínimo", "Média geral"]),
        ("vazao2", "vazao_eta2", "Relatório de Vazão ETA 2", 2, ["Máximo", "Mínimo"]),
        (
            "analise/anomalia",
            "analise_anomalias",
            "Relatório de Análise de Anomalias ETA 2",
            3,
            ["Máximo", "Mínimo", "Total de Anomalias"],
        ),
    ],
)
def test_workbooks_have_their_sheets_headings_and_totals(client, path, name, title, headings, totals):
    headers, book = workbook(client, f"{path}/export/xls", code=2)
    assert re.fullmatch(rf'attachment; filename="{name}_\d{{8}}_\d{{6}}\.xlsx"', headers["Content-Disposition"])
    assert book.sheetnames == ["Filtros", "Relatório"]
    filters = list(book["Filtros"].values)
    assert filters[0] == ("Filtro", "Valor")
    assert [row[0] for row in filters[1:]] == [
        "Tipo de Medição",
        "Data",
        "Data Início",
        "Data Fim",
        "Dias",
        "Total de Registros",
    ]
    assert filters[2][1] == f"{DAY:%d/%m/%Y}"
    assert filters[-1][1] == 239
    sheet = book["Relatório"]
    assert sheet["A1"].value == title
    assert [cell.value for cell in sheet[4]][:headings] == ["Data", "Valor (m³/h)", "Anomalia"][:headings]
    assert (sheet["A6"].value, sheet["A6"].number_format) == (DAY + timedelta(minutes=3), "dd/mm/yyyy hh:mm"), (
        "the hour is there"
    )
    found = {row[0]: row[1] for row in sheet.iter_rows(min_row=244, values_only=True) if row[0]}
    assert list(found) == totals
    assert (found["Máximo"], found["Mínimo"]) == (120.0, 60.0)
    assert len(sheet._charts) == 1, "a chart of Excel's own"
    if headings == 3:
        marks = [row[0].row for row in sheet.iter_rows(min_row=5, max_row=243) if row[2].value == "Sim"]
        assert marks == [5 + SPIKE - 1]


def test_days_have_no_time_of_day(client):
    _, book = workbook(client, "vazao/export/xls", query="tipo_medicao=DIA&dias=30")
    sheet = book["Relatório"]
    assert sheet["A5"].number_format == "dd/mm/yyyy"
    assert sheet["B5"].value == pytest.approx(sum(VALUES) / 240, abs=0.5)


@pytest.mark.parametrize(
    ("path", "name", "title", "table"),
    [
        ("vazao", "relatorio_vazao", "Relatório de Vazão ETA 1", "Tabela de Dados"),
        ("vazao2", "relatorio_nivel", "Relatório de Vazão ETA 2", "Tabela de Dados"),
        ("analise/anomalia", "relatorio_anomalias", "Relatório de Análise de Anomalias ETA 2", "É Anomalia?"),
    ],
)
def test_pdfs_have_their_cover_table_and_picture(client, path, name, title, table):
    headers, content = report(client, f"{path}/export/pdf", code=2)
    assert headers["Content-Type"] == "application/pdf"
    assert re.fullmatch(rf'inline; filename="{name}_\d{{8}}_\d{{6}}\.pdf"', headers["Content-Disposition"])
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert title in pages[0]
    assert re.search(r"Gerado em: \d\d/\d\d/\d{4} \d\d:\d\d", pages[0])
    assert "Filtros Aplicados" in pages[0]
    assert table in pages[1]
    assert f"{DAY:%d/%m/%Y} 00:03" in pages[1]
    assert "Total de Registros: 239" in "".join(pages)
    assert "Gráfico Detalhado" in pages[-1]
    last = pypdf.PdfReader(io.BytesIO(content)).pages[-1]
    assert not last.images, "drawn with lines, not with pixels"


def test_a_report_of_nothing_is_one_with_no_rows(client):
    _, book = workbook(client, "vazao/export/xls", query="tipo_medicao=INST&data=2020-01-01")
    assert book["Filtros"]["B7"].value == 0
    _, content = report(client, "analise/anomalia/export/pdf", query="tipo_medicao=INST&data=2020-01-01")
    assert "Total de Registros: 0" in "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages
    )


def test_what_cannot_be_made_is_said(client):
    assert client.ask("GET", "/report/vazao/export/xls")[0] == 422
    assert client.ask("GET", "/report/vazao/export/xls?sensor_codigo=99")[0] == 404
    assert client.ask("GET", "/report/vazao/export/pdf?sensor_codigo=1&tipo_medicao=MES")[0] == 400


def test_several_reports_are_made_at_once(client):
    from concurrent.futures import ThreadPoolExecutor

    paths = ["vazao/export/pdf", "vazao2/export/xls", "analise/anomalia/export/pdf", "vazao/export/xls"] * 2
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda path: report(client, path), paths))
    assert all(len(content) > 5_000 for _, content in made)
