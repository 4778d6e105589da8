"""The command line. Each command is one module; what it needs is imported when it runs, so that help is quick."""

import sys
from collections.abc import Iterable
from importlib import import_module

import typer

from calha import __version__
from calha.domain.errors import CalhaError, FolderInUse, InvalidConfiguration

MODULES = (
    "up",
    "edge",
    "nodes",
    "demo",
    "simulate",
    "doctor",
    "health",
    "data",
    "databutcher",
    "accounts",
    "invoices",
    "report",
    "cleanings",
    "bench",
    "config",
)
ALONE = {
    "up",
    "edge",
    "health",
}  # what services run is read without the other commands, which takes a third of the time


def main() -> None:
    """Run a command; an error of ours is a sentence on stderr and an exit code: 2 configuration, 3 folder, 1 other."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        commands((asked,) if asked in ALONE else MODULES)()
    except InvalidConfiguration as error:
        _fail(str(error), 2)
    except FolderInUse as error:
        _fail(str(error), 3)
    except CalhaError as error:
        _fail(str(error), 1)


def commands(modules: Iterable[str] = MODULES) -> typer.Typer:
    """The command line with the commands of these modules."""
    app = typer.Typer(
        name="calha",
        help="Telemetry for utilities, plants and machines. Every acknowledged reading is on disk.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_version)
    for name in modules:
        import_module(f"calha.cli.{name}").add_to(app)
    return app


def _version(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(f"calha {__version__}")
        raise typer.Exit


def _fail(message: str, code: int) -> None:
    for line in message.splitlines():
        sys.stderr.write(f"calha: {line}\n")
    sys.exit(code)
