"""What nobody uses costs nothing."""

import subprocess
import sys


def test_asyncua_is_not_loaded_before_there_is_something_to_connect_to():
    told = "import sys, calha.app; print('asyncua' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "False"
