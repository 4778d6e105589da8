"""Run main.py as MicroPython on a Pico would, with its clock. Arguments: the folders of its configuration and program."""

import runpy
import sys
import time
from pathlib import Path

folder, program = sys.argv[1:3]
sys.path[:0] = [folder, program]
time.sleep_ms = lambda ms: time.sleep(ms / 1000)
time.ticks_ms = lambda: time.monotonic_ns() // 1_000_000
time.ticks_diff = lambda later, earlier: later - earlier
runpy.run_path(str(Path(program) / "main.py"))
