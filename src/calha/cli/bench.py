"""`calha bench`: the benchmarks of the source tree."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from calha.domain.errors import NotFound

SOURCE_TREE = Path(__file__).parents[3]


def add_to(app: typer.Typer) -> None:
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(bench)


def bench(
    context: typer.Context, name: Annotated[str | None, typer.Argument(help="Which one; the list when missing.")] = None
) -> None:
    """Measure this machine with the benchmarks of the source tree; each states workload, machine and durability.

    Example: `calha bench ingest-tb`
    """
    if not (SOURCE_TREE / "bench" / "__main__.py").is_file():
        raise NotFound("the benchmarks come with the source tree, not with the installed package")
    command = [sys.executable, "-m", "bench", *([name] if name else []), *context.args]
    raise typer.Exit(subprocess.run(command, cwd=SOURCE_TREE, check=False).returncode)
