"""The demo's devices of replaced systems: one process for all of them, and machines that are known by their codes."""

import json
from collections.abc import Sequence
from pathlib import Path

from calha.cli.running import Running
from calha.config.settings import Settings

DEVICES = 2
INTERVAL_S = 2
MACHINES = "/api/v1/databutcher/machines"
CODES = [f"ca1ba0de30{number:014x}" for number in range(1, DEVICES + 1)]


def command(settings: Settings) -> Sequence[str]:
    """Starts the devices of those systems that are on; nothing when none is. The machines are registered, if need be."""
    compat = settings.compat
    ports = {
        "coiot": compat.coiot.port,
        "sensorflow": compat.sensorflow.port,
        "eta": settings.mqtt.port,
        "hidrometro": compat.hidrometro.mqtt_port,
        "databutcher": compat.databutcher.port,
    }
    options = []
    for name, port in ports.items():
        if getattr(compat, name).enabled:
            options += [f"--{name}", str(port)]
    if compat.databutcher.enabled:
        _register_machines(settings.data.folder)
        options += ["--mqtt-port", str(settings.mqtt.port), *(part for code in CODES for part in ("--code", code))]
    timing = ["--devices", str(DEVICES), "--interval", str(INTERVAL_S)]
    return ["simulate", "originals", *options, *timing] if options else []


def _register_machines(folder: Path) -> None:
    calha = Running(folder)
    known = {one["code"] for one in calha.get(MACHINES, limit="1000")["items"]}
    for number, code in enumerate(CODES, 1):
        if code not in known:
            made = {"maker": "Moinhos Silva", "model": f"M-20{number}", "code": code}
            calha.post(MACHINES, json.dumps(made).encode())
