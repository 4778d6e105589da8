"""How long the search over everything takes among 10,000 devices, and what its picture of all names costs.

The registry alone, as a search asks it: SQLite, five sites, each device with the channels of a water-flow station. Words that
fit one device, a site's many, a channel of all, and nothing.
"""

import time
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.latency import Latency
from bench.report import Report, at_most
from calha.store.registry import NewDevice, Registry
from calha.store.registry.finding import Finder, Picture

DEVICES = 10_000
SITES = 5
TIMES = 100
LIMIT = 7
QUESTIONS = {"one device": "bomba 7777", "a site's many": "estacao 3", "a channel of all": "vazao", "nothing": "xyzzy"}


def main() -> int:
    report = Report("search", {"devices": DEVICES, "sites": SITES, "times": TIMES})
    with TemporaryDirectory() as folder:
        registry = filled(Path(folder))
        finder = Finder(registry)
        started = time.perf_counter()
        picture = finder.picture()
        report.result("drawn after a change", (time.perf_counter() - started) * 1_000, "ms")
        report.result("names of channels", len(picture.channels), "")
        for name, words in QUESTIONS.items():
            report.result(f"{name} ({words}), p99", asked(picture, words).p99_ms, "ms", at_most(100))
        report.result("memory of the picture", memory_bytes(registry) / 1e6, "MB")
        registry.close()
    return report.finish()


def filled(folder: Path) -> Registry:
    registry = Registry.open(f"sqlite:///{folder}/registry.sqlite")
    sites = [registry.create_site(f"Estação {number}", None, "America/Sao_Paulo").id for number in range(SITES)]
    devices = [
        NewDevice(f"bomba-{number}", "water_flow", f"Bomba de água {number}", site_id=sites[number % SITES])
        for number in range(DEVICES)
    ]
    registry.create_devices(devices, sites[0])
    return registry


def asked(picture: Picture, words: str) -> Latency:
    waits_ms = []
    for _ in range(TIMES):
        started = time.perf_counter()
        picture.find(words, lambda _: True, LIMIT)
        waits_ms.append((time.perf_counter() - started) * 1_000)
    return Latency.of(waits_ms)


def memory_bytes(registry: Registry) -> int:
    tracemalloc.start()
    kept = Finder(registry).picture()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.devices
    return taken
