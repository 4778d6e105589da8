"""How Calha is doing: one report for the status page, the metrics and the readiness probe."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypedDict

from calha import __version__
from calha.api.gateways import warnings_of
from calha.api.routes.devices import counts
from calha.api.schemas_gateways import Gateway
from calha.config.settings import Settings
from calha.connectors.opcua.service import Shown
from calha.domain.connections import BrokerState
from calha.domain.errors import RegistryUnavailable
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, to_text
from calha.ingest.service import Ingest
from calha.ingest.writer import Writer
from calha.log.gate import GateCounters
from calha.log.streams import READINGS, Streams
from calha.mail import PostOffice
from calha.store.registry.connections import ConnectionRow
from calha.store.telemetry import Telemetry
from calha.task_words import state_of, title_of
from calha.watch.notify.service import Notifier

WARN_FILL = 0.8
STALE_HEARTBEAT_S = 60.0

PROMISES = {
    "disk": {
        "pt": "Confirmado significa gravado: cada leitura é gravada em disco (fsync) antes da confirmação. Uma queda de "
        "energia não perde nenhuma leitura confirmada.",
        "en": "Acknowledged means on disk: every reading is written with fsync before it is acknowledged. A power cut "
        "loses no acknowledged reading.",
    },
    "interval": {
        "pt": "Gravação em disco (fsync) a cada 100 ms: a queda de um processo não perde nada; uma queda de energia pode "
        "perder até 100 ms de leituras confirmadas.",
        "en": "Written to disk (fsync) every 100 ms: a crashed process loses nothing; a power cut may lose up to 100 ms "
        "of acknowledged readings.",
    },
}


class TaskLike(Protocol):
    name: str
    state: Any
    restarts: int
    last_error: str | None

    @property
    def heartbeat_age_s(self) -> float: ...


class Listening(Protocol):
    """A section of the configuration that opens a port."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def tls(self) -> bool: ...


class _OfRegistry(TypedDict):
    notifications: dict[str, Any] | None
    connections: list[dict[str, Any]]


class StatusReport:
    def __init__(
        self,
        settings: Settings,
        telemetry: Telemetry,
        ingest: Ingest,
        streams: Streams,
        writer: Writer,
        tasks: Callable[[], Sequence[TaskLike]],
        clock: Callable[[], Micros],
        processes_file: Path,
        *,
        embedded: bool,
        gate: GateCounters | None,
        connections: Callable[[], Sequence[tuple[ConnectionRow, Shown]]],
        brokers: Callable[[], Sequence[BrokerState]],
        post: PostOffice | None,
        notifier: Notifier,
        registry_error: Callable[[], str | None],
        gateways: Callable[[], Sequence[Gateway]],
    ) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._ingest = ingest
        self._streams = streams
        self._writer = writer
        self._tasks = tasks
        self._clock = clock
        self._processes_file = processes_file
        self._embedded = embedded
        self._gate = gate
        self._connections = connections
        self._brokers = brokers
        self._post = post
        self._notifier = notifier
        self._registry_error = registry_error
        self._gateways = gateways
        self._known: _OfRegistry = {"notifications": None, "connections": []}
        self._started_at = clock()

    async def __call__(self) -> dict[str, Any]:
        streams, log_error, logged_seq = [], None, self._telemetry.committed_seq
        try:
            usages = await self._streams.usage()
            streams = [
                {
                    "name": one.name,
                    "bytes": one.bytes,
                    "max_bytes": one.max_bytes,
                    "messages": one.messages,
                    "fill": one.fill,
                }
                for one in usages
            ]
            kept = (one for one in usages if one.name == READINGS and one.messages)
            logged_seq = max((one.last_seq for one in kept), default=logged_seq)
        except Exception as error:  # noqa: BLE001 - the page must show a broken log rather than fail with it
            log_error = str(error) or type(error).__name__
        settings = self._settings
        tasks = self._all_tasks()
        report = {
            "version": __version__,
            "started_at": to_text(self._started_at),
            "now": to_text(self._clock()),
            "durability": {"mode": settings.log.durability, "promise": PROMISES[settings.log.durability]},
            "log": {
                "state": "running" if log_error is None else "unavailable",
                "error": log_error,
                "embedded": self._embedded,
                "streams": streams,
            },
            "gate": self._gate_status(),
            "store": self._store(logged_seq),
            "mail": await asyncio.to_thread(_mail, self._post) if self._post is not None else None,
            "registry": {"error": self._registry_error()},
            **await asyncio.to_thread(self._of_registry),
            "tasks": tasks,
            "brokers": [asdict(one) | {"since": to_text(one.since)} for one in self._brokers()],
            "gateways": [one.model_dump() for one in self._gateways()],  # for the metrics; there are routes for people
            "ingest": counts(self._ingest.counters.total).model_dump(),
            "mqtt": _address(settings.mqtt, "required" if settings.mqtt.client_certificates else "none"),
            "tcp": _address(settings.tcp, "optional" if settings.tcp.tls else "none") if settings.tcp.enabled else None,
            "http": _address(settings.http, "none"),
            "local_authority": settings.tls.certificate is None and settings.speaks_tls,
        }
        report["warnings"] = warnings(report)
        return report

    def _store(self, logged_seq: int) -> dict[str, Any]:
        found = self._telemetry.statistics()
        return {
            "committed_seq": self._telemetry.committed_seq,
            "lag_messages": max(0, logged_seq - self._telemetry.committed_seq),
            "error": self._writer.error,
            "readings": found.rows_hot + found.rows_cold,
            "size_bytes": found.bytes,
            "missing_readings": sum(gap.rows for gap in found.gaps),
            "gaps": [
                f"{gap.file}: {to_text(gap.from_at)} – {to_text(gap.until_at)}, {gap.reason}" for gap in found.gaps
            ],
            "commit_ms": {"p50": found.commit_ms_p50, "p99": found.commit_ms_p99},
        }

    def _of_registry(self) -> "_OfRegistry":
        """As it was when the registry's database last answered."""
        with suppress(RegistryUnavailable):  # which a warning tells
            self._known = {
                "notifications": _notifications(self._notifier),
                "connections": self._connection_states(),
            }
        return self._known

    def _connection_states(self) -> list[dict[str, Any]]:
        return [
            {
                "id": row.id,
                "name": row.name,
                "site_id": row.site_id,
                "state": shown.state,
                "since": to_text(shown.since) if shown.since else None,
                "trouble": shown.trouble_detail if shown.state == "waiting" else None,
                "nodes": dict(shown.nodes),
                "last_value_age_s": (self._clock() - shown.last_value_at) / SECOND_US if shown.last_value_at else None,
                "delivered": shown.readings,
                "waiting": shown.waiting,
                "lost": dict(shown.lost),
            }
            for row, shown in self._connections()
        ]

    def _all_tasks(self) -> list[dict[str, Any]]:
        tasks = [
            {
                "name": task.name,
                "title": title_of(task.name),
                "state": task.state,
                "heartbeat_age_s": round(task.heartbeat_age_s, 1),
                "restarts": task.restarts,
                "last_error": task.last_error,
            }
            for task in self._tasks()
        ]
        return tasks + self._processes()

    def _gate_status(self) -> dict[str, Any] | None:
        if self._gate is None:
            return None
        violations: dict[str, int] = {}
        for process in self._read_processes():
            violations |= process.get("violations") or {}
        return {"admitted": self._gate.admitted, "refused": dict(self._gate.refused), "violations": violations}

    def _processes(self) -> list[dict[str, Any]]:
        try:
            age_s = time.time() - self._processes_file.stat().st_mtime
        except OSError:
            return []
        return [
            {
                "name": f"process {one['name']}",
                "title": title_of(f"process {one['name']}"),
                "state": one["state"],
                "heartbeat_age_s": round(age_s, 1),
                "restarts": one["restarts"],
                "last_error": one["last_error"] or None,
            }
            for one in self._read_processes()
        ]

    def _read_processes(self) -> list[dict[str, Any]]:
        try:
            return list(json.loads(self._processes_file.read_text()))
        except (OSError, ValueError):
            return []


def _mail(post: PostOffice) -> dict[str, Any]:
    found = post.counters
    return {
        "waiting": post.waiting,
        "sent": found.sent,
        "failures": found.failures,
        "given_up": found.given_up,
        "last_error": found.last_error,
        "last_error_at": to_text(found.last_error_at) if found.last_error_at is not None else None,
    }


def _notifications(notifier: Notifier) -> dict[str, Any]:
    return {"waiting": notifier.deliveries.count_waiting(), **asdict(notifier.tally)}


def _address(section: Listening, client_certificates: str) -> dict[str, Any]:
    return {
        "host": section.host,
        "port": section.port,
        "tls": section.tls,
        "client_certificates": client_certificates,
    }


def narrowed(
    report: Mapping[str, Any], sees_site: Callable[[int], bool], sees_device: Callable[[str], bool]
) -> dict[str, Any]:
    """The report for somebody who does not see the whole installation: nothing of foreign sites and devices.

    What belongs to no site (mail, notifications, external brokers) is for those who see all.
    """
    told = dict(report) | {"mail": None, "notifications": None, "brokers": []}
    told["connections"] = [one for one in report["connections"] if sees_site(one["site_id"])]
    if report["gate"] is not None:
        violations = {device: times for device, times in report["gate"]["violations"].items() if sees_device(device)}
        told["gate"] = report["gate"] | {"violations": violations}
    return told | {"warnings": warnings(told)}


def warnings(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What somebody should look at."""
    found = []
    if report["log"]["error"]:
        found.append(
            _warning(
                "log_unavailable",
                "O registro durável não responde; nada é aceito agora.",
                "The log does not answer; nothing is accepted now.",
            )
        )
    for stream in report["log"]["streams"]:
        if stream["fill"] >= WARN_FILL:
            percent = round(stream["fill"] * 100)
            found.append(
                _warning(
                    "stream_filling",
                    f"{stream['name']} está {percent} % cheio. Quando encher, novas leituras são recusadas. "
                    "Aumente log.max_bytes ou libere a causa do atraso.",
                    f"{stream['name']} is {percent} % full. When it is full, new readings are refused. "
                    "Raise log.max_bytes or mend what delays the store.",
                )
            )
    if report["registry"]["error"]:
        found.append(
            _warning(
                "registry_unavailable",
                f"O cadastro não responde; as leituras dos canais conhecidos continuam: {report['registry']['error']}",
                f"The registry does not answer; readings of known channels go on: {report['registry']['error']}",
            )
        )
    if report["store"]["error"]:
        found.append(
            _warning(
                "store_unavailable",
                f"O banco de leituras não grava: {report['store']['error']}",
                f"The store does not take readings: {report['store']['error']}",
            )
        )
    found += [
        _warning(
            "readings_missing",
            f"Leituras gravadas não podem ser lidas; recupere o arquivo de um backup: {gap}",
            f"Stored readings cannot be read; bring the file back from a backup: {gap}",
        )
        for gap in report["store"]["gaps"]
    ]
    if report["mail"] is not None and report["mail"]["last_error"]:
        waiting, error = report["mail"]["waiting"], report["mail"]["last_error"]
        found.append(
            _warning(
                "mail_failing",
                f"Mensagens por e-mail não saem ({waiting} esperam): {error}",
                f"Messages by e-mail are not sent ({waiting} wait): {error}",
            )
        )
    violations = report["gate"]["violations"] if report["gate"] is not None else {}
    found += [
        _warning(
            "forbidden_topic",
            f"{device} publicou {times} vezes onde não pode e foi desconectado.",
            f"{device} published {times} times where it may not and was disconnected.",
        )
        for device, times in violations.items()
    ]
    found += [
        _warning(
            "connection_lost",
            f"Conexão {one['name']}: sem comunicação; {one['trouble']}",
            f"Connection {one['name']}: not connected; {one['trouble']}",
        )
        for one in report["connections"]
        if one["trouble"] is not None
    ]
    found += [
        _warning(
            "broker_lost",
            f"Broker MQTT {one['name']}: não conectado; {one['trouble']}",
            f"MQTT broker {one['name']}: not connected; {one['trouble']}",
        )
        for one in report["brokers"]
        if one["trouble"] is not None
    ]
    found += [
        _warning(code, pt, en) | {"site_id": gateway["site_id"]}
        for gateway in report["gateways"]
        for code, pt, en in warnings_of(gateway)
    ]
    for task in report["tasks"]:
        title, state = task["title"], state_of(task["state"])
        error = f"; {task['last_error']}" if task["last_error"] else ""
        if task["state"] != "running":
            found.append(
                _warning(
                    "task_not_running",
                    *(f"{title[one]}: {state[one]}{error}" for one in ("pt", "en")),
                )
            )
        elif task["heartbeat_age_s"] > STALE_HEARTBEAT_S:
            age = round(task["heartbeat_age_s"])
            found.append(
                _warning(
                    "task_stale",
                    f"{title['pt']}: sem sinal de vida há {age} s.",
                    f"{title['en']}: no sign of life for {age} s.",
                )
            )
    return found


def _warning(code: str, pt: str, en: str) -> dict[str, Any]:
    return {"code": code, "text": {"pt": pt, "en": en}}
