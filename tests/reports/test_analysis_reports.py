"""Reports of anomalies, machines and cleanings, from real stores."""

import numpy as np
import openpyxl
import pypdf
import pytest
from report_files import rows_of, text_of

from calha.domain.cip_seal import checked
from calha.domain.errors import Malformed
from calha.domain.times import HOUR_US, MINUTE_US, SECOND_US
from calha.reports.making import make
from calha.store.anomalies import Found
from calha.watch.cleaning import cleanings

START = 1_705_287_600_000_000  # 2024-01-15 00:00 in São Paulo
PRESS = """
name: press
title: {pt: Prensa, en: Press}
description: {pt: Prensa, en: Press}
interval_s: 60
channels:
  - {key: state, name: {pt: Estado, en: State}, kind: state}
  - {key: pieces, name: {pt: Peças, en: Pieces}, kind: counter}
machine: {state: state, running: [1], faults: [2], pieces: pieces, ideal_cycle_s: 30}
"""
CAUSTIC_S = 1_200


@pytest.fixture(scope="module")
def plant(site):
    """Two presses over a day, of which one fails for an hour; a station that cleans twice, once too cold; two anomalies."""
    registry = site.registry
    registry.save_profile(PRESS)
    minutes = np.arange(-1, 1_440, dtype=np.int64)
    at = START + minutes * MINUTE_US
    for key, fails in (("press-1", (600, 660)), ("press-2", (0, 0))):
        registry.create_device(key, "press", site.site_id, name=key.title())
        runs = (minutes >= 360) & (minutes < 1_080) & ~((minutes >= fails[0]) & (minutes < fails[1]))
        state = np.where((minutes >= fails[0]) & (minutes < fails[1]), 2, runs.astype(int))
        site.send(at, state, key, "state")
        site.send(at, np.cumsum(runs), key, "pieces")
    registry.create_device("cip-1", "cip_station", site.site_id, name="CIP 1")
    for hour, hot in ((8, 75.0), (14, 60.0)):
        _clean(site, START + hour * HOUR_US, hot)
    series = next(one.series for one in registry.device("pump-1").channels if one.key == "flow")
    found = [_anomaly(series, START + hour * HOUR_US, kind) for hour, kind in ((5, "extreme"), (30, "frozen"))]
    site.ground.anomalies.keep(found, START + 40 * HOUR_US)
    first = min(site.ground.anomalies.page().items, key=lambda one: one.started_at)
    site.ground.anomalies.answer(first.id, "real", "valve shut", "rui", START + 41 * HOUR_US)
    return site


def _clean(site, begin, hot):
    steps = [(1, 240, 30.0, 0.2), (2, CAUSTIC_S, hot, 70.0), (5, 240, 28.0, 0.2), (0, 600, 24.0, 0.2)]
    rows = [one for one in steps for _ in range(one[1] // 10)]
    at = begin + np.arange(len(rows), dtype=np.int64) * 10 * SECOND_US
    for place, channel in ((0, "phase"), (2, "temperature"), (3, "conductivity")):
        site.send(at, [row[place] for row in rows], "cip-1", channel)
    site.send(at, [12.0 if row[0] else 0.0 for row in rows], "cip-1", "flow")


def _anomaly(series, begin, kind):
    end = begin + 30 * MINUTE_US
    return Found(str(series), series, kind, begin, end, 3, begin, 170.0, 0.9, 0.8, 170.0, 95.0, 115.0, 105.0, 1, 2.0)


@pytest.fixture
def made(plant, tmp_path):
    def of(format_, **asked):
        path = tmp_path / f"report.{format_}"
        make(plant.ground, plant.definition(**asked), format_, path, made_by="maria")
        return path

    return of


def test_anomalies_are_listed_with_what_people_said_or_counted_by_day(made):
    rows = rows_of(made("csv", kind="anomalies", step="raw", language="en", csv="rfc4180"), ",")
    assert rows[1][1:] == [
        *("2024-01-15T05:00:00-03:00", "30.0", "pump-1", "flow", "Extreme value", "170.000", "95.000", "115.000"),
        *("m³/h", "real", "rui", "valve shut"),
    ]
    assert rows[2][5:6] + rows[2][10:] == ["Frozen value", "not answered", "", ""]
    days = rows_of(made("csv", kind="anomalies", step="1d"))
    assert [row[1:4] for row in days[1:]] == [["15/01/2024", "1", "1"], ["16/01/2024", "1", "0"]]
    assert rows_of(made("csv", kind="anomalies", step="raw", channels=["level"]))[1:] == []
    text = text_of(made("pdf", kind="anomalies", step="raw"))
    for part in ("Relatório de anomalias", "Valor extremo", "sem resposta", "valve shut", "maria"):
        assert part in text


def test_machines_have_availability_and_oee_of_added_times_and_counts(made):
    asked = {"kind": "machines", "step": "1d", "period": {"from": "2024-01-15", "to": "2024-01-15"}, "language": "en"}
    rows = rows_of(made("csv", csv="rfc4180", **asked), ",")
    one = dict(zip(rows[0], rows[1], strict=True))
    assert (one["Planned (h)"], one["Running (h)"], one["In fault (h)"]) == ("24.00", "11.00", "1.00")
    assert (one["Availability"], one["Performance"], one["OEE"]) == ("0.4583", "0.5000", "0.2292")
    assert (one["Pieces"], one["Starts"], one["Faults"]) == ("660", "2", "1")
    book = openpyxl.load_workbook(made("xlsx", **asked))
    summary = {row[0].value: [cell.value for cell in row[1:]] for row in book["Summary"].iter_rows()}
    assert summary["All"][:3] == [48, pytest.approx(23), pytest.approx(23 / 48)]
    assert summary["Press-1"][8:10] == [pytest.approx(11), pytest.approx(60)], "MTBF and MTTR"
    hours = rows_of(made("csv", **asked | {"step": "1h"}))
    assert sum(float(row[-3].replace(",", ".")) for row in hours[1:] if row[0] == "press-1") == 660, "hours add up"
    with pytest.raises(Malformed, match="cannot be made of some channels"):
        made("csv", channels=["state"], **asked)


@pytest.mark.parametrize(
    ("kind", "step", "is_across"), [("cleanings", "raw", True), ("machines", "1d", True), ("anomalies", "1d", False)]
)
def test_a_table_of_many_columns_lies_across(made, kind, step, is_across):
    box = pypdf.PdfReader(made("pdf", kind=kind, step=step)).pages[0].mediabox
    assert (box.width > box.height) is is_across


def test_cleanings_show_limits_verdict_and_a_seal_that_holds(made, plant):
    rows = rows_of(made("csv", kind="cleanings", step="raw", language="en", csv="rfc4180"), ",")
    caustic = [dict(zip(rows[0], row, strict=False)) for row in rows[1:] if row[6] == "Caustic"]
    assert [one["Verdict"] for one in caustic] == ["Passed", "Failed"]
    assert caustic[0]["Effective (min)"] == "20.0"
    assert caustic[1]["Findings"].startswith("effective time: 0 of 900 s")
    assert "≥ 70" in rows[1] + rows[2]
    entry = plant.registry.directory().devices["cip-1"]
    declared = plant.registry.profile("cip_station").cleaning
    passed, failed = cleanings(plant.telemetry, entry, declared, START, START + 24 * HOUR_US)
    for told, one in zip(caustic, (passed, failed), strict=True):
        about = ("cip-1", one.from_, one.until, one.judgement)
        assert checked(told["Seal (signed SHA-256)"], "maria", b"key", *about) == "holds"
    text = text_of(made("pdf", kind="cleanings", step="raw"))
    for part in ("Relatório de limpezas (CIP)", "Aprovada", "Reprovada", "tempo efetivo: 0 de 900 s", "maria"):
        assert part in text
