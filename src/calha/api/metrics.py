"""The status report in Prometheus' text format (exposition format 0.0.4)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from calha.domain.written import OUTCOMES


def exposition(report: dict[str, Any]) -> str:
    return "".join(_lines(report))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    ingest, store = report["ingest"], report["store"]
    yield _head("calha_readings_total", "counter", "Readings by where they ended since the start.")
    for outcome in OUTCOMES:
        yield _line("calha_readings_total", ingest[outcome], outcome=outcome)
    for outcome in ("quarantined", "refused"):
        for reason, count in ingest[outcome].items():
            yield _line("calha_readings_total", count, outcome=outcome, reason=reason)
    yield _head("calha_readings_received_total", "counter", "Readings received since the start.")
    yield _line("calha_readings_received_total", ingest["received"])
    yield _head("calha_readings_on_the_way", "gauge", "Readings in the log that the store does not have yet.")
    yield _line("calha_readings_on_the_way", ingest["on_the_way"])
    yield _head("calha_stream_bytes", "gauge", "Size of a stream of the log.")
    yield _head("calha_stream_fill", "gauge", "Share of a stream's budget that is used up; at 1 new input is refused.")
    for stream in report["log"]["streams"]:
        yield _line("calha_stream_bytes", stream["bytes"], stream=stream["name"])
        yield _line("calha_stream_fill", stream["fill"], stream=stream["name"])
    yield _head("calha_store_readings", "gauge", "Readings in the store.")
    yield _line("calha_store_readings", store["readings"])
    yield _head("calha_store_bytes", "gauge", "Size of the store on disk.")
    yield _line("calha_store_bytes", store["size_bytes"])
    yield _head("calha_store_lag_messages", "gauge", "Messages of the log that the store has not taken.")
    yield _line("calha_store_lag_messages", store["lag_messages"])
    yield _head("calha_store_missing_readings", "gauge", "Readings in files of the store that cannot be read.")
    yield _line("calha_store_missing_readings", store["missing_readings"])
    if report["gate"] is not None:
        yield _head("calha_gate_total", "counter", "MQTT devices that asked to come in, by what became of it.")
        yield _line("calha_gate_total", report["gate"]["admitted"], outcome="admitted")
        for reason, count in report["gate"]["refused"].items():
            yield _line("calha_gate_total", count, outcome="refused", reason=reason)
        yield _head("calha_gate_violations_total", "counter", "Messages published where a device may not.")
        yield _line("calha_gate_violations_total", sum(report["gate"]["violations"].values()))
    if report["mail"] is not None:
        yield _head("calha_mail_total", "counter", "Messages by e-mail: sent, tries that failed, given up.")
        for outcome in ("sent", "failures", "given_up"):
            yield _line("calha_mail_total", report["mail"][outcome], outcome=outcome)
        yield _head("calha_mail_waiting", "gauge", "Messages that the mail server has not taken yet.")
        yield _line("calha_mail_waiting", report["mail"]["waiting"])
    notifications = report["notifications"]
    if notifications is not None:
        yield _head("calha_notifications_total", "counter", "Notifications: sent, failed for good, tries made again.")
        for outcome in ("sent", "failed", "retried"):
            yield _line("calha_notifications_total", notifications[outcome], outcome=outcome)
        yield _head("calha_notifications_waiting", "gauge", "Notifications that have not been sent yet.")
        yield _line("calha_notifications_waiting", notifications["waiting"])
    yield _head("calha_commit_milliseconds", "gauge", "Time of a commit, by quantile, of the last thousand.")
    for quantile in ("p50", "p99"):
        yield _line("calha_commit_milliseconds", store["commit_ms"][quantile], quantile=f"0.{quantile[1:]}")
    yield _head("calha_task_heartbeat_age_seconds", "gauge", "Time since a task's last sign of life.")
    yield _head("calha_task_restarts_total", "counter", "How often a task was started again.")
    for task in report["tasks"]:
        yield _line("calha_task_heartbeat_age_seconds", task["heartbeat_age_s"], task=task["name"])
        yield _line("calha_task_restarts_total", task["restarts"], task=task["name"])
    yield from _connections(report["connections"])
    yield from _brokers(report["brokers"])
    yield from _gateways(report["gateways"])
    yield _head("calha_warnings", "gauge", "Warnings of the System page that stand, by what is wrong.")
    for code, count in Counter(warning["code"] for warning in report["warnings"]).items():
        yield _line("calha_warnings", count, code=code)


def _connections(connections: list[dict[str, Any]]) -> Iterator[str]:
    yield _head("calha_connection_up", "gauge", "Whether a connection to another system is there.")
    yield _head("calha_connection_nodes", "gauge", "Nodes of a connection by how they are.")
    yield _head("calha_connection_last_value_age_seconds", "gauge", "Time since a connection brought a value.")
    yield _head("calha_connection_readings_total", "counter", "Readings of a connection put into the log.")
    yield _head("calha_connection_waiting_readings", "gauge", "Readings that the log has not taken yet.")
    yield _head("calha_connection_lost_total", "counter", "Readings of a connection that were lost, by cause.")
    for one in connections:
        name = one["name"]
        yield _line("calha_connection_up", int(one["state"] == "connected"), connection=name)
        for state, count in one["nodes"].items():
            yield _line("calha_connection_nodes", count, connection=name, state=state)
        if one["last_value_age_s"] is not None:
            yield _line("calha_connection_last_value_age_seconds", one["last_value_age_s"], connection=name)
        yield _line("calha_connection_readings_total", one["delivered"], connection=name)
        yield _line("calha_connection_waiting_readings", one["waiting"], connection=name)
        for cause, count in one["lost"].items():
            yield _line("calha_connection_lost_total", count, connection=name, cause=cause)


def _brokers(brokers: list[dict[str, Any]]) -> Iterator[str]:
    yield _head("calha_broker_up", "gauge", "Whether an external MQTT broker is connected.")
    yield _head("calha_broker_messages_total", "counter", "Messages taken from an external MQTT broker.")
    for one in brokers:
        yield _line("calha_broker_up", int(one["state"] == "connected"), broker=one["name"])
        yield _line("calha_broker_messages_total", one["messages"], broker=one["name"])


def _gateways(gateways: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not gateways:
        return
    yield _head("calha_gateway_linked", "gauge", "Whether a gateway is linked.")
    for one in gateways:
        yield _line("calha_gateway_linked", int(one["state"] == "linked"), gateway=one["device"])
    for name, _, kind, purpose in _OF_GATEWAYS:
        yield _head(name, kind, purpose)
    yield _head("calha_gateway_lag_seconds", "gauge", "Age of the oldest message that a lane of a gateway has to send.")
    yield _head("calha_gateway_shipped_total", "counter", "Messages that came from a gateway since the start, by lane.")
    for one in gateways:
        if (said := one["report"]) is not None:
            for name, field, _, _ in _OF_GATEWAYS:
                yield _line(name, said[field], gateway=one["device"])
            for lane in ("live", "backlog"):
                yield _line("calha_gateway_lag_seconds", said[lane]["lag_s"], gateway=one["device"], lane=lane)
                yield _line("calha_gateway_shipped_total", said[lane]["shipped"], gateway=one["device"], lane=lane)
    yield from _plcs(gateways)


def _plcs(gateways: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _head("calha_gateway_plc_up", "gauge", "Whether a gateway is connected to a PLC that it reads.")
    yield _head("calha_gateway_plc_nodes", "gauge", "Nodes of that PLC, by how they are.")
    yield _head("calha_gateway_plc_lost_total", "counter", "Readings of that PLC lost since the gateway was started.")
    for one in gateways:
        for plc in one["report"]["plcs"] if one["report"] is not None else ():
            names = {"gateway": one["device"], "plc": plc["name"]}
            yield _line("calha_gateway_plc_up", int(plc["state"] == "connected"), **names)
            yield _line("calha_gateway_plc_nodes", plc["good"], **names, state="good")
            yield _line("calha_gateway_plc_nodes", plc["nodes"] - plc["good"], **names, state="other")
            yield _line("calha_gateway_plc_lost_total", plc["lost"], **names)


_OF_GATEWAYS = (
    ("calha_gateway_waiting_messages", "messages", "gauge", "Messages that a gateway keeps and has not handed on."),
    ("calha_gateway_waiting_bytes", "bytes", "gauge", "Size of those messages."),
    ("calha_gateway_log_fill", "fill", "gauge", "Share of a gateway's log budget that is used up; at 1 it refuses."),
    ("calha_gateway_refused_total", "refused", "counter", "Messages that a gateway refused since it was started."),
    ("calha_gateway_clock_ahead_seconds", "clock_ahead_s", "gauge", "By how much a gateway's clock is before ours."),
)


def _head(name: str, kind: str, purpose: str) -> str:
    return f"# HELP {name} {purpose}\n# TYPE {name} {kind}\n"


def _line(name: str, value: float, **labels: str) -> str:
    written = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{written}}} {value}\n" if written else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
