"""The command line. Each command is one module; what it needs is imported when it runs, so that help is quick."""

import sys

import typer

from calha import __version__
from calha.cli import accounts, bench, config, data, databutcher, demo, doctor, edge, invoices, nodes, simulate, up
from calha.domain.errors import CalhaError, FolderInUse, InvalidConfiguration

app = typer.Typer(
    name="calha",
    help="Telemetry for utilities, plants and machines. Every acknowledged reading is on disk.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(f"calha {__version__}")
        raise typer.Exit


for register in (up, edge, nodes, demo, simulate, doctor, data, databutcher, accounts, invoices, bench, config):
    register.add_to(app)


def main() -> None:
    """Run a command; an error of ours is a sentence on stderr and an exit code: 2 configuration, 3 folder, 1 other."""
    try:
        app()
    except InvalidConfiguration as error:
        _fail(str(error), 2)
    except FolderInUse as error:
        _fail(str(error), 3)
    except CalhaError as error:
        _fail(str(error), 1)


def _fail(message: str, code: int) -> None:
    for line in message.splitlines():
        sys.stderr.write(f"calha: {line}\n")
    sys.exit(code)
