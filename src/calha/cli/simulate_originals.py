"""`calha simulate originals`: devices of replaced systems, which speak as their own programs do."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from calha.domain.errors import ConnectionFailed, InvalidConfiguration

if TYPE_CHECKING:
    from calha.simulate.originals import Told, Where

MENDED = (
    "See whether Calha runs there and takes these devices (`calha doctor` tells its ports, the guides of moving what each kind "
    "needs), or name another place with --host and the option of the kind."
)


def add_to(group: typer.Typer) -> None:
    group.command("originals", short_help="Devices of the systems that Calha replaces.")(originals)


def originals(
    coiot: Annotated[int | None, typer.Option(help="Port of COIOT meters.")] = None,
    sensorflow: Annotated[int | None, typer.Option(help="Port of SensorFlow stations.")] = None,
    eta: Annotated[int | None, typer.Option(help="MQTT port of ETA flow's gateway.")] = None,
    hidrometro: Annotated[int | None, typer.Option(help="MQTT port of Hidrômetro Inteligente's meters.")] = None,
    databutcher: Annotated[int | None, typer.Option(help="Port of DataButcher's machines.")] = None,
    mqtt_port: Annotated[int, typer.Option(help="MQTT port of DataButcher's machines.")] = 1883,
    code: Annotated[list[str] | None, typer.Option(help="Code of a machine, for each of them; repeatable.")] = None,
    devices: Annotated[int, typer.Option("--devices", "-n", min=1, max=1_000, help="How many of each.")] = 2,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between readings of a device.")] = 1.0,
    host: Annotated[str, typer.Option(help="Where Calha is.")] = "127.0.0.1",
    duration: Annotated[float | None, typer.Option(help="Seconds to run; until Ctrl-C when missing.")] = None,
) -> None:
    """Report as the devices of COIOT, SensorFlow, ETA flow, Hidrômetro Inteligente and DataButcher do, each kind on its port.

    Example: `calha simulate originals --coiot 4005 --sensorflow 8000 --devices 5`
    """
    from calha.simulate.originals import Where, run

    ports = {"coiot": coiot, "sensorflow": sensorflow, "eta": eta, "hidrometro": hidrometro, "databutcher": databutcher}
    if not any(ports.values()):
        raise InvalidConfiguration(f"name the port of at least one kind: {', '.join(f'--{kind}' for kind in ports)}")
    if databutcher is not None and len(code or ()) != devices:
        raise InvalidConfiguration(f"--databutcher: give the code of each of the {devices} machines with --code")
    codes = tuple(code or ())
    kinds = {
        kind: Where(host, port, mqtt_port, codes if kind == "databutcher" else ())
        for kind, port in ports.items()
        if port is not None
    }
    with suppress(KeyboardInterrupt):
        outcome = asyncio.run(run(kinds, devices, interval, duration))
        for kind, told in outcome.items():
            cut_off = f", cut off {told.cut_off} times ({told.why})" if told.cut_off else ""
            typer.echo(f"{kind}: {told.answered} readings were answered{cut_off}")
        unheard = [_unheard(kind, kinds[kind], told) for kind, told in outcome.items() if told.answered == 0]
        if unheard:
            raise ConnectionFailed("\n".join([*unheard, MENDED]), "unreachable")


def _unheard(kind: str, where: "Where", told: "Told") -> str:
    why = f"; the last connection ended so: {told.why}" if told.cut_off else ""
    return f"{kind}: no reading was answered at {where.host}, port {where.port}{why}"
