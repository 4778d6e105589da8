"""What the gateways of ETA flow publish, each of their generations → records as `decode` reads them. Pure.

newest  {"timestamp": local time, "valores": {"VAZAO_SAIDA1": 61.2, …}, "falha": false}, one or an array of them
means   {"tipo": "HORA" or "DIA", "dados": [{"data": …, "tipo_sensor": …, "media_valor": …, "falha": …}]}
first   flat {"timestamp", "vazao_entrada", "vazao_saida", "nivel", "bomba_ativa", "status", "hora"}

Rule 1: `falha` marks every value of its reading as bad. The value stays as sent (0.0 for a node that could not be read), and
        no mean counts it. A text such as "erro: …" is a failed read without a value.
Rule 2: a mean that was sent is no reading: it goes to a channel of its own, named after the one that it is a mean of.
Rule 3: what has none of these shapes is handed on as it is, and `decode` says what is wrong with it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

TEXTS = ("timestamp", "status", "hora")  # of the first generation, beside its values
MEANS = {"HORA": "_hour_mean", "DIA": "_day_mean"}
CHANNELS = {
    "VAZAO_SAIDA1": "flow_1",
    "VAZAO_SAIDA2": "flow_2",
    "VAZAO_SAIDA": "flow_1",
    "VAZAO_ENTRADA": "inflow",
    "NIVEL": "level",
    "NIVEL_RESERVATORIO": "level",
}


def records_of(payload: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON holds anything
    """The records of one message, in its order."""
    for item in payload if type(payload) is list else [payload]:
        yield from _records_of_item(item)


def marked(value: object, failed: object) -> object:
    """A value as `decode` reads it, bad when the sender says that it failed."""
    return {"value": value, "quality": "bad"} if _is_true(failed) else value


def _records_of_item(item: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON holds anything
    if type(item) is not dict:
        yield item
    elif type(item.get("valores")) is dict:
        values = {key: marked(_read(value), item.get("falha")) for key, value in item["valores"].items()}
        yield _timed(item.get("timestamp"), values)
    elif type(item.get("dados")) is list:
        suffix = MEANS.get(str(item.get("tipo")).upper())
        yield from (_mean(row, suffix) for row in item["dados"])
    elif "timestamp" in item:
        yield _timed(item["timestamp"], {key: _read(value) for key, value in item.items() if key not in TEXTS})
    else:
        yield item


def _mean(row: Any, suffix: str | None) -> Any:  # noqa: ANN401 - JSON holds anything
    if type(row) is not dict or suffix is None or type(row.get("tipo_sensor")) is not str:
        return row
    name: str = row["tipo_sensor"]
    key = CHANNELS.get(name.upper(), name) + suffix
    return _timed(row.get("data"), {key: marked(_read(row.get("media_valor")), row.get("falha"))})


def _timed(stamp: object, values: Mapping[str, object]) -> dict[str, object]:
    return {"ts": stamp, "values": dict(values)}


def _read(value: object) -> object:
    return None if type(value) is str and value.strip().lower().startswith("erro") else value


def _is_true(given: object) -> bool:
    return str(given).strip().lower() in ("true", "1")
