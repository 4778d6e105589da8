"""Starting a core, a hub's or a gateway's: its arguments, its configuration, its event loop, its exit code."""

import argparse
import asyncio
import json
import logging
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from calha.config.loading import load
from calha.config.settings import Settings
from calha.domain.errors import CalhaError, InvalidConfiguration
from calha.domain.readings import Micros
from calha.supervision import GATE_SEED_VARIABLE, LOG_URL_VARIABLE

EXIT_CONFIGURATION = 2

log = logging.getLogger(__name__)

Prepared = Coroutine[Any, Any, None]


def start(program: str, prepare: Callable[[Settings, str | None], Prepared]) -> int:
    """Run a core to its end; the exit code.

    prepare: takes the settings and the log's address, and whatever must be free (ports) before anything starts.
    """
    arguments = _arguments(program)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        settings = load(json.loads(arguments.flags), arguments.config).settings
        running = prepare(settings, os.environ.pop(LOG_URL_VARIABLE, None))
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(running)
    except CalhaError as error:
        log.error("%s", error)
        return EXIT_CONFIGURATION if isinstance(error, InvalidConfiguration) else 1
    return 0


def gate_seed() -> str:
    """The key with which answers at the gate are signed; taken out of the environment, where others could read it."""
    return os.environ.pop(GATE_SEED_VARIABLE)


def micros_now() -> Micros:
    return time.time_ns() // 1_000


def _arguments(program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--flags", default="{}")
    parser.add_argument("--config", type=Path)
    return parser.parse_args()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
