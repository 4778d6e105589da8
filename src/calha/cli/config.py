"""`calha config`: what is in force, and where each value comes from."""

import typer
from rich.console import Console
from rich.table import Table

from calha.cli.options import ConfigFile, Data, configuration
from calha.config.keys import environment_name


def add_to(app: typer.Typer) -> None:
    config = typer.Typer(no_args_is_help=True, help="Show the configuration. Example: `calha config show`")
    config.command()(show)
    app.add_typer(config, name="config")


def show(data: Data = None, config: ConfigFile = None) -> None:
    """Print every setting, its value, and where the value comes from; secrets are masked.

    Example: `calha config show --config /etc/calha.toml`
    """
    table = Table("Key", "Value", "From", "Environment", "What it is for")
    for key, value, source, purpose in configuration(data, config).rows():
        table.add_row(key, value, source, environment_name(key), purpose)
    console = Console()
    Console(width=max(console.width, 160) if not console.is_terminal else None).print(table)
