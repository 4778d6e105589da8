import os
import subprocess
import sys

from bench.processes import cpu_s, descendants, usage

GRANDCHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"


def test_children_and_grandchildren_are_counted():
    child = subprocess.Popen([sys.executable, "-c", GRANDCHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        assert len(descendants(child.pid)) == 2
        assert descendants(child.pid)[0] == child.pid
        found = usage(child.pid)
        assert len(found) == 2
        assert all(0 < one.pss_bytes <= one.rss_bytes for one in found)
    finally:
        child.communicate(b"\n")
    assert usage(child.pid) == []


def test_cpu_time_grows_with_work():
    before = cpu_s(os.getpid())
    sum(range(5_000_000))
    assert cpu_s(os.getpid()) > before
