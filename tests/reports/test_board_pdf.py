"""A dashboard on paper: where its panels lie, and what its drawings hold."""

from datetime import UTC, datetime

import numpy as np
import pypdfium2

from calha.reports.bands_chart import Band, Stretch, bands_chart
from calha.reports.board_pdf import Drawing, Panel, board_pdf
from calha.reports.curves_chart import Curve, curves_chart, look_of
from calha.reports.heat_chart import heat_chart

BEGIN, END = (datetime(2026, 3, day, tzinfo=UTC).replace(tzinfo=None) for day in (1, 2))
HOURS = np.arange(24) * 3_600.0


def pages(pdf):
    return [page.get_textpage() for page in pypdfium2.PdfDocument(pdf)]


def places(page, text):
    """Left and bottom of the first letter of a text."""
    found = page.search(text).get_next()
    assert found is not None, text
    left, bottom, _, _ = page.get_charbox(found[0])
    return left, bottom


def drawn(shape="line", **values):
    curves = [Curve(name, HOURS, np.asarray(value, float)) for name, value in values.items()]
    return curves_chart(curves, BEGIN, END, "m³/h", "pt-BR", shape)


def test_panels_lie_beside_and_below_each_other_as_on_the_grid():
    curve = Drawing(drawn(flow=np.sin(HOURS)), [("Vazão", *look_of(0)), ("Outra", *look_of(1))])
    panels = [
        Panel(0, 0, 3, 2, "Pressão", figure="2,5 bar", note="01/03/2026 12:00", share=0.4),
        Panel(3, 0, 9, 6, "Curva", drawings=[curve]),
        Panel(0, 2, 3, 4, "Tabela", headings=["Canal", "Valor"], rows=[["Nível", "*1* #2 $3$"]]),
    ]
    (page,) = pages(board_pdf("Painel", "situação", "Página", "pt-BR", panels))
    value, table, legend = places(page, "2,5 bar"), places(page, "Nível"), places(page, "Outra")
    assert legend[0] > value[0]
    assert table[1] < value[1]
    assert "*1* #2 $3$" in page.get_text_range(), "what people write is no markup"


def test_panels_that_lie_on_each_other_come_one_below_the_other():
    panels = [Panel(0, 0, 6, 4, "one", text="first"), Panel(3, 1, 6, 4, "other", text="second")]
    (page,) = pages(board_pdf("Board", "now", "Page", "en", panels))
    assert places(page, "second")[1] < places(page, "first")[1]


def test_curves_are_broken_where_nothing_was_read_and_bars_stand_on_zero():
    gap = np.where((HOURS > 30_000) & (HOURS < 60_000), np.nan, 5.0 + np.arange(24))
    svg = drawn(flow=gap)
    assert svg.count("<polyline") == 2
    assert drawn("area", flow=gap).count("<polygon") == 2
    assert drawn("bar", one=np.ones(24), other=np.ones(24)).count("<rect") == 48
    assert drawn(flow=np.full(24, np.nan)) == ""


def test_states_are_bands_and_hours_are_shades():
    bands = [Band("Bomba <1>", [Stretch(0, 40_000, "ligada", 1), Stretch(40_000, 86_400, "parada", 0)])]
    svg = bands_chart(bands, BEGIN, END)
    assert svg.count("<rect") == 2
    assert "Bomba &lt;1&gt;" in svg
    local = (np.arange(48) * 3_600_000_000).astype(np.int64)
    heat = heat_chart(local, np.arange(48, dtype=float), "°C", "Temperatura", "pt-BR")
    assert heat.count("<rect") == 48
    assert "Temperatura: 0 – 47 °C" in heat
