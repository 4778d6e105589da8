"""While the registry's database does not answer, whoever asks is told so, and nobody waits long."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from calha.domain.errors import RegistryUnavailable
from calha.store.registry import Registry, outages
from calha.store.registry.engines import engine_for
from disks import small_disk
from ports import free_port
from registries import lay_empty_registry

SERVERS = ("mariadb", "postgresql")


@pytest.fixture
def hanging() -> Iterator[int]:
    """The port of a server that lets everybody in and answers nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []
        threading.Thread(target=lambda: [kept.append(server.accept()) for _ in range(100)], daemon=True).start()
        yield server.getsockname()[1]
    for connection, _ in kept:
        connection.close()


@pytest.mark.parametrize("kind", SERVERS)
def test_a_database_that_is_not_there_is_told_at_once(kind):
    engine = engine_for(f"{kind}://calha@127.0.0.1:{free_port()}/calha")
    for _ in range(2):
        with pytest.raises(RegistryUnavailable, match="does not work now"), engine.connect():
            pass


@pytest.mark.parametrize("kind", SERVERS)
def test_a_database_that_hangs_holds_one_thread_up_and_no_other(kind, hanging, monkeypatch):
    patience = {driver: dict.fromkeys(given, 3) for driver, given in outages.CONNECT_ARGUMENTS.items()}
    monkeypatch.setattr("calha.store.registry.engines.CONNECT_ARGUMENTS", patience)
    engine = engine_for(f"{kind}://calha@127.0.0.1:{hanging}/calha")
    with pytest.raises(RegistryUnavailable, match="does not work now"), engine.connect():
        pass

    def ask(_: int) -> str:
        with pytest.raises(RegistryUnavailable) as told, engine.connect():
            pass
        return str(told.value)

    with ThreadPoolExecutor(5) as threads:
        told = list(threads.map(ask, range(5)))
    assert sum("does not work now" in one for one in told) == 1, "one finds out whether it answers again"
    assert sum(one == "the registry's database does not answer" for one in told) == 4


def test_a_file_that_another_program_keeps_locked_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr("calha.store.registry.engines.BUSY_TIMEOUT_MS", 100)
    registry = Registry.open(lay_empty_registry(tmp_path))
    with closing(sqlite3.connect(tmp_path / "registry.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RegistryUnavailable, match="locked"):
            registry.create_site("Norte", None, "America/Sao_Paulo")
    assert registry.create_site("Norte", None, "America/Sao_Paulo").name == "Norte"
    registry.close()


def test_a_full_disk_is_told_and_what_was_kept_is_still_there(tmp_path):
    with small_disk(tmp_path / "small", "4m"):
        registry = Registry.open(lay_empty_registry(tmp_path / "small"))
        site = registry.create_site("Norte", None, "America/Sao_Paulo")
        with pytest.raises(RegistryUnavailable, match="full"):
            for number in range(10_000):
                registry.add_event("test", severity="info", text={"pt": "x" * 9_000, "en": "x"}, data={"n": number})
        assert registry.site(site.id).name == "Norte"
        registry.close()


def test_a_mistake_of_ours_is_none_of_the_database(tmp_path):
    registry = Registry.open(lay_empty_registry(tmp_path))
    with pytest.raises(Exception, match="no such table") as told, registry.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1 FROM strangers")
    assert not isinstance(told.value, RegistryUnavailable)
    registry.close()
