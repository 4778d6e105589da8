"""Forgetting MQTT messages that nobody needs any more.

The server makes `$MQTT_msgs` with interest retention: it removes each message by itself when the last consumer has
acknowledged it. With `sync_interval: always` every single removal is a write and an fsync, 7,000 a second on the disk where
publishing reaches 6,000, and both share it. So our server's stream has limits retention (`streams.limit_mqtt`), and what
ingest has acknowledged is purged in bulk, which drops whole files. What MQTT subscribers have still to get, such as a
command for a device that sleeps, stays.
"""

from collections.abc import AsyncIterator

from calha.log import jetstream
from calha.log.connection import Connection
from calha.log.jetstream import Answer
from calha.log.reader import stored
from calha.log.streams import MQTT

PINNED_FILL = 0.125  # of the stream's budget, from where on telemetry behind a waiting message is picked out singly


async def sweep(connection: Connection, through_seq: int, own_consumer: str, bulk_subject: str) -> None:
    """Purge what is acknowledged through `through_seq` and not needed by any other consumer. Raises LogUnavailable.

    bulk_subject: the subjects of most messages, purged even while an older message on another subject waits.
    """
    info = await jetstream.stream_info(connection, MQTT)
    if info is None or info["config"]["retention"] != "limits":
        return
    state = info["state"]
    if not state["messages"] or state["first_seq"] > through_seq:
        return
    needed: dict[str, int] = {}
    if state["consumer_count"] > 1:
        async for filter_, seq in _needed(connection, own_consumer, state["first_seq"]):
            needed[filter_] = min(seq, needed.get(filter_, seq))
    until = min([through_seq, *(seq - 1 for seq in needed.values())])
    if until >= state["first_seq"]:
        await _purge(connection, {"seq": until + 1})
    is_pinned = until < through_seq and state["bytes"] > PINNED_FILL * info["config"]["max_bytes"]
    if is_pinned and not any(overlap(filter_, bulk_subject) for filter_ in needed):
        await _purge(connection, {"seq": through_seq + 1, "filter": bulk_subject})


def overlap(one: str, other: str) -> bool:
    """Whether there is a subject that both filters match."""
    ones, others = one.split("."), other.split(".")
    for mine, theirs in zip(ones, others, strict=False):
        if ">" in (mine, theirs):
            return True
        if mine != theirs and "*" not in (mine, theirs):
            return False
    return len(ones) == len(others)


async def _needed(connection: Connection, own_consumer: str, first_seq: int) -> AsyncIterator[tuple[str, int]]:
    """Filter and first needed sequence of each other consumer that has something to get."""
    offset, total = 0, 1
    while offset < total:
        page = await jetstream.call(connection, f"CONSUMER.LIST.{MQTT}", {"offset": offset})
        consumers, total = page["consumers"] or [], page["total"]
        offset += max(len(consumers), 1)
        for consumer in consumers:
            if consumer["name"] != own_consumer and (consumer["num_pending"] or consumer["num_ack_pending"]):
                filter_ = consumer["config"].get("filter_subject") or "$MQTT.msgs.>"
                from_seq = max(consumer["ack_floor"]["stream_seq"] + 1, first_seq)
                found = await stored(connection, MQTT, from_seq, filter_)
                if found is not None:
                    yield filter_, found.seq


async def _purge(connection: Connection, which: Answer) -> None:
    await jetstream.call(connection, f"STREAM.PURGE.{MQTT}", which)
