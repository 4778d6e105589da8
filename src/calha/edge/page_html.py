"""A gateway's own status page as HTML. Pure: no I/O, no clock. Everything that is put in is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape

from calha.domain.connections import Mode
from calha.domain.link import LaneReport, PlcReport, Report
from calha.domain.readings import Micros
from calha.domain.times import SECOND_US, to_datetime
from calha.edge.page_text import TEXTS, Language

REFRESH_S = 3
NARROW = "\N{NO-BREAK SPACE}"  # so that no unit stands alone on a line
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")

STYLE = """
:root { color-scheme: light dark; --ground: light-dark(#f1f3f4, #16191b); --surface: light-dark(#fff, #1e2225);
  --line: light-dark(#d9dee1, #343a3f); --text: light-dark(#1c2326, #e4e8ea); --quiet: light-dark(#566168, #a2adb4);
  --warn: light-dark(#8a5a00, #f0b84a); }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 720px; margin: 0 auto; padding: 20px 16px 32px; }
h1 { font-size: 22px; margin: 0 0 12px; } h2 { font-size: 15px; margin: 0 0 8px; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 6px; padding: 14px 16px; margin: 0 0 12px; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 12px 20px; margin: 0; }
dt, .quiet { color: var(--quiet); font-size: 13px; } dd { margin: 2px 0 0; font-variant-numeric: tabular-nums; }
.warn { color: var(--warn); font-weight: 600; } p { margin: 0 0 6px; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; color: var(--quiet); font-weight: 400;
  font-size: 13px; }
td, th { padding: 4px 8px 4px 0; } td + td, th + th { text-align: right; font-variant-numeric: tabular-nums; }
a { color: inherit; }
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the log's disk budget."""

    name: str
    bytes: int
    max_bytes: int


@dataclass(slots=True)
class BrokerState:
    """published: readings since the start. last_at: when the broker acknowledged the last batch, 0 for never."""

    address: str
    published: int = 0
    waiting: int = 0
    last_at: Micros = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class PlcShown:
    """A PLC that the gateway reads. faults: by channel, why its node gives nothing; some, if there are many."""

    endpoint: str
    mode: Mode | None
    report: PlcReport
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page tells. linked_since: since when the link is as it is. doors: addresses at which
    devices are heard. troubles: tasks that do not run, and why."""

    gateway: str
    hub: str
    linked: bool
    linked_since: Micros
    error: str
    report: Report
    taken: int
    refused: Mapping[str, int]
    doors: Mapping[str, str]
    devices: int
    plcs: Sequence[PlcShown]
    broker: BrokerState | None
    parts: Sequence[Part]
    troubles: Mapping[str, str]


def page(shown: Shown, language: Language, zone: tzinfo, nonce: str) -> str:
    t = _Texts(language, zone)
    title = t("title", gateway=shown.gateway)
    other = "en" if language == "pt-BR" else "pt-BR"
    version = t("version", version=shown.report.version, n=REFRESH_S)
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH_S}">
<title>{title}</title>
<style nonce="{nonce}">{STYLE}</style>
</head>
<body><main>
<header><h1>{title}</h1><a href="?lang={other}" lang="{other}" hreflang="{other}">{t("other")}</a></header>
{_link(shown, t)}
{_facts(shown, t)}
{"".join(_plc(one, shown.report.now, t) for one in shown.plcs)}
{_broker(shown.broker, t)}
{_disk(shown.parts, t)}
{_troubles(shown.troubles, t)}
<p class="quiet">{version}</p>
</main></body>
</html>
"""


class _Texts:
    def __init__(self, language: Language, zone: tzinfo) -> None:
        self._texts = TEXTS[language]
        self._language = language
        self._zone = zone

    def __call__(self, key: str, **values: object) -> str:
        """A text with values, all of it escaped."""
        return escape(self._texts[key].format(**values))

    def name(self, word: str) -> str:
        """What stands for a word of ours; the word itself if nothing does. Not escaped."""
        return self._texts.get(word, word)

    def number(self, value: float) -> str:
        written = f"{value:,.0f}"
        return written.replace(",", ".") if self._language == "pt-BR" else written

    def size(self, size: float) -> str:
        unit = 0
        while size >= 1024 and unit < len(_UNITS) - 1:
            size, unit = size / 1024, unit + 1
        return f"{self.number(size)}{NARROW}{_UNITS[unit]}"

    def time(self, at: Micros) -> str:
        moment: datetime = to_datetime(at).astimezone(self._zone)
        return moment.strftime("%d/%m/%Y %H:%M:%S" if self._language == "pt-BR" else "%Y-%m-%d %H:%M:%S")

    def age(self, seconds: float) -> str:
        if seconds < 100:
            return f"{seconds:.0f}{NARROW}s"
        if seconds < 100 * 60:
            return f"{seconds / 60:.0f}{NARROW}min"
        return f"{seconds / 3600:.0f}{NARROW}h"


def _link(shown: Shown, t: _Texts) -> str:
    said = t("linked" if shown.linked else "cut", hub=shown.hub, since=t.time(shown.linked_since))
    lines = [f'<p role="status"{"" if shown.linked else " class=warn"}>{said}</p>']
    if not shown.linked:
        lines.append(f'<p class="quiet">{t("cut_help")}</p>')
    if shown.error:
        lines.append(f'<p class="quiet">{t("error", error=shown.error)}</p>')
    return f"<section>{''.join(lines)}</section>"


def _facts(shown: Shown, t: _Texts) -> str:
    report = shown.report
    waiting = t("messages", n=t.number(report.messages), size=t.size(report.bytes)) if report.messages else t("nothing")
    age_s = (report.now - report.oldest_at) / SECOND_US if report.oldest_at else 0.0
    refused = "; ".join(f"{reason}: {t.number(count)}" for reason, count in shown.refused.items())
    facts = {
        "waiting": waiting,
        "oldest": t("age", age=t.age(age_s)) if report.oldest_at else "—",
        "live": _lane(report.live, t),
        "backlog": _lane(report.backlog, t),
        "taken": t("since_start", n=t.number(shown.taken), since=t.time(report.started_at)),
        "refused": escape(refused) or "0",
        "doors": escape(" · ".join(f"{name} {address}" for name, address in shown.doors.items())),
        "devices": t.number(shown.devices) if shown.devices else t("no_devices"),
    }
    rows = "".join(f"<div><dt>{t(key)}</dt><dd>{text}</dd></div>" for key, text in facts.items())
    return f"<section><dl>{rows}</dl></section>"


def _lane(lane: LaneReport, t: _Texts) -> str:
    return t("lane", n=t.number(lane.messages), age=t.age(lane.lag_s)) if lane.messages else t("in_time")


def _plc(plc: PlcShown, now: Micros, t: _Texts) -> str:
    report = plc.report
    known = f"plc_{plc.mode or report.state}"
    facts = {
        "plc_state": t("plc_since", state=t.name(known), since=t.time(report.since)),
        "plc_nodes": t("plc_good", good=t.number(report.good), n=t.number(report.nodes)),
        "plc_last": t("age", age=t.age(max(0, now - report.last_at) / SECOND_US)) if report.last_at else "—",
        "plc_unsent": t.number(report.waiting),
    }
    if report.lost:
        facts["plc_lost"] = t.number(report.lost)
    rows = "".join(f"<div><dt>{t(key)}</dt><dd>{text}</dd></div>" for key, text in facts.items())
    trouble = f'<p class="warn">{t("error", error=report.trouble)}</p>' if report.trouble else ""
    faults = "".join(f"<p>{escape(channel)}: {escape(why)}</p>" for channel, why in plc.faults.items())
    head = f"<h2>{t('plc', name=report.name, device=report.device)}</h2>"
    return f'<section>{head}<p class="quiet">{escape(plc.endpoint)}</p>{trouble}<dl>{rows}</dl>{faults}</section>'


def _broker(broker: BrokerState | None, t: _Texts) -> str:
    if broker is None:
        return ""
    facts = {
        "broker_published": t.number(broker.published),
        "waiting": t.number(broker.waiting),
        "broker_last": t.time(broker.last_at) if broker.last_at else "—",
    }
    rows = "".join(f"<div><dt>{t(key)}</dt><dd>{text}</dd></div>" for key, text in facts.items())
    error = f'<p class="warn">{t("error", error=broker.error)}</p>' if broker.error else ""
    return f"<section><h2>{t('broker', address=broker.address)}</h2>{error}<dl>{rows}</dl></section>"


def _disk(parts: Iterable[Part], t: _Texts) -> str:
    rows = "".join(
        f"<tr><td>{escape(t.name(part.name))}</td><td>{t.size(part.bytes)} {t('of')} {t.size(part.max_bytes)}</td>"
        f"<td>{100 * part.bytes / part.max_bytes if part.max_bytes else 0:.0f} %</td></tr>"
        for part in parts
    )
    head = f"<tr><th>{t('part')}</th><th></th><th>{t('used')}</th></tr>"
    return f'<section><h2>{t("disk")}</h2><table>{head}{rows}</table><p class="quiet">{t("full_help")}</p></section>'


def _troubles(troubles: Mapping[str, str], t: _Texts) -> str:
    if not troubles:
        return ""
    rows = "".join(f"<p>{escape(name)}: {escape(error)}</p>" for name, error in troubles.items())
    return f'<section><h2 class="warn">{t("troubles")}</h2>{rows}</section>'
