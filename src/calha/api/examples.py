"""Examples in the OpenAPI document, by name: as a word means one thing everywhere, one example of it serves everywhere.

A field or parameter that brings an example of its own keeps it; one whose type differs stands here as `Schema.field`.
What has none fails a test.
"""

from typing import Any

from fastapi import FastAPI

from calha.api.access import SECURITY_SCHEMES, describe

AT = "2026-01-31T12:00:00Z"
TEXT = {"pt": "Vazão de saída", "en": "Outlet flow"}
CHANNEL = {"key": "flow", "name": TEXT, "unit": "m³/h", "kind": "gauge", "precision": 2}

BY_NAME: dict[str, Any] = {
    "Contract.number": "C-1001",
    "Counts.quarantined": {"unknown_device": 3},
    "DifferenceAnswer.problem": None,
    "Event.kind": "device_created",
    "InvoiceWhole.credits": None,
    "LineAnswer.name": {"pt": "Água", "en": "Water"},
    "PaymentAnswer.source": "statement",
    "PreviewAnswer.problem": None,
    "TouchedInvoice.problem": None,
    "RunAnswer.contracts": 1200,
    "RunAnswer.month": "2026-07",
    "RunPreview.contracts": 500,
    "Status.version": "1.0.0",
    "TariffAnswer.contracts": 12,
    "TariffAnswer.name": {"pt": "Água", "en": "Water"},
    "TariffWhole.contracts": 12,
    "TariffWhole.name": {"pt": "Água", "en": "Water"},
    "accepted": 2,
    "address": "Rua das Flores, 12",
    "after": "pump-1",
    "after_revision": 2,
    "barcode": "836400000011331201380002812884627116080136181551",
    "bytes": 48_231,
    "channel": "flow",
    "channels": [CHANNEL],
    "city": "Olinda",
    "code": "log_nearly_full",
    "commands": [{"key": "start", "name": {"pt": "Ligar", "en": "Start"}, "parameters": [], "critical": False}],
    "committed_seq": 1_204,
    "company": "0138",
    "contract": "C-1001",
    "contracted": "35.0",
    "corrected": 1,
    "customer": "Ana Lima",
    "customer_id": 1,
    "cycle_day": 1,
    "data": {"messages": 3},
    "description": {"pt": "Medidor de vazão", "en": "Flow meter"},
    "detail": "'12,5,0' is not a number",
    "device": "pump-1",
    "document": "12345678909",
    "done": 500,
    "due_days": 10,
    "due_on": "2026-08-12",
    "duplicate": 4,
    "dwellings": 1,
    "email": "ana@example.org",
    "error": None,
    "external_id": "E18236120202608051030s0773",
    "failed": 1,
    "faults": [],
    "fill": 0.12,
    "folder": "calha-data/backups/before-upgrade",
    "from": "2026-01-30T12:00:00Z",
    "from_day": "2026-07-01",
    "gap_ms": 180_000.0,
    "heartbeat_age_s": 0.4,
    "host": "127.0.0.1",
    "icon": "droplet",
    "id": 1,
    "if-match": '"3-12"',
    "issued": 498,
    "issued_on": "2026-08-02",
    "key": "pump-1",
    "kind": "gauge",
    "lag_messages": 0,
    "language": "pt-BR",
    "last-event-id": "1204",
    "last_error": None,
    "last_message": None,
    "late": 2,
    "log": None,
    "made_by": "ana@example.org",
    "matched": 40,
    "max": [12.9, 13.4],
    "max_bytes": 536_870_912,
    "max_channels": 50,
    "maximum": 100.0,
    "messages": 17,
    "min": [12.1, 12.3],
    "minimum": 0.0,
    "name": "Outlet pump",
    "next": None,
    "note": "Behind the second filter",
    "number": "2026-000001",
    "on_the_way": 0,
    "p50": 4.0,
    "p99": 37.0,
    "parent_id": 1,
    "passed": 1,
    "path": ["Calha", "ETA Norte"],
    "person_id": 1,
    "pix": "00020126360014br.gov.bcb.pix0114112223330001815204000053039865406196.885802BR…",
    "pix_key": "11222333000181",
    "points": 1_000,
    "port": 1883,
    "position": {"latitude": -8.05, "longitude": -34.9},
    "precision": 2,
    "profile": "water_flow",
    "promise": {"pt": "Gravado em disco antes da confirmação", "en": "On disk before it is acknowledged"},
    "q": "pump",
    "quality": "good",
    "quarantined": 0,
    "raw": '{"ts": 1769860800, "values": {"flow": "12,5,0"}}',
    "raw_base64": "eyJ0cyI6IDE3Njk4NjA4MDB9",
    "readings": 2,
    "reason": "not_a_number",
    "received": 20_001,
    "refused": {"log_full": 0},
    "rejected": {"unknown_device": 1},
    "replayed": 0,
    "resolution": "15m",
    "restarts": 0,
    "revision": 3,
    "sample": '{"flow": 12.5}',
    "seq": 1_204,
    "serial": "A17-0042",
    "series": 7,
    "severity": "info",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "since": 1_204,
    "site": 1,
    "site_id": 1,
    "site_path": ["Calha", "ETA Norte"],
    "size": 48,
    "size_bytes": 7_340_032,
    "state": "running",
    "states": {"0": {"pt": "Parada", "en": "Stopped"}},
    "status": "ok",
    "stored": 19_994,
    "surplus": 0,
    "t": [1769860800000.0, 1769861700000.0],
    "tariff": "agua_fixa_copasa",
    "taxes": {"icms": "46.02"},
    "text": {"pt": "Dispositivo pump-1 criado", "en": "Device pump-1 created"},
    "title": {"pt": "Vazão", "en": "Flow"},
    "to": AT,
    "topic": "calha/v1/pump-1/telemetry",
    "transport": "mqtt",
    "txid": "FAT2026000001",
    "unit": "m³/h",
    "unmatched": 2,
    "until_day": "2026-08-01",
    "value": 12.5,
    "version": 3,
    "wrong_amount": 1,
    "zone": "America/Sao_Paulo",
}
BY_MEDIA_TYPE: dict[str, Any] = {
    "application/x-ndjson": '{"ts": 1769860800, "values": {"flow": 12.5}}\n{"ts": 1769860860, "values": {"flow": 12.7}}\n',
    "application/yaml": "name: tank\ntitle: {pt: Tanque, en: Tank}\ndescription: {pt: Nível, en: Level}\n"
    "channels:\n  - {key: level, name: {pt: Nível, en: Level}, unit: m, precision: 2}\n",
    "text/csv": "at,flow_m3_h\n2026-01-31T12:00:00Z,12.5\n",
    "text/plain": 'calha_readings_total{outcome="stored"} 19994\n',
}


def add_to(app: FastAPI) -> None:
    """Let the application's document carry the examples, and what each route asks of its caller."""
    plain = app.openapi

    def with_examples() -> dict[str, Any]:
        if app.openapi_schema is None:
            describe(app.routes)
            document = plain()
            document["components"]["securitySchemes"] = SECURITY_SCHEMES
            for title, schema in document["components"]["schemas"].items():
                for name, field in schema.get("properties", {}).items():
                    _give(field, name, f"{title}.{name}")
            for item in document["paths"].values():
                for operation in item.values():
                    _illustrate(operation)
        return plain()

    app.openapi = with_examples  # type: ignore[method-assign]


def _illustrate(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        _give(parameter["schema"], parameter["name"])
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for kind, media in content.get("content", {}).items():
            if kind in BY_MEDIA_TYPE:
                media.setdefault("example", BY_MEDIA_TYPE[kind])


def _give(schema: dict[str, Any], name: str, full_name: str = "") -> None:
    found = full_name if full_name in BY_NAME else name
    if is_plain(schema) and found in BY_NAME:
        schema["examples"] = [_listed(schema, BY_NAME[found])]


def is_plain(schema: dict[str, Any]) -> bool:
    """Whether neither the schema itself nor what it refers to says what a value looks like."""
    options = [schema, *schema.get("anyOf", [])]
    of_lists = [option["items"] for option in options if "items" in option]
    told = ("examples", "example", "enum", "const", "default", "$ref")
    return not any(
        any(word in option and option[word] is not None for word in told)
        or option.get("type") == "boolean"
        or option.get("format") in ("date-time", "binary")
        for option in [*options, *of_lists]
    )


def _listed(schema: dict[str, Any], example: object) -> object:
    options = [schema, *schema.get("anyOf", [])]
    wants_list = any(option.get("type") == "array" for option in options)
    return [example] if wants_list and not isinstance(example, list) else example
