"""`calha simulate plc`: an OPC UA server like the controller of a treatment plant."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calha.cli.options import Data, configuration
from calha.domain.errors import InvalidConfiguration

if TYPE_CHECKING:
    from calha.simulate.plc import PlcOptions

FOLDER = "simulated-plc"
SECURITIES = ("none", "sign", "encrypt", "aes128", "aes256")


def add_to(group: typer.Typer) -> None:
    group.command("plc", short_help="A PLC that speaks OPC UA, for Calha to read.")(plc)


def plc(
    host: Annotated[str, typer.Option(help="Address on which it listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of OPC UA.")] = 4840,
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between runs of its program.")] = 10.0,
    older: Annotated[bool, typer.Option("--older", help="Also the variables of the first generation.")] = False,
    stops: Annotated[bool, typer.Option("--stops/--no-stops", help="Whether its pumps are off now and then.")] = True,
    nodes: Annotated[int, typer.Option(min=0, max=100_000, help="Further variables that change each second.")] = 0,
    security: Annotated[
        list[str] | None, typer.Option(help="none, sign, encrypt (both Basic256Sha256), aes128, aes256; repeatable.")
    ] = None,
    user: Annotated[list[str] | None, typer.Option(help="NAME:PASSWORD of somebody it lets in; repeatable.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous/--no-anonymous", help="Whether it lets in anybody.")] = True,
    status: Annotated[
        list[str] | None, typer.Option(help="VARIABLE=CODE: vazao_saida2=BadSensorFailure; repeatable.")
    ] = None,
    certificates: Annotated[Path | None, typer.Option(help="Folder of its certificate.", show_default=False)] = None,
    data: Data = None,
) -> None:
    """Serve the variables of a treatment plant over OPC UA, for Calha or another client to read.

    Example: `calha simulate plc --port 4840 --interval 2 --security encrypt --user calha:secret`
    """
    from calha.simulate.plc import PlcOptions, serve
    from calha.simulate.plc_names import node_id

    logging.getLogger("asyncua").setLevel(logging.ERROR)
    folder = certificates or configuration(data, None).settings.data.folder / FOLDER
    try:
        options = PlcOptions(
            host=host,
            port=port,
            interval_s=interval,
            older=older,
            stops=stops,
            load_nodes=nodes,
            security=[_security(one) for one in security or ["none"]],  # type: ignore[misc]  # of SECURITIES
            users=dict(_pairs(user or [], ":", "--user")),
            anonymous=anonymous,
            status=dict(_pairs(status or [], "=", "--status")),
            folder=folder,
        )
        with suppress(KeyboardInterrupt):
            asyncio.run(serve(options, lambda: typer.echo(_welcome(options, node_id("vazao_saida1")))))
    except (ValueError, OSError) as error:
        raise InvalidConfiguration(str(error)) from None


def _welcome(options: "PlcOptions", example: str) -> str:
    return f"PLC at opc.tcp://{options.host}:{options.port}, for example with {example!r} (Ctrl-C ends it)"


def _security(name: str) -> str:
    if name not in SECURITIES:
        raise InvalidConfiguration(f"--security {name!r} is unknown; allowed: {', '.join(SECURITIES)}")
    return name


def _pairs(texts: Iterable[str], sign: str, option: str) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, found, value = text.partition(sign)
        if not found or not name:
            raise InvalidConfiguration(f"{option} {text!r} lacks its {sign!r}")
        yield name, value
