"""What a person can be told is wrong, he is told in his language: every reason has a text in the web app's catalogues."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from calha.domain import errors

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "calha"
# The routes of accounts, devices, claims and commands, and what stands behind them.
FOLDERS = ("accounts", "commands", "store/accounts")
ROUTES = (
    "account",
    "bulk",
    "claims",
    "commands",
    "connection_nodes",
    "connections",
    "devices",
    "labels",
    "notifications",
    "people",
    "profiles",
    "provisioning",
    "reports",
)
ROUTES += ("quarantine", "readings", "session", "sites", "status", "teams", "telemetry")
FILES = ("api/access.py", "api/bodies.py", "api/people.py", "api/problems.py", "ingest/spreadsheet.py")
FILES += tuple(f"api/routes/{name}.py" for name in ROUTES)
FOLDERS += ("store/dashboards", "store/notify", "watch/notify")
FILES += ("api/dashboards.py", "api/routes/dashboards.py", "api/routes/dashboard_files.py")
FILES += ("api/routes/shared_dashboards.py",)
FILES += (
    "api/based.py",
    "api/notify.py",
    "api/routes/message_templates.py",
    "domain/message_templates.py",
    "domain/notices.py",
)
FILES += tuple(f"domain/{name}.py" for name in ("claim_codes", "commands", "connections", "device_table", "formulas"))
FILES += (
    "domain/report_definitions.py",
    "domain/schedules.py",
    "api/routes/open_credits.py",
    "metering/credits.py",
    "metering/estimating.py",
    "reports/kinds/consumption.py",
    "reports/kinds/ground.py",
)
FILES += tuple(f"reports/{name}.py" for name in ("delivery", "making", "runs", "schedules"))
FILES += ("store/billing/credits.py",)
FILES += tuple(f"connectors/opcua/{name}.py" for name in ("browse", "link", "session", "subscription"))
FILES += tuple(f"store/registry/{name}.py" for name in ("connections", "gateways", "profiles", "registry", "writing"))
# What speaks to devices, to other systems and to whoever runs the edge, and no person reads in the web app.
NOT_TO_PEOPLE = ("compat", "connectors", "edge", "ingest", "log", "simulate")
TO_PEOPLE = tuple(
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.CalhaError)
    and not issubclass(kind, errors.InvalidConfiguration | errors.FolderInUse | errors.CorruptBatch)
)
# Their class says it all.
WITHOUT_MORE = {"NotSignedIn", "TooManyTries", "InvalidProfile", "LogUnavailable", "TooLarge"}
ALWAYS = {"problem"}  # what the server said itself


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((SOURCE / folder).rglob("*.py"))
    yield from (SOURCE / name for name in FILES)


def others() -> Iterator[Path]:
    """All else that may tell a person: there an error needs no reason of its own, but one that it has needs a text."""
    whole = set(modules())
    yield from (
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if path not in whole and path.relative_to(SOURCE).parts[0] not in NOT_TO_PEOPLE
    )
    yield SOURCE / "ingest" / "service.py"


def told() -> Iterator[tuple[str, str, set[str]]]:
    """(where, reason, names of what it speaks of) of each error that is raised for people, and of the edge's own."""
    for path in modules():
        yield from _told_in(path)
    for path in others():
        yield from (one for one in _told_in(path) if one[1])


def _told_in(path: Path) -> Iterator[tuple[str, str, set[str]]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield from _of_call(f"{path.relative_to(SOURCE)}:{node.lineno}", node)


def _of_call(where: str, call: ast.Call) -> Iterator[tuple[str, str, set[str]]]:
    name = getattr(call.func, "id", "")
    about = ALWAYS | {keyword.arg for keyword in call.keywords if keyword.arg is not None}
    about |= {"seconds"} if name == "TooManyTries" else set()
    if name in TO_PEOPLE:
        named = call.args[1] if len(call.args) > 1 else None
        default = getattr(errors, name).reason if name in WITHOUT_MORE else ""
        yield where, str(named.value) if isinstance(named, ast.Constant) else default, about
    if name == "_Unreadable":
        yield from (
            (where, str(one.value), about | {"place"}) for one in call.args[2:] if isinstance(one, ast.Constant)
        )
    if name == "problem":
        reasons = [one.value for one in call.keywords if one.arg == "reason"]
        yield from ((where, str(one.value), set()) for one in reasons if isinstance(one, ast.Constant))
    if name == "Fault":
        yield from ((where, f"fault.{one.value}", set()) for one in call.args[:1] if isinstance(one, ast.Constant))


def catalogue(language: str) -> dict[str, str]:
    text = "\n".join(path.read_text() for path in sorted((ROOT / "web" / "src" / "i18n").glob(f"*.{language}.ts")))
    return dict(re.findall(r'^  "((?:problem|fault)\.\w+)": "((?:[^"\\]|\\.)*)",$', text, re.MULTILINE))


def key(reason: str) -> str:
    return reason if reason.startswith("fault.") else f"problem.{reason}"


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_reason_has_a_text_that_needs_no_more_than_the_error_tells(language):
    texts = catalogue(language)
    assert texts
    wrong = []
    for where, reason, about in told():
        text = texts.get(key(reason))
        if not reason or text is None:
            wrong.append(f"{where}: no text for {reason!r}")
        elif not set(re.findall(r"\{(\w+)\}", text)) <= about:
            wrong.append(f"{where}: {text!r} wants more than {sorted(about)}")
    assert wrong == []


def test_no_text_is_for_a_reason_that_is_never_given():
    given = {key(reason) for _, reason, _ in told()} | {key(getattr(errors, name).reason) for name in TO_PEOPLE}
    given |= {key(kind("").reason) for kind in (errors.UnknownUnit, errors.IncompatibleUnits)}
    assert sorted(catalogue("en").keys() - given) == ["problem.invalid_request"]
