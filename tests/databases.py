"""Private MariaDB and PostgreSQL servers for the tests: real ones, in a temporary folder, on free ports, ended afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ports import free_port

READY_WITHIN_S = 60.0


def require(program: str | None, name: str) -> str:
    """The program, or a skip that says why; in CI nothing is skipped."""
    if program is None:
        message = f"{name} is not installed"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """A registry URL on a fresh MariaDB."""
    server = require(shutil.which("mariadbd") or _existing("/usr/sbin/mariadbd"), "mariadb-server")
    data, port = folder / "mariadb", free_port()
    me = pwd.getpwuid(os.getuid()).pw_name
    # Of its own, because a MariaDB that starts deletes the temporary tables of all others there.
    temporary = folder / "mariadb-tmp"
    temporary.mkdir()
    common = ["--no-defaults", f"--datadir={data}", f"--user={me}", f"--tmpdir={temporary}"]
    install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    laid = subprocess.run(install, text=True, capture_output=True, check=False)
    assert laid.returncode == 0, laid.stderr + laid.stdout
    options = [
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--socket={folder}/mariadb.sock",
        "--innodb-flush-method=fsync",
    ]
    with _running([server, *common, *options]):
        _until_it_answers(port)
        import pymysql

        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            with suppress(pymysql.err.OperationalError):
                with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection:
                    connection.cursor().execute("CREATE DATABASE calha CHARACTER SET utf8mb4")
                break
            assert time.monotonic() < deadline, "MariaDB does not answer"
            time.sleep(0.2)
        yield f"mariadb://root@127.0.0.1:{port}/calha?charset=utf8mb4"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A registry URL on a fresh PostgreSQL, which refuses to run as root and gets the user postgres then."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    server = Path(require(str(found[-1]) if found else shutil.which("postgres"), "postgresql"))
    data, port = folder / "postgresql", free_port()
    data.mkdir(parents=True)
    as_user: list[str] = []
    if os.getuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(data, "postgres", "postgres")
        for parent in (data.parent, *data.parent.parents):
            if parent == Path("/tmp") or parent == Path("/"):
                break
            parent.chmod(0o755)
    initdb = [*as_user, str(server.with_name("initdb")), "-D", str(data), "-A", "trust", "-U", "calha", "-E", "UTF8"]
    subprocess.run(initdb, check=True, capture_output=True)
    with _running([*as_user, str(server), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", ""]):
        _until_it_answers(port)
        import pg8000.dbapi

        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            with suppress(pg8000.dbapi.Error, pg8000.dbapi.InterfaceError):
                connection = pg8000.dbapi.connect("calha", "127.0.0.1", "postgres", port)
                connection.autocommit = True
                connection.cursor().execute("CREATE DATABASE calha")
                connection.close()
                break
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.2)
        yield f"postgresql://calha@127.0.0.1:{port}/calha"


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def _until_it_answers(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail(f"no database answers on port {port}")


def _existing(path: str) -> str | None:
    return path if Path(path).exists() else None
