"""The water works of a small town that pictures are taken of: its sites, devices, readings, alarms, a dashboard, an invoice.

Rule 1: what a picture shows as history lies at fixed times of the past, so that it is the same on any day.
Rule 2: what it shows as of now was sent a moment ago; the browser's clock then stands still, so that no age changes.
"""

import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

from running import Calha

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = datetime(2025, 3, 18, tzinfo=ZONE)
WITHIN_S = 60.0
TARIFF = """key: agua_residencial
name: {pt: Água residencial, en: Household water}
unit: m³
versions:
  - valid_from: 2020-01-01
    components:
      - {kind: usage, key: water, name: {pt: Água, en: Water}, unit: m³, price: 4.85, is_taxed: false}
      - {kind: usage, key: sewage, name: {pt: Esgoto, en: Sewage}, unit: m³, price: 3.88, is_taxed: false}
"""


class RioVerde(NamedTuple):
    calha: Calha
    taken_at: datetime
    dashboard: int
    invoice: str
    from_ms: int
    to_ms: int


def built(calha: Calha) -> RioVerde:
    """All of it, with the four alarms standing and one of them acknowledged."""
    upper, lower = _sites(calha)
    _devices(calha, upper, lower)
    _send_history(calha)
    invoice = _billed(calha)
    _send_now(calha)
    dashboard = _dashboard(calha, upper)
    _acknowledge(calha, "P-03", _standing(calha, 4))
    span = int(DAY.timestamp() * 1000), int((DAY + timedelta(days=1)).timestamp() * 1000)
    return RioVerde(calha, datetime.now(UTC), dashboard, invoice, *span)


def _sent(calha: Calha, method: str, path: str, body: Any, content_type: str = "application/json") -> Any:
    status, answer = calha.send(method, path, body, content_type)
    assert status in (200, 201), (path, answer)
    return answer


def _sites(calha: Calha) -> tuple[int, int]:
    _sent(calha, "PATCH", "/api/v1/sites/1", {"name": "SAAE Rio Verde"})
    return tuple(
        _sent(calha, "POST", "/api/v1/sites", {"name": name, "parent_id": 1})["id"]
        for name in ("Estação Alto da Serra", "Rede do Centro")
    )


def _devices(calha: Calha, upper: int, lower: int) -> None:
    for profile in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text()):
        text = yaml.safe_dump(profile, allow_unicode=True).encode()
        _sent(calha, "PUT", f"/api/v1/profiles/{profile['name']}", text, "application/yaml")
        for ready in profile.get("rules", []):
            _sent(calha, "POST", "/api/v1/alarm-rules", _rule(ready) | {"where": {"profile": profile["name"]}})
    for key, name, profile, site in (
        ("R-01", "Reservatório Alto", "rv_reservoir", upper),
        ("B-01", "Bomba 1", "rv_pump", upper),
        ("B-02", "Bomba 2", "rv_pump", upper),
        ("Q-01", "Saída da estação", "rv_chlorine", upper),
        ("P-01", "Praça da Matriz", "rv_pressure", lower),
        ("P-02", "Rua das Flores", "rv_pressure", lower),
        ("P-03", "Avenida Brasil", "rv_pressure", lower),
        ("H-0117", "Padaria Trigo Bom", "rv_meter", lower),
        ("B-03", "Bomba 3", "water_flow", upper),
    ):
        _sent(calha, "POST", "/api/v1/devices", {"key": key, "name": name, "profile": profile, "site_id": site})


def _rule(ready: dict[str, Any]) -> dict[str, Any]:
    """A profile's ready rule, taken over in Portuguese."""
    why = {part: ready[part]["pt"] for part in ("cause", "consequence", "action")} | {"respond_s": ready["respond_s"]}
    return {"name": ready["name"]["pt"], "definition": ready["definition"], "rationalisation": why}


def _send_history(calha: Calha) -> None:
    """Two days of the reservoir and a pump at fixed times, and the last day before now for the dashboard."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    steps = [DAY + timedelta(minutes=5 * n) for n in range(-288, 288)]
    steps += [now - timedelta(minutes=10 * n) for n in range(143, 0, -1)]
    for key, values in (("R-01", _reservoir), ("B-01", _pump)):
        records = [{"ts": at.timestamp(), "values": values(at)} for at in steps]
        _sent(calha, "POST", f"/api/v1/telemetry/{key}", records)
    calha.until_stored()


def _hour(at: datetime) -> float:
    local = at.astimezone(ZONE)
    return local.hour + local.minute / 60


def _reservoir(at: datetime) -> dict[str, float]:
    hour = _hour(at)
    by_day, evening = 22 * math.sin((hour - 9) * math.pi / 12), 9 * math.exp(-((hour - 18.5) ** 2))
    wobble = 1.5 * math.sin(at.timestamp() / 700)
    return {
        "flow": round(58 + by_day + evening + wobble, 1),
        "level": round(3.1 - 0.9 * math.sin((hour - 12) * math.pi / 12), 2),
    }


def _pump(at: datetime) -> dict[str, float]:
    runs = not 1 <= _hour(at) < 4.5
    wobble = math.sin(at.timestamp() / 500)
    return {
        "state": int(runs),
        "flow": round(74 + 2 * wobble, 1) if runs else 0,
        "vibration": round(2.1 + 0.3 * wobble, 1) if runs else 0.1,
        "temperature": round(61 + 3 * wobble) if runs else 34,
    }


def _send_now(calha: Calha) -> None:
    for key, values in (
        ("R-01", {"level": 0.82, "flow": 71.4}),
        ("B-01", {"state": 1, "flow": 74.6, "vibration": 2.2, "temperature": 62}),
        ("B-02", {"state": 1, "flow": 69.8, "vibration": 8.4, "temperature": 81}),
        ("Q-01", {"chlorine": 0.14, "turbidity": 0.61}),
        ("P-01", {"pressure": 2.9}),
        ("P-02", {"pressure": 3.35}),
        ("P-03", {"pressure": 5.4}),
        ("H-0117", {"total": 1310.52}),
    ):
        _sent(calha, "POST", f"/api/v1/telemetry/{key}", {"values": values})
    calha.until_stored()


def _standing(calha: Calha, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        alarms: list[dict[str, Any]] = calha.get("/api/v1/alarms")["items"]
        if len(alarms) == number:
            return alarms
        time.sleep(0.2)
    raise AssertionError(f"{alarms} stand instead of {number}")


def _acknowledge(calha: Calha, device: str, alarms: list[dict[str, Any]]) -> None:
    chosen = [one["id"] for one in alarms if one["device"] == device]
    _sent(calha, "POST", "/api/v1/alarms/acknowledge", {"ids": chosen, "comment": "Válvula na ordem de serviço 214"})


def _billed(calha: Calha) -> str:
    """An invoice of March 2025: 31 days of a bakery's meter; its number."""
    begin = datetime(2025, 3, 1, tzinfo=ZONE)
    register = [
        {"ts": (begin + timedelta(hours=6 * n)).timestamp(), "values": {"total": round(1240 + 0.23 * n, 2)}}
        for n in range(4 * 31 + 1)
    ]
    _sent(calha, "POST", "/api/v1/telemetry/H-0117", register)
    calha.until_stored()
    issuer = {"name": "SAAE Rio Verde", "city": "Rio Verde", "pix_key": "11222333000181", "company": "0138"}
    _sent(calha, "PUT", "/api/v1/sites/1/issuer", issuer)
    _sent(calha, "PUT", "/api/v1/tariffs/agua_residencial", {"text": TARIFF})
    customer = _sent(calha, "POST", "/api/v1/customers", {"site_id": 1, "name": "Padaria Trigo Bom"})
    terms = {"number": "C-0117", "customer_id": customer["id"], "device": "H-0117", "channel": "total"}
    _sent(calha, "POST", "/api/v1/contracts", terms | {"tariff": "agua_residencial", "from_day": "2020-01-01"})
    return str(_sent(calha, "POST", "/api/v1/invoices", {"contract": "C-0117", "month": "2025-03"})["number"])


def _dashboard(calha: Calha, site: int) -> int:
    def widget(number: int, kind: str, place: tuple[int, int, int, int], **more: Any) -> dict[str, Any]:
        return {"id": f"w{number}", "kind": kind} | dict(zip("xywh", place, strict=True)) | more

    level, flow = {"device": "R-01", "channel": "level"}, {"device": "R-01", "channel": "flow"}
    pump = {"device": "B-01", "channel": "flow"}
    widgets = [
        widget(1, "gauge", (0, 0, 3, 4), series=level, low=0, high=5),
        widget(2, "value", (3, 0, 3, 2), series=flow),
        widget(3, "value", (3, 2, 3, 2), series=pump),
        widget(4, "alarms", (6, 0, 6, 4)),
        widget(5, "chart", (0, 4, 8, 5), series=[flow, pump], look="line", range="24h"),
        widget(6, "timeline", (8, 4, 4, 5), series=[{"device": "B-01", "channel": "state"}], range="24h"),
    ]
    body = {"name": "Alto da Serra", "site_id": site, "document": {"widgets": widgets}}
    return int(_sent(calha, "POST", "/api/v1/dashboards", body)["id"])
