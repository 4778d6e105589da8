"""`calha simulate`: devices that behave like real ones, against a running Calha."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from socket import gaierror
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from calha.cli import simulate_originals, simulate_plc
from calha.cli.options import Data, configuration
from calha.domain.errors import CalhaError, InvalidConfiguration, NotSignedIn

if TYPE_CHECKING:
    from calha.simulate.run import Outcome

Over = Literal["mqtt", "http", "tcp"]

PORTS: dict[Over, int] = {"mqtt": 1883, "http": 8080, "tcp": 4000}
_HELP = """Devices that behave like real ones: fleets that send to a running Calha, and a PLC that it reads.

Example: `calha simulate water-meter --devices 20 --interval 10 --over mqtt --backfill 30d`
"""
MOST_LATITUDE, MOST_LONGITUDE = 85, 180
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


FLEETS = {
    "water-flow": "Treatment plants: flows, reservoir level, pump.",
    "water-meter": "Household water meters.",
    "energy-meter": "Electricity meters.",
    "machine": "Machines of a workshop.",
    "cip": "Cleaning-in-place stations.",
}


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(name="simulate", no_args_is_help=True, help=_HELP, rich_markup_mode="markdown")
    for kind, purpose in FLEETS.items():
        group.command(kind, short_help=purpose)(simulate)
    simulate_plc.add_to(group)
    simulate_originals.add_to(group)
    app.add_typer(group)


def simulate(
    context: typer.Context,
    devices: Annotated[int, typer.Option("--devices", "-n", min=1, help="How many.")] = 1,
    interval: Annotated[float, typer.Option(min=0.01, help="Seconds between readings of a device.")] = 5.0,
    over: Annotated[str, typer.Option(help="mqtt, http or tcp.")] = "mqtt",
    host: Annotated[str, typer.Option(help="Where Calha is.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port of the transport; its usual one when missing.")] = None,
    http_port: Annotated[int, typer.Option(help="Port of the API, where the devices are registered.")] = 8080,
    prefix: Annotated[str | None, typer.Option(help="Beginning of the device keys.")] = None,
    name: Annotated[str, typer.Option(help="Beginning of the devices' names; their kind when missing.")] = "",
    near: Annotated[str | None, typer.Option(help="Where they stand: latitude,longitude in degrees.")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="leak, stuck, spike, dropout or drift; repeatable.")] = None,
    backfill: Annotated[str | None, typer.Option(help="History to send first: 36h, 30d …")] = None,
    backfill_interval: Annotated[float | None, typer.Option(help="Seconds between readings of the history.")] = None,
    key: Annotated[
        str | None,
        typer.Option(help="API key that may configure and send; when missing, the one of --data is used."),
    ] = None,
    data: Data = None,
    duration: Annotated[float | None, typer.Option(help="Seconds to run; until Ctrl-C when missing.")] = None,
) -> None:
    """Send realistic readings: daily patterns, pumps that stop, noise, cleaning cycles, faults on request.

    Example: `calha simulate water-meter --devices 20 --interval 10 --over mqtt --backfill 30d --fault leak`
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from calha.accounts.keyring import Keyring
    from calha.simulate.faults import FAULTS
    from calha.simulate.run import register_over_http
    from calha.simulate.run import simulate as run

    token = key or Keyring.open(configuration(data, None).settings.data.folder).local_key
    kind = str(context.info_name)
    transport = _one_of(over, PORTS, "--over")
    faults = [_one_of(one, FAULTS, "--fault") for one in fault or []]
    place, span = parse_place(near) if near else None, parse_span(backfill) if backfill else None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=False) as progress:
        history = progress.add_task("history", total=None, visible=backfill is not None)

        def on_progress(acknowledged: int, total: int) -> None:
            progress.update(history, completed=acknowledged, total=total)

        with suppress(KeyboardInterrupt), _told_where(host, port or PORTS[transport], http_port):  # type: ignore[index]
            outcome = asyncio.run(
                run(
                    kind,
                    devices,
                    interval,
                    transport,  # type: ignore[arg-type]  # one of PORTS
                    host=host,
                    port=port or PORTS[transport],  # type: ignore[index]
                    token=token,
                    prefix=prefix or kind,
                    name=name,
                    near=place,
                    faults=faults,  # type: ignore[arg-type]  # of FAULTS
                    backfill=span,
                    backfill_interval_s=backfill_interval,
                    register=register_over_http(host, http_port, token),
                    duration_s=duration,
                    on_progress=on_progress,
                    on_live=_reporter(progress.console.print),
                )
            )
            typer.echo(_summary(outcome))


@contextmanager
def _told_where(host: str, port: int, http_port: int) -> Iterator[None]:
    """A Calha that cannot be reached, or does not know the key, is a sentence. Raises CalhaError."""
    try:
        yield
    except NotSignedIn as error:
        raise CalhaError(f"{error}. Name the folder of that Calha with --data, or an API key with --key") from error
    except (ConnectionError, TimeoutError, gaierror) as error:
        raise CalhaError(
            f"no Calha answers at {host}, ports {http_port} (API) and {port}: {error}. "
            "Start it, or say where it is with --host, --http-port and --port"
        ) from error


def parse_span(text: str) -> timedelta:
    """`90s`, `15m`, `36h`, `30d`, `2w`. Raises InvalidConfiguration."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text.strip().lower())
    if match is None:
        raise InvalidConfiguration(f"{text!r} is not a span of time; write it as 90s, 15m, 36h, 30d or 2w")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


def parse_place(text: str) -> tuple[float, float]:
    """`-8.05,-34.9`. Raises InvalidConfiguration."""
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", text)
    if match is None or abs(float(match[1])) > MOST_LATITUDE or abs(float(match[2])) > MOST_LONGITUDE:
        raise InvalidConfiguration(f"{text!r} is no place; write latitude and longitude as in --near=-8.05,-34.9")
    return float(match[1]), float(match[2])


def _one_of(given: str, allowed: Iterable[str], what: str) -> str:
    if given not in allowed:
        raise InvalidConfiguration(f"{what} {given!r} is unknown; allowed: {', '.join(allowed)}")
    return given


def _reporter(write: Callable[[str], None]) -> "Callable[[Outcome], None]":
    """Says every ten seconds how it goes."""
    calls = 0

    def report(outcome: "Outcome") -> None:
        nonlocal calls
        calls += 1
        if calls % 10 == 0:
            write(_summary(outcome))

    return report


def _summary(outcome: "Outcome") -> str:
    text = f"{outcome.devices} devices: {outcome.acknowledged} messages acknowledged"
    if outcome.refused or outcome.not_sent:
        text += f", {outcome.refused} refused ({outcome.last_refusal}), {outcome.not_sent} not sent"
    return text
