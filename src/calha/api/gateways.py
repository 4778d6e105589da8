"""A gateway as the API and the metrics show it."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from calha.api.schemas_gateways import Gateway, GatewayLane, GatewayPlc, GatewayReport
from calha.config.listening import GatewaysSection
from calha.domain import link
from calha.domain.directory import Directory
from calha.domain.link import PlcReport
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, to_datetime, to_micros, to_text
from calha.ingest.gateways import GatewayState

CLOCK_OFF_S = 60.0
FILLING = 0.8
SILENT_AFTER_S = 10.0  # it reports every two seconds
NEVER = GatewayState()


def gateways_of(
    directory: Directory, states: Mapping[str, GatewayState], section: GatewaysSection, now: Micros
) -> list[Gateway]:
    """Those of the directory, by key."""
    found = sorted(key for key, entry in directory.devices.items() if entry.profile == link.PROFILE)
    return [gateway_of(key, directory, states.get(key, NEVER), section, now) for key in found]


def gateway_of(
    device: str, directory: Directory, state: GatewayState, section: GatewaysSection, now: Micros
) -> Gateway:
    """device: one that is registered."""
    behind = sum(key != device and directory.reports_through(key, device) for key in directory.devices)
    scheme = "tls-leaf" if section.tls else "nats-leaf"
    return Gateway(
        device=device,
        site_id=directory.devices[device].site,
        state=_state(state, now),
        heard_at=to_datetime(state.heard_at) if state.heard_at else None,
        devices=behind,
        hub=f"{scheme}://:{section.port}" if section.enabled else None,
        report=_report(state),
    )


def _state(state: GatewayState, now: Micros) -> Literal["never", "linked", "silent"]:
    if not state.heard_at:
        return "never"
    return "linked" if now - state.heard_at <= SILENT_AFTER_S * SECOND_US else "silent"


def _report(state: GatewayState) -> GatewayReport | None:
    report = state.report
    if report is None:
        return None
    live, backlog = report.live, report.backlog
    return GatewayReport(
        version=report.version,
        started_at=to_datetime(report.started_at),
        messages=report.messages,
        bytes=report.bytes,
        oldest_at=to_datetime(report.oldest_at) if report.oldest_at else None,
        live=GatewayLane(messages=live.messages, lag_s=live.lag_s, shipped=state.shipped["live"]),
        backlog=GatewayLane(messages=backlog.messages, lag_s=backlog.lag_s, shipped=state.shipped["backlog"]),
        fill=report.fill,
        refused=report.refused,
        clock_ahead_s=round(state.ahead_s, 1),
        warnings=report.warnings,
        plcs=[_plc(one) for one in report.plcs],
    )


def _plc(plc: PlcReport) -> GatewayPlc:
    since = to_datetime(plc.since) if plc.since else None
    last_at = to_datetime(plc.last_at) if plc.last_at else None
    return GatewayPlc.model_validate(msgspec.structs.asdict(plc) | {"since": since, "last_at": last_at})


def warnings_of(gateway: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(code, pt, en) of what somebody should look after; gateway: a Gateway as plain data."""
    name, report = gateway["device"], gateway["report"]
    if gateway["state"] == "silent":
        at = to_text(to_micros(gateway["heard_at"]))
        yield (
            "gateway_silent",
            f"O gateway {name} está sem ligação desde {at}. Ele guarda em disco o que seus dispositivos enviam.",
            f"The gateway {name} has not been linked since {at}. It keeps on disk what its devices send.",
        )
    if report is None:
        return
    if report["fill"] >= FILLING:
        percent = round(100 * report["fill"])
        yield (
            "gateway_filling",
            f"O registro do gateway {name} está {percent} % cheio. Quando encher, ele recusa dispositivos.",
            f"The log of the gateway {name} is {percent} % full. When it is full, it refuses devices.",
        )
    for plc in report["plcs"]:
        if gateway["state"] == "linked" and plc["trouble"]:
            what = f"{plc['name']} ({plc['device']})"
            yield (
                "gateway_plc_lost",
                f"O gateway {name} não lê o CLP {what}: {plc['trouble']}",
                f"The gateway {name} does not read the PLC {what}: {plc['trouble']}",
            )
    if abs(report["clock_ahead_s"]) >= CLOCK_OFF_S:
        off = round(report["clock_ahead_s"])
        yield (
            "gateway_clock",
            f"O relógio do gateway {name} difere {off:+d} s do nosso. Acerte-o (NTP), pois data leituras sem horário.",
            f"The clock of the gateway {name} differs by {off:+d} s from ours. Set it (NTP): it dates readings without a time.",
        )
