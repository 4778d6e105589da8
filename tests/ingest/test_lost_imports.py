"""An import waits for what becomes of its readings, and not for ever for what the log has lost."""

import asyncio

import numpy as np
import pytest

from calha.domain.errors import LogUnavailable
from calha.domain.readings import Batch
from calha.domain.written import OUTCOMES
from calha.ingest.transfer import Transfer
from calha.log.publisher import Publisher
from servers import running_log


async def test_what_the_log_lost_before_it_was_stored_is_told_and_not_waited_for(tmp_path):
    batch = Batch.of([1], [0], [1.0], [0], [0])
    stored = np.ones(len(OUTCOMES), np.int64)
    async with running_log(tmp_path) as (_, connection):
        publisher = Publisher(connection)
        transfer = Transfer(publisher)
        loading = asyncio.create_task(transfer.load(batch))
        while not publisher.messages:  # noqa: ASYNC110 - until it is logged
            await asyncio.sleep(0.02)
        transfer.committed([(3, stored)], 3)
        with pytest.raises(LogUnavailable, match="import it again"):
            await loading
