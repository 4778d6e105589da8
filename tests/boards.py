"""The programs in `firmware/`, run on this machine: the sketches compiled with a board of ours, the station by Python."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from databases import require

FIRMWARE = Path(__file__).parents[1] / "firmware"
STAND_INS = Path(__file__).parent / "firmware"
BOARD, PICO = STAND_INS / "board", STAND_INS / "pico"
CJSON, MOSQUITTO = Path("/usr/include/cjson"), Path("/usr/include/mosquitto.h")
STATION = "cip-station"
FLAGS = ["-std=gnu++17", "-O0", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]
SECONDS_A_MINUTE, INTERVAL_MS = 20, 200


class Program:
    """A program of `firmware/`, connected to a port as a device. pins: what its board measures."""

    def __init__(self, name: str, folder: Path, port: int, device: str, secret: str, **pins: str) -> None:
        folder.mkdir(exist_ok=True)
        command = (
            _station(folder, port, device, secret) if name == STATION else _sketch(name, folder, port, device, secret)
        )
        env = os.environ | {"KEPT": str(folder), "PULSE_MS": "10"} | pins
        self._output = folder / "output.txt"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=env)

    @property
    def said(self) -> list[str]:
        """Its lines so far: each reading as it is taken, and what it does to its pins."""
        text = self._output.read_text()
        assert self._process.poll() is None, text
        return text[: text.rfind("\n") + 1].splitlines()

    @property
    def measured(self) -> list[dict[str, float]]:
        lines = [line.strip("{}") for line in self.said if line.startswith(('"', "{"))]
        return [json.loads(f"{{{line}}}") for line in lines]

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def running_program(
    name: str, folder: Path, port: int, device: str, secret: str = "-", **pins: str
) -> Iterator[Program]:
    program = Program(name, folder, port, device, secret, **pins)
    try:
        yield program
    finally:
        program.end()


def _sketch(name: str, folder: Path, port: int, device: str, secret: str) -> list[str]:
    require(str(CJSON) if CJSON.exists() and MOSQUITTO.exists() else None, "libcjson-dev and libmosquitto-dev")
    known = {
        "CALHA_HOST": "127.0.0.1",
        "CALHA_PORT": port,
        "DEVICE": device,
        "SECRET": secret,
        "INTERVAL_MS": INTERVAL_MS,
    }
    example = (FIRMWARE / name / "src" / "config.example.h").read_text()
    (folder / "config.h").write_text(_filled_in(example, r"(#define {} ).*", known))
    sources = [FIRMWARE / name / "src" / "main.cpp", BOARD / "board.cpp"]
    includes = [f"-I{one}" for one in (folder, FIRMWARE / "lib" / "calha", BOARD, CJSON)]
    command = ["g++", *FLAGS, *includes, *sources, "-lmosquitto", "-lcjson", "-o", folder / "program"]
    compiled = subprocess.run(command, capture_output=True, text=True)
    assert compiled.returncode == 0, compiled.stderr
    return [str(folder / "program")]


def _station(folder: Path, port: int, device: str, secret: str) -> list[str]:
    example = (FIRMWARE / STATION / "config.example.py").read_text()
    where = {"HOST, PORT": ("127.0.0.1", port), "DEVICE, SECRET": (device, secret)}
    known = where | {"EACH_MS": INTERVAL_MS, "SECONDS_A_MINUTE": SECONDS_A_MINUTE}
    (folder / "config.py").write_text(_filled_in(example, r"({} = ).*", known))
    return [sys.executable, "-u", str(PICO / "run.py"), str(folder), str(FIRMWARE / STATION)]


def _filled_in(example: str, line: str, known: Mapping[str, object]) -> str:
    """The example of a configuration with other values."""
    for name, value in known.items():
        told = json.dumps(value) if isinstance(value, str | int) else ", ".join(map(json.dumps, value))
        example, count = re.subn(line.format(name), lambda found, told=told: found[1] + told, example)
        assert count == 1, f"{name} is not in the example of a configuration"
    return example
