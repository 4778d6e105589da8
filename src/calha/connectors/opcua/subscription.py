"""A subscription: the server samples nodes by itself and reports what has changed.

The server says how many nodes it takes in one request; more of them go in several. Two publish requests are always with
it, so that it never waits for us. A server that is silent for three times as long as it promised signs of life is
given up (`silent`): some take subscriptions and never serve them.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, NamedTuple

from asyncua import ua

from calha.connectors.opcua.session import Session, require_all
from calha.connectors.opcua.wire import Published
from calha.domain.errors import ConnectionFailed

KEEP_ALIVE_S: Final = 3.0  # between two signs of life of a server with nothing to report
SHORTEST_SILENCE_S: Final = 10.0
LIFETIME_KEEP_ALIVES: Final = 20  # after so many without a publish request the server forgets us
PUBLISH_AHEAD: Final = 2
MOST_IN_A_MESSAGE: Final = 20_000
LARGEST_QUEUE: Final = 100


class Item(NamedTuple):
    """A node to be read. handle: by which we know it. deadband: by how much it must change; 0 for any change."""

    handle: int
    node: Any  # ua.NodeId
    sampling_ms: float
    deadband: float


class Subscription:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._id = 0
        self.publishing_ms = 0.0
        self._silence_s = SHORTEST_SILENCE_S

    async def create(self, publishing_ms: float) -> None:
        """Raises ConnectionFailed."""
        request = ua.CreateSubscriptionRequest()
        keep_alives = max(1, math.ceil(KEEP_ALIVE_S * 1_000 / publishing_ms))
        request.Parameters.RequestedPublishingInterval = publishing_ms
        request.Parameters.RequestedMaxKeepAliveCount = keep_alives
        request.Parameters.RequestedLifetimeCount = LIFETIME_KEEP_ALIVES * keep_alives
        request.Parameters.MaxNotificationsPerPublish = MOST_IN_A_MESSAGE
        request.Parameters.PublishingEnabled = True
        granted = (await self._session.call(request, ua.CreateSubscriptionResponse)).Parameters
        self._id, self.publishing_ms = int(granted.SubscriptionId), float(granted.RevisedPublishingInterval)
        promised_s = self.publishing_ms * int(granted.RevisedMaxKeepAliveCount) / 1_000
        self._silence_s = max(SHORTEST_SILENCE_S, 3 * promised_s)

    async def watch(self, items: Sequence[Item]) -> dict[int, str]:
        """Have nodes reported; by handle, why the server does not take some. Raises ConnectionFailed."""
        refused: dict[int, str] = {}
        for start in range(0, len(items), self._session.limits.monitor):
            part = items[start : start + self._session.limits.monitor]
            request = ua.CreateMonitoredItemsRequest()
            request.Parameters.SubscriptionId = self._id
            request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
            request.Parameters.ItemsToCreate = [self._wish(item) for item in part]
            answer = await self._session.call(request, ua.CreateMonitoredItemsResponse)
            results = answer.Results or []
            require_all(len(results), len(part))
            for item, result in zip(part, results, strict=True):
                if not result.StatusCode.is_good():
                    refused[item.handle] = str(result.StatusCode.name)
        return refused

    async def messages(self) -> AsyncGenerator[Published]:
        """What the server publishes, signs of life included, until it ends. Raises ConnectionFailed."""
        done: list[tuple[int, int]] = []
        asked: deque[asyncio.Task[Published]] = deque()
        try:
            while True:
                while len(asked) < PUBLISH_AHEAD:
                    asked.append(asyncio.create_task(self._session.publish(done)))
                    done = []
                published = await self._answer(asked[0])
                asked.popleft()
                if published.ended is not None:
                    name = ua.StatusCode(ua.UInt32(published.ended)).name
                    raise ConnectionFailed(f"the server has ended the subscription ({name})", "ended")
                if published.has_content:
                    done.append((published.subscription, published.sequence))
                yield published
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def _answer(self, task: "asyncio.Task[Published]") -> Published:
        await asyncio.wait({task}, timeout=self._silence_s)
        if not task.done():
            raise ConnectionFailed(f"the server has published nothing for {self._silence_s:.0f} s", "silent")
        return task.result()

    def _wish(self, item: Item) -> Any:  # noqa: ANN401 - ua.MonitoredItemCreateRequest
        wish = ua.MonitoredItemCreateRequest()
        wish.ItemToMonitor = ua.ReadValueId(item.node, ua.AttributeIds.Value)
        wish.MonitoringMode = ua.MonitoringMode.Reporting
        wish.RequestedParameters.ClientHandle = item.handle
        wish.RequestedParameters.SamplingInterval = item.sampling_ms
        samples = math.ceil(self.publishing_ms / item.sampling_ms)
        wish.RequestedParameters.QueueSize = min(2 * samples, LARGEST_QUEUE)
        wish.RequestedParameters.DiscardOldest = True
        if item.deadband > 0:
            wish.RequestedParameters.Filter = ua.DataChangeFilter(
                ua.DataChangeTrigger.StatusValue, ua.DeadbandType.Absolute, item.deadband
            )
        return wish
