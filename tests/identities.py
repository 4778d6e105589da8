"""An OpenID Connect provider for tests, a real process beside ours, and who is known there."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ports import free_port

READY_WITHIN_S = 60.0
USERS = [
    {"sub": "u1", "email": "maria@example.org", "email_verified": True},
    {"sub": "u2", "email": "joao@example.org", "email_verified": False},
    {"sub": "u3", "email": "stranger@example.org", "email_verified": True},
    {"sub": "u4", "email": "maria@example.org", "email_verified": True},
]


@contextmanager
def openid_provider(folder: Path) -> Iterator[Mapping[str, str]]:
    """CALHA_… settings with which people sign in there."""
    port = free_port()
    claims = [part for user in USERS for part in ("--user-claims", json.dumps(user))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true", *claims]
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _until_it_answers(f"http://127.0.0.1:{port}", process)
        yield {
            "CALHA_OPENID_ISSUER": f"http://127.0.0.1:{port}",
            "CALHA_OPENID_CLIENT_ID": "calha",
            "CALHA_OPENID_CLIENT_SECRET": "not in the log",
            "CALHA_OPENID_NAME": "Company",
        }
    finally:
        process.terminate()
        process.wait()


def _until_it_answers(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            urllib.request.urlopen(f"{address}/.well-known/openid-configuration", timeout=1).close()
            return
        assert process.poll() is None, "the provider has ended"
        time.sleep(0.1)
    raise AssertionError("the provider does not answer")
