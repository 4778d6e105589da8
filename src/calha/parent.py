"""What the core and the process that supervises it agree on, and that they end together.

Linux can end a child with its parent, however that dies; elsewhere a child is ended by its parent only.
"""

import ctypes
import signal
import sys

LOG_URL_VARIABLE = "_CALHA_LOG_URL"  # holds a password, therefore no argument
PROCESSES_FILE = "processes.json"  # state of the supervised processes, in the data folder

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


def end_with_parent() -> None:
    """Ask for SIGTERM when the parent dies, however it dies. Inherited by nobody; call it in the child."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
