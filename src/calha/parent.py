"""Ending together with the process that started this one. Linux can; elsewhere a child is ended by its parent only."""

import ctypes
import signal
import sys

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


def end_with_parent() -> None:
    """Ask for SIGTERM when the parent dies, however it dies. Inherited by nobody; call it in the child."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
