"""`/analise/nivel`: what is unusual in a curve, in the words of the original."""

import asyncio
from typing import Any

import numpy as np
from fastapi import APIRouter

from calha.compat.eta import history
from calha.compat.eta.door import Reads
from calha.compat.eta.filters import Asked, local_text, window_of
from calha.compat.eta.outliers import MIN_VALUES
from calha.compat.eta.parts import Here

FEW = 2  # that are called small variations

router = APIRouter()


@router.get("/analise/nivel/sensor/{cd_sensor}")
async def analyse(cd_sensor: int, tipo: str, asked: Asked, parts: Here, _: Reads) -> dict[str, Any]:
    sensor, symbol = await parts.sensor_of_code(cd_sensor)
    zone = await parts.zone()
    window = window_of(asked, parts.clock(), zone)
    curve = await asyncio.to_thread(history.curve, parts, sensor, tipo.upper(), window)
    flags = await asyncio.to_thread(parts.judge, curve.at, curve.value, zone)
    count, values = len(curve), np.round(curve.value, 2).tolist()
    times = [local_text(at, zone) for at in curve.at.tolist()]
    rows = [
        {"data": at, "valor": value, "is_anomalia": flag}
        for at, value, flag in zip(times, values, flags.tolist(), strict=True)
    ]
    return {
        "total_medicoes": count,
        "anomalias": int(flags.sum()),
        "mensagem": message(count, int(flags.sum())),
        "dados": rows,
        "ultimo_valor": values[-1] if count else None,
        "maximo": max(values, default=None),
        "unidade": symbol,
        "minimo": min(values, default=None),
        "dados_insuficientes": count < MIN_VALUES,
        "data_inicio": times[0] if count else None,
        "data_fim": times[-1] if count else None,
    }


def message(count: int, anomalies: int) -> str:
    if not count:
        return "Sem dados suficientes para análise."
    if count < MIN_VALUES:
        return "Dados insuficientes para análise."
    if not anomalies:
        return "Nível estável."
    if anomalies <= FEW:
        return "Pequenas variações detectadas no nível de água."
    return f"Nível apresentou {anomalies} comportamentos anômalos."
