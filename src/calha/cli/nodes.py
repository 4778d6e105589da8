"""`calha nodes`: the variables of a PLC, written as `[edge.plcs.channels]` wants them."""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from calha.certificates import FOLDER as CERTIFICATES
from calha.cli.options import ConfigFile, Data, configuration
from calha.domain.connections import Security, require_endpoint
from calha.domain.errors import ConnectionFailed, InvalidConfiguration

if TYPE_CHECKING:
    from calha.connectors.opcua.browse import Content, Found, Search
    from calha.connectors.opcua.session import Target

MAX_KEY_CHARS = 64
SECURITIES: tuple[Security, ...] = get_args(Security)


def add_to(app: typer.Typer) -> None:
    app.command()(nodes)


def nodes(
    endpoint: Annotated[str, typer.Argument(help="Address of the PLC: opc.tcp://10.0.0.5:4840")],
    words: Annotated[
        list[str] | None, typer.Argument(help="Only variables whose name or node id has all these words.")
    ] = None,
    security: Annotated[str, typer.Option(help=f"One of {', '.join(SECURITIES)}.")] = "none",
    user: Annotated[str, typer.Option(help="User name there; anonymous without one.")] = "",
    password: Annotated[
        str, typer.Option(envvar="PLC_PASSWORD", help="Asked for when missing.", show_default=False)
    ] = "",
    trusted: Annotated[str, typer.Option(help="SHA-256 of the certificate that the PLC must show.")] = "",
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """List the variables of a PLC with their values, as lines for the section `[edge.plcs.channels]` of a gateway.

    Example: `calha nodes opc.tcp://192.168.119.204:4840 vazao --security encrypt --user calha`
    """
    from calha.connectors.opcua.session import Target

    if security not in SECURITIES:
        raise InvalidConfiguration(f"--security {security!r} is unknown; allowed: {', '.join(SECURITIES)}")
    if user and not password:
        password = typer.prompt("Password", hide_input=True, err=True)
    target = Target(require_endpoint(endpoint), security, user, password, trusted)
    folder = configuration(data, config).settings.data.folder
    try:
        found, contents = asyncio.run(_look(target, folder, " ".join(words or [])))
    except ConnectionFailed as error:
        raise ConnectionFailed(f"{endpoint}: {error}", error.reason, error.offered) from None
    for line in lines(found.items, contents):
        typer.echo(line)
    if not found.items:
        typer.echo("No variable is called so.", err=True)
    elif not found.complete:
        typer.echo("There may be more: give further words.", err=True)


def lines(found: "Iterable[Found]", contents: "Iterable[Content]") -> Iterator[str]:
    """One for each variable; as a comment where no channel can take it."""
    used: set[str] = set()
    for one, content in zip(found, contents, strict=True):
        key = _unused(_key(one.child.name), used)
        told = f"{content.value} {content.unit}".strip() if content.value is not None else content.status
        line = f"{key} = {_quoted(one.child.node)}  # {_on_one_line(f'{told} ({content.type})')}"
        yield line if content.takes else f"# {line}: no channel can take it"


async def _look(target: "Target", folder: Path, words: str) -> "tuple[Search, list[Content]]":
    """Raises ConnectionFailed."""
    from calha.application_certificate import application_certificate
    from calha.connectors.opcua.browse import contents, search
    from calha.connectors.opcua.session import open_session

    async with open_session(target, application_certificate(folder / CERTIFICATES, "opcua")) as session:
        found = await search(session, words)
        return found, await contents(session, [one.child.node for one in found.items], with_units=True)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:MAX_KEY_CHARS] or "channel"


def _unused(key: str, used: set[str]) -> str:
    found = next(one for one in (key, *(f"{key}_{number}" for number in range(2, len(used) + 3))) if one not in used)
    used.add(found)
    return found


def _quoted(text: str) -> str:
    """As a basic string of TOML, with nothing in it that a terminal obeys."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _on_one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
