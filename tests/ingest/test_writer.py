import asyncio
import threading
from contextlib import suppress
from pathlib import Path

from calha.ingest.writer import Commit, Writer
from calha.log.publisher import Publisher
from calha.log.readings import ReadingsSource
from calha.store.telemetry import Telemetry
from log.helpers import a_batch
from servers import running_log

MORE_THAN_THREADS = 100


async def test_readings_are_stored_while_questions_take_all_threads(tmp_path: Path) -> None:
    telemetry, answer = Telemetry.open(tmp_path / "telemetry"), threading.Event()
    commits: asyncio.Queue[Commit] = asyncio.Queue()
    async with running_log(tmp_path / "log") as (_, connection):
        writer = Writer(ReadingsSource(connection, "store"), telemetry, commits.put_nowait)
        writing = asyncio.create_task(writer.run(lambda: None))
        questions = [asyncio.create_task(asyncio.to_thread(answer.wait)) for _ in range(MORE_THAN_THREADS)]
        try:
            await Publisher(connection).publish(a_batch(1.0, 2.0), "http")
            async with asyncio.timeout(60):
                commit = await commits.get()
            assert commit.batch.value.tolist() == [1.0, 2.0]
        finally:
            answer.set()
            await asyncio.gather(*questions)
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
    telemetry.close()
