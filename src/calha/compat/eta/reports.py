"""`/report/…`: curves as workbooks and PDFs, under the names and with the headings of the original.

At most AT_ONCE are made side by side; a further one waits. A report that would be too long is refused before it is begun.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import APIRouter, HTTPException, Query
from numpy.typing import NDArray
from starlette.responses import Response

from calha.compat.eta import history
from calha.compat.eta.door import Reads
from calha.compat.eta.filters import Asked, Filter, instant, local, window_of
from calha.compat.eta.parts import Here, Parts
from calha.reports import flow_pdf, flow_xlsx
from calha.reports.flow_report import FILTERS, FlowReport

AT_ONCE = 2
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_ASKED = "—"


class Kind(NamedTuple):
    title: str
    xls: str
    pdf: str
    has_mean: bool = False
    has_anomalies: bool = False


KINDS = {
    "vazao": Kind("Relatório de Vazão ETA 1", "vazao_eta1", "relatorio_vazao", has_mean=True),
    "vazao2": Kind("Relatório de Vazão ETA 2", "vazao_eta2", "relatorio_nivel"),
    "analise/anomalia": Kind(
        "Relatório de Análise de Anomalias ETA 2", "analise_anomalias", "relatorio_anomalias", has_anomalies=True
    ),
}
TYPES = {"INST": "Medições Instantâneas", "HORA": "Média por Hora", "DIA": "Média por Dia"}
MeasurementKind = Annotated[str, Query()]

router = APIRouter()
_making = asyncio.Semaphore(AT_ONCE)


def offered(path: str, kind: Kind) -> None:
    """The two routes of a report."""

    @router.get(f"/report/{path}/export/xls")
    async def export_xls(
        sensor_codigo: int, asked: Asked, parts: Here, _: Reads, tipo_medicao: MeasurementKind = "INST"
    ) -> Response:
        name = f"{kind.xls}_{await _stamp(parts)}.xlsx"
        report = await _report(parts, kind, sensor_codigo, tipo_medicao.upper(), asked, flow_xlsx.MAX_ROWS)
        return await _file(flow_xlsx.flow_xlsx, report, XLSX, f'attachment; filename="{name}"')

    @router.get(f"/report/{path}/export/pdf")
    async def export_pdf(
        sensor_codigo: int, asked: Asked, parts: Here, _: Reads, tipo_medicao: MeasurementKind = "INST"
    ) -> Response:
        name = f"{kind.pdf}_{await _stamp(parts)}.pdf"
        report = await _report(parts, kind, sensor_codigo, tipo_medicao.upper(), asked, flow_pdf.MAX_ROWS)
        return await _file(flow_pdf.flow_pdf, report, "application/pdf", f'inline; filename="{name}"')


async def _file(make: Callable[[FlowReport], bytes], report: FlowReport, media: str, disposition: str) -> Response:
    async with _making:
        content = await asyncio.to_thread(make, report)
    headers = {"Content-Disposition": disposition, "Access-Control-Expose-Headers": "Content-Disposition"}
    return Response(content, media_type=media, headers=headers)


async def _report(parts: Parts, kind: Kind, code: int, measured: str, asked: Filter, most: int) -> FlowReport:
    """Answers 404 for an unknown sensor, 400 for an unknown kind and for more than `most` rows."""
    if measured not in TYPES:
        raise HTTPException(400, f"tipo_medicao é um de {', '.join(TYPES)}.")
    sensor, symbol = await parts.sensor_of_code(code)
    zone, now = await parts.zone(), parts.clock()
    curve = await asyncio.to_thread(history.curve, parts, sensor, measured, window_of(asked, now, zone))
    if len(curve) > most:
        raise HTTPException(
            400, f"O relatório teria {len(curve)} registros; no máximo {most}. Escolha um período menor."
        )
    flags: NDArray[np.bool_] | None = None
    if kind.has_anomalies:
        flags = await asyncio.to_thread(parts.judge, curve.at, curve.value, zone)
    return FlowReport(
        title=kind.title,
        made_at=local(now, zone),
        unit=symbol,
        filters=list(zip(FILTERS, _filters(measured, asked, zone), strict=True)),
        at=[local(at, zone).replace(tzinfo=None) for at in curve.at.tolist()],
        value=curve.value,
        anomalous=flags,
        by_day=measured == "DIA",
        has_mean=kind.has_mean,
    )


def _filters(measured: str, asked: Filter, zone: ZoneInfo) -> list[str]:
    """What was asked for, in the order of FILTERS."""
    has_range = asked.data_inicio is not None and asked.data_fim is not None
    days = str(asked.dias) if asked.dias is not None else NOT_ASKED
    bounds = (asked.data_inicio, asked.data_fim) if has_range else (None, None)
    return [TYPES[measured], *(_day(one, zone) for one in (asked.data, *bounds)), days]


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{local(instant(moment, zone), zone):%d/%m/%Y}" if moment is not None else NOT_ASKED


async def _stamp(parts: Parts) -> str:
    return f"{local(parts.clock(), await parts.zone()):%Y%m%d_%H%M%S}"


for _path, _kind in KINDS.items():
    offered(_path, _kind)
