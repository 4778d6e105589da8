"""The demo's PLC: the connection to a simulated controller, and the device that its variables feed."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

from calha.cli.running import Running

HOST = "127.0.0.1"
CONNECTION = "CLP da ETA (simulado)"
DEVICE = "eta-clp"
CHANNELS = {
    "vazao_saida1": "flow_1",
    "vazao_saida2": "flow_2",
    "vazao_entrada": "inflow",
    "nivel_reservatorio": "level",
    "bomba_ativa": "pump",
}


def connect_plc(folder: Path, is_first: bool) -> int | None:
    """The port on which the PLC is awaited; None if somebody has deleted the connection. Made at the first start."""
    calha = Running(folder)
    known = {one["name"]: one for one in calha.get("/api/v1/connections")["items"]}
    if CONNECTION not in known:
        return _make(calha) if is_first else None
    port = urlsplit(known[CONNECTION]["endpoint"]).port or 0
    if _is_free(port):
        return port
    port = _free_port()
    _send(calha, "PATCH", f"/api/v1/connections/{known[CONNECTION]['id']}", {"endpoint": _address(port)})
    return port


def _make(calha: Running) -> int:
    from calha.simulate.plc_names import node_id

    port = _free_port()
    site = calha.get("/api/v1/sites")["items"][0]["id"]
    _send(calha, "POST", "/api/v1/devices", {"key": DEVICE, "name": "ETA (CLP)", "profile": "water_flow"})
    made = {"name": CONNECTION, "site_id": site, "endpoint": _address(port)}
    number = _send(calha, "POST", "/api/v1/connections", made)["id"]
    nodes = [{"node": node_id(name), "device": DEVICE, "channel": key} for name, key in CHANNELS.items()]
    _send(calha, "POST", f"/api/v1/connections/{number}/nodes", {"nodes": nodes})
    return port


def _send(calha: Running, method: str, path: str, body: object) -> dict[str, int]:
    answer = b"".join(calha.stream(method, path, json.dumps(body).encode(), "application/json"))
    return dict(json.loads(answer))


def _address(port: int) -> str:
    return f"opc.tcp://{HOST}:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
