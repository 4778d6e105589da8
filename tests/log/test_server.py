import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from calha.domain.errors import FolderInUse, InvalidConfiguration
from calha.log import child, ports
from calha.log import server as module
from calha.log.connection import Connection
from calha.log.mqtt_source import MqttMessage, MqttSource
from calha.log.publisher import Publisher
from calha.log.server import LogServer
from calha.log.server_config import ServerFolder
from calha.log.streams import MQTT, Streams
from log.helpers import a_batch, collect, eventually, publish
from servers import SMALL, connected_shard, running_log


async def test_a_killed_server_is_restarted_and_says_why(server: LogServer, connection: Connection) -> None:
    assert (server.state, server.restarts, server.last_error) == ("running", 0, None)
    first_pid = server.pid
    assert first_pid is not None
    os.kill(first_pid, signal.SIGKILL)
    await eventually(lambda: server.restarts == 1 and server.state == "running")
    assert server.last_error == "killed by signal 9"
    assert server.pid not in (None, first_pid)
    await connection.wait_connected(20)
    await Publisher(connection).publish(a_batch(1), "http")


async def test_a_server_that_does_not_come_back_is_tried_again_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_log(tmp_path) as (server, connection):
        real, calls = child.find_program, []

        def sometimes(asked: str | None) -> str:
            calls.append(asked)
            return real(asked) if len(calls) > 2 else "/bin/false"

        monkeypatch.setattr(child, "find_program", sometimes)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await eventually(lambda: server.restarts >= 3 and server.state == "running")
        await connection.wait_connected(20)


async def test_a_hung_server_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_INTERVAL_S", 0.1)
    monkeypatch.setattr(module, "PROBE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(module, "STOP_TIMEOUT_S", 0.5)
    async with running_log(tmp_path) as (server, connection):
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        await eventually(lambda: server.restarts == 1 and server.state == "running")
        await connection.wait_connected(30)


async def test_a_busy_mqtt_port_is_refused_naming_the_key_and_who_holds_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidConfiguration, match=rf"mqtt\.port = {port}.*in use by") as caught:
            await LogServer(replace(SMALL, mqtt_port=port), tmp_path).start()
        with pytest.raises(InvalidConfiguration, match=rf"log\.client_port = {port}"):
            await LogServer(replace(SMALL, client_port=port), tmp_path).start()
    if sys.platform.startswith("linux"):
        assert f"process {os.getpid()}" in str(caught.value)


async def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with running_log(tmp_path) as (first, connection):
        with pytest.raises(FolderInUse, match=str(os.getpid())):
            await LogServer(SMALL, tmp_path).start()
        assert first.state == "running"
        assert await Publisher(connection).publish(a_batch(1), "http") == 1


async def test_the_port_for_programs_stays_the_same_and_gives_way_when_it_is_taken(tmp_path: Path) -> None:
    async with running_log(tmp_path) as (server, _):
        first = server.endpoint.url
    async with running_log(tmp_path) as (server, _):
        assert server.endpoint.url == first
    with socket.create_server(("127.0.0.1", int(first.rpartition(":")[2]))):
        async with running_log(tmp_path) as (server, _):
            assert server.endpoint.url != first


async def test_a_server_left_behind_is_ended_first(tmp_path: Path) -> None:
    async with running_log(tmp_path):
        folder = ServerFolder(tmp_path)
    command = [child.find_program(None), "-c", str(folder.configuration)]
    left_behind = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    folder.pid.write_text(str(left_behind.pid))
    async with running_log(tmp_path) as (server, _), asyncio.timeout(90):
        await left_behind.wait()
        assert server.state == "running"


async def test_a_process_that_only_has_the_number_of_an_old_server_is_left_alone(tmp_path: Path) -> None:
    innocent = await asyncio.create_subprocess_exec("sleep", "60")
    ServerFolder(tmp_path).pid.write_text(str(innocent.pid))
    async with running_log(tmp_path):
        assert innocent.returncode is None
    innocent.kill()
    await innocent.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their parent")
async def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = f"""
import asyncio, pathlib
from calha.log.server import LogServer
from calha.log.settings import LogSettings
async def main():
    server = LogServer(LogSettings(mqtt_port=0), pathlib.Path({str(tmp_path)!r}))
    await server.start()
    print(server.pid, flush=True)
    await server.run()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
    parent.kill()
    await parent.wait()
    await eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in _state(pid))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


async def test_files_with_the_password_are_private(tmp_path: Path) -> None:
    async with running_log(tmp_path):
        for name in ("password", "nats-server.conf"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0


async def test_shards_can_be_added_but_not_taken_away(tmp_path: Path) -> None:
    settings = replace(SMALL, gated=True)
    async with running_log(tmp_path, replace(settings, shards=2)):
        pass
    with pytest.raises(InvalidConfiguration, match=r"log\.shards is 1, but 2 shards"):
        await LogServer(replace(settings, shards=1), tmp_path).start()
    async with running_log(tmp_path, replace(settings, shards=16)) as (server, _):
        sizes = [await _mqtt_budget(server, shard) for shard in range(16)]
    rest = SMALL.max_store_bytes - SMALL.readings_max_bytes - SMALL.quarantine_max_bytes
    assert sizes == [rest // 16 * 12 // 16] * 16


async def test_without_a_gate_the_first_shard_has_nearly_all_of_the_budget(tmp_path: Path) -> None:
    for settings in (replace(SMALL, gated=True), SMALL, replace(SMALL, gated=True), replace(SMALL, shards=6)):
        async with running_log(tmp_path, settings) as (server, _):
            sizes = [await _mqtt_budget(server, shard) for shard in range(settings.shards)]
    assert sizes[0] > 0.9 * sum(sizes)
    assert min(sizes) > 0


async def _mqtt_budget(server: LogServer, shard: int) -> int:
    async with connected_shard(server, shard) as connection:
        usage = await Streams(connection, SMALL).usage_of(MQTT)
        assert usage is not None
        return usage.max_bytes


async def test_a_store_from_before_there_were_shards_is_taken_over(tmp_path: Path) -> None:
    one = replace(SMALL, shards=1)
    async with running_log(tmp_path, one) as (server, connection):
        await Publisher(connection).publish(a_batch(1), "http")
        await publish(server.endpoint.mqtt_port, [("calha/v1/a/telemetry", b"waiting", 1)])
    accounts = tmp_path / "store" / "jetstream"
    (accounts / "CALHA").rename(accounts / "$G")
    for stream in (accounts / "DEVICES_0" / "streams").iterdir():
        stream.rename(accounts / "$G" / "streams" / stream.name)
    shutil.rmtree(accounts / "DEVICES_0")
    async with running_log(tmp_path) as (server, connection), connected_shard(server) as devices:
        assert await Publisher(connection).publish(a_batch(1), "http") == 2
        source = MqttSource(devices, SMALL)
        found: list[MqttMessage] = await collect(source.batches(), lambda found: len(found) >= 1)
        assert [one.payload for one in found] == [b"waiting"]


async def test_the_key_of_the_gate_is_private_and_stays(tmp_path: Path) -> None:
    settings = replace(SMALL, gated=True)
    async with running_log(tmp_path, settings) as (server, _):
        seed = server.endpoint.gate_seed
        assert seed is not None
        assert seed.startswith("SA")
        assert seed not in repr(server.endpoint)
    assert (tmp_path / "issuer-seed").stat().st_mode & 0o077 == 0
    async with running_log(tmp_path, settings) as (server, _):
        assert server.endpoint.gate_seed == seed
    async with running_log(tmp_path, SMALL) as (server, _):
        assert server.endpoint.gate_seed is None


async def test_an_existing_server_is_used_by_its_url_alone(tmp_path: Path) -> None:
    async with running_log(tmp_path) as (server, _):
        assert server.endpoint.url.startswith("nats://calha:")
        other = await Connection.open(f"nats://127.0.0.1:1,{server.endpoint.url}")
        assert await Publisher(other).publish(a_batch(1), "http") == 1
        await other.close()


def test_the_module_of_the_server_stays_light() -> None:
    heavy = ("numpy", "pydantic", "msgspec", "duckdb", "cryptography")
    code = f"import sys, calha.log.server; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_a_free_port_can_be_listened_on_and_a_busy_one_cannot() -> None:
    port = ports.free_port()
    assert ports.why_not("127.0.0.1", port) is None
    with socket.create_server(("127.0.0.1", port)):
        assert "in use by" in (ports.why_not("127.0.0.1", port) or "")
    assert ports.why_not("192.0.2.1", port)
