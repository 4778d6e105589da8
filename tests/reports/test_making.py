"""Reports made from real stores, in each format, and read back by a library of another hand."""

import re
from datetime import datetime
from zipfile import ZipFile

import openpyxl
import pytest
from report_files import rows_of, text_of

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import Rationalisation, Where
from calha.domain.alarm_states import Act, Event, Priority
from calha.domain.errors import Malformed, NotFound
from calha.domain.report_definitions import STEPS_OF
from calha.domain.times import HOUR_US
from calha.reports.making import file_name, make
from calha.store.alarms import AlarmStore, Change, RuleStore

START = 1_705_287_600_000_000  # 2024-01-15 00:00 in São Paulo


@pytest.fixture
def made(site, tmp_path):
    def of(format_, progress=lambda _: None, **asked):
        return make(site.ground, site.definition(**asked), format_, tmp_path / f"report.{format_}", progress)

    return of


def test_a_csv_for_brazil_has_each_reading_with_local_time_and_decimal_comma(made):
    found = made("csv", step="raw", devices=["pump-1"])
    assert found.path.read_bytes().startswith(b"\xef\xbb\xbf")
    head, *rows = rows_of(found.path)
    assert head == ["Dispositivo", "Canal", "Unidade", "Data e hora (America/Sao_Paulo)", "Valor", "Qualidade"]
    assert rows[0] == ["pump-1", "flow", "m³/h", "15/01/2024 00:00:00", "100,0", "boa"]
    assert rows[5][4:] == ["100,5", "estimada"]
    assert rows[6][4:] == ["", "falha do sensor"]
    assert len(rows) == found.rows == 288


def test_a_csv_for_programs_is_rfc_4180_with_offsets(made):
    found = made("csv", step="raw", devices=["pump-1"], csv="rfc4180", language="en", zone="Europe/Berlin")
    head, *rows = rows_of(found.path, ",")
    assert head[3] == "Time (Europe/Berlin)"
    assert rows[0][3:] == ["2024-01-15T04:00:00+01:00", "100.0", "good"]
    assert b"\r\n" in found.path.read_bytes()


def test_only_the_qualities_that_are_asked_for(made):
    rows = rows_of(made("csv", step="raw", devices=["pump-1"], qualities=["uncertain", "bad"]).path)[1:]
    assert [row[5] for row in rows] == ["estimada", "falha do sensor"]
    hourly = rows_of(made("csv", step="1h", devices=["pump-1"], qualities=["good"]).path)[1:]
    assert [row[7] for row in hourly[:3]] == ["5", "5", "6"]
    assert len(hourly) == 48


def test_days_tell_mean_and_extremes(made):
    rows = rows_of(made("csv", step="1d", devices=["pump-1"]).path)
    assert rows[0][3:] == ["Dia", "Média", "Mínimo", "Máximo", "Leituras", "Qualidade"]
    assert [rows[2][3], *rows[2][5:]] == ["16/01/2024", "100,0", "114,3", "144", "boa"]


def test_what_users_wrote_is_no_formula_in_a_csv_file(made, site):
    site.registry.create_site('=cmd|" /C calc"!A0', site.site_id, "America/Sao_Paulo")
    child = site.registry.sites()[-1].id
    rows = rows_of(made("csv", kind="water_balance", site_id=child).path)
    assert rows[1][0] == '\'=cmd|" /C calc"!A0'


def test_a_workbook_has_dates_numbers_filters_charts_and_sources(made):
    found = made("xlsx", step="raw")
    book = openpyxl.load_workbook(found.path)
    assert book.sheetnames == ["Resumo", "Dados", "Gráficos", "Fontes"]
    data = book["Dados"]
    assert [cell.value for cell in data[1]][:4] == [
        "Dispositivo",
        "Canal",
        "Unidade",
        "Data e hora (America/Sao_Paulo)",
    ]
    first = [cell.value for cell in data[2]]
    assert first == ["pump-1", "flow", "m³/h", datetime(2024, 1, 15), 100, "boa"]  # noqa: DTZ001
    assert data[2][3].number_format == "dd/mm/yyyy hh:mm:ss"
    assert data[2][4].number_format == "#,##0.0"
    assert data.cell(8, 5).value is None
    assert data.auto_filter.ref == f"A1:F{found.rows + 1}"
    assert data.max_row == found.rows + 1 == 288 + 270 + 1
    assert len(book["Gráficos"]._charts) == 2
    sources = [[cell.value for cell in row] for row in book["Fontes"].iter_rows()]
    assert sources[1][:6] == ["pump-1", "flow", "ETA Norte", "m³/h", "gauge", 288]
    assert sources[1][6] == datetime(2024, 1, 15)  # noqa: DTZ001
    told = {row[0].value: row[1].value for row in book["Resumo"].iter_rows(max_col=2)}
    assert told["Fuso horário"] == "America/Sao_Paulo (UTC-03:00)"
    assert told["Idioma e formato"].startswith("Português")


def test_no_text_in_a_workbook_is_a_formula_or_a_link(made):
    found = made("xlsx", step="1d")
    book = openpyxl.load_workbook(found.path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    with ZipFile(found.path) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in one or b"hyperlink" in one for one in sheets)


def test_the_pages_say_what_was_asked_for_and_show_digests_of_many_rows(made, site):
    found = made("pdf", step="raw")
    text = text_of(found.path)
    for part in (
        *("Relatório de vazão", "15/01/2024 00:00 até 17/01/2024 00:00", "America/Sao_Paulo (UTC-03:00)", "ETA Norte"),
        *("Bomba 1 · Vazão (m³/h)", "Português (Brasil)", "1.234,5", "Fontes", "boa"),
    ):
        assert part in text, part
    assert "#strong[y] $x$ <&>" in text


def test_the_same_pages_in_english(made):
    text = text_of(made("pdf", step="1d", language="en").path)
    for part in ("Flow report", "2024-01-15 00:00 until 2024-01-17 00:00", "1,234.5", "Sources", "good"):
        assert part in text, part


def test_consumption_adds_up_to_the_register(made):
    rows = rows_of(made("csv", kind="consumption", step="1h", channels=["total"], devices=["pump-1"]).path)
    assert rows[0][3:] == ["Data e hora (America/Sao_Paulo)", "Consumo", "Qualidade", "Cobertura"]
    total = sum(float(row[4].replace(",", ".")) for row in rows[1:] if row[4])
    assert total == pytest.approx(287 * 0.5)


def test_data_quality_tells_what_is_missing(made):
    asked = {"kind": "data_quality", "channels": ["flow"]}
    book = openpyxl.load_workbook(made("xlsx", **asked).path)
    rows = [[cell.value for cell in row] for row in book["Resumo"].iter_rows()]
    pump_2 = next(row for row in rows if str(row[0]).startswith("=HYPERLINK"))
    assert pump_2[1:4] == [270, 288, pytest.approx(270 / 288)]
    assert pump_2[7:9] == [1, 180]
    pump_1 = next(row for row in rows if str(row[0]).startswith("Bomba 1"))
    assert pump_1[4:7] == [pytest.approx(286 / 288), pytest.approx(1 / 288), pytest.approx(1 / 288)]


@pytest.mark.parametrize("format_", ["pdf", "xlsx", "csv"])
@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind, steps in STEPS_OF.items() for step in steps[-1:]])
def test_every_kind_in_every_format_also_of_a_time_without_readings(made, kind, step, format_):
    progress = []
    found = made(format_, progress.append, kind=kind, step=step, period={"from": "2020-01-01", "to": "2020-01-02"})
    assert found.size_bytes > 0
    assert progress[-1] == 1.0
    assert made(format_, kind=kind, step=step).size_bytes > 0


@pytest.fixture
def alarms(site):
    """The level of pump-1 is high twice on the first day, once acknowledged; that of pump-2 on the second day, on the shelf."""
    store, rules = AlarmStore(site.registry.engine), RuleStore(site.registry.engine)
    if not rules.all():
        rule = read_rule({"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": 80}})
        why = Rationalisation("valve stuck", "tank spills", "close the inlet", 600)
        number = rules.add("High level", rule, Where(site=site.site_id), why, "Ana", START).named.id
        for device, hours in (("pump-1", (1, 2, 3)), ("pump-2", (30,))):
            for place, hour in enumerate(hours):
                change = Change(number, "hi", device, START + hour * HOUR_US, place % 2 == 0, 81.5, 80.0, Priority.HIGH)
                store.follow([change], START)
                if device == "pump-1" and place == 0:
                    (row,) = store.page(device=device).items
                    store.act([row.id], Event(Act.ACKNOWLEDGE, START + HOUR_US + 1, "seen"), "Rui")
    return store


def test_an_alarm_report_lists_what_happened_and_who_did_what(made, alarms):
    rows = rows_of(made("csv", kind="alarms", step="raw", language="en", csv="rfc4180").path, ",")
    assert rows[0][1:] == [
        *("Time (America/Sao_Paulo)", "Device", "Alarm", "Limit", "Priority", "Event", "State", "Value", "By", "Note")
    ]
    told = [row[2:7] for row in rows[1:]]
    assert told[:2] == [
        ["pump-1", "High level", "hi", "high", "raised"],
        ["pump-1", "High level", "hi", "high", "acknowledged"],
    ]
    assert rows[2][7:] == ["acknowledged", "", "Rui", "seen"]
    assert len(rows_of(made("csv", kind="alarms", step="raw", devices=["pump-2"]).path)) == 2


def test_an_alarm_report_counts_days_and_tells_the_figures_of_the_standard(made, alarms):
    rows = rows_of(made("csv", kind="alarms").path)
    assert rows[0][1:] == ["Dia", "Alarmes", "crítica", "alta", "média", "baixa"]
    assert [row[1:] for row in rows[1:]] == [
        ["15/01/2024", "2", "0", "2", "0", "0"],
        ["16/01/2024", "1", "0", "1", "0", "0"],
    ]
    text = text_of(made("pdf", kind="alarms").path)
    for part in ("Relatório de alarmes", "Alarmes por hora", "Meta", "High level"):
        assert part in text


def test_a_device_that_does_not_stand_there_is_refused_and_no_file_is_left(made, tmp_path):
    with pytest.raises(NotFound, match="nobody"):
        made("csv", devices=["nobody"])
    assert list(tmp_path.iterdir()) == []


def test_a_channel_that_is_nowhere_or_has_no_consumption_is_refused(made):
    with pytest.raises(NotFound, match="'speed'"):
        made("csv", channels=["flow", "speed"])
    with pytest.raises(Malformed, match="'level' of 'pump-1'"):
        made("csv", kind="consumption", devices=["pump-1"], channels=["level"])


def test_work_that_is_stopped_leaves_no_file(made, tmp_path):
    class Stopped(Exception):
        pass

    def stop(_):
        raise Stopped

    for format_ in ("csv", "xlsx", "pdf"):
        with pytest.raises(Stopped):
            made(format_, stop)
    assert list(tmp_path.iterdir()) == []


def test_files_are_named_for_people():
    day = 86_400_000_000
    name = file_name("Vazão diária/ETA ../x", START, START + 31 * day, "America/Sao_Paulo", "pdf")
    assert name == "vazao-diaria-eta-x-2024-01-15-2024-02-14.pdf"
    assert re.fullmatch("report-[0-9-]+.csv", file_name("汉字", START, START + day, "UTC", "csv"))
