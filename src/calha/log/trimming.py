"""Removing from a stream what everybody who needs it has had.

Rule 1: what a durable reader has not acknowledged stays.
Rule 2: the last message of each subject stays: it tells how far its source has been logged (see `lane`).
"""

from calha.log import jetstream
from calha.log.connection import Connection
from calha.log.jetstream import Answer


async def remove(connection: Connection, stream: str, through_seq: int) -> int:
    """Remove messages up to `through_seq`, as far as the rules let it; returns how many. Raises LogUnavailable."""
    before = await jetstream.stream_info(connection, stream)
    if before is None or not before["state"]["messages"]:
        return 0
    limit = min([through_seq, *await _acknowledged(connection, stream)])
    if limit < before["state"]["first_seq"]:
        return 0
    last_of_sources = await _last_seqs(connection, stream)
    await _purge(connection, stream, min(limit, *(seq - 1 for seq in last_of_sources.values())))
    for subject, seq in last_of_sources.items():
        if seq > min(last_of_sources.values()):
            await _purge(connection, stream, min(limit, seq - 1), subject)
    after = await jetstream.stream_info(connection, stream)
    return int(before["state"]["messages"] - (after["state"]["messages"] if after else 0))


async def _acknowledged(connection: Connection, stream: str) -> list[int]:
    """The sequences through which the durable readers have acknowledged, one for each."""
    floors: list[int] = []
    offset, total = 0, 1
    while offset < total:
        page = await jetstream.call(connection, f"CONSUMER.LIST.{stream}", {"offset": offset})
        consumers, total = page["consumers"] or [], page["total"]
        floors += [one["ack_floor"]["stream_seq"] for one in consumers if one["config"].get("durable_name")]
        offset += max(len(consumers), 1)
    return floors


async def _last_seqs(connection: Connection, stream: str) -> dict[str, int]:
    """Sequence of the last message of each subject."""
    info = await jetstream.stream_info(connection, stream, f"{stream}.>")
    subjects = list(info["state"].get("subjects", {})) if info else []
    found = {}
    for subject in subjects:
        answer = await jetstream.call(connection, f"STREAM.MSG.GET.{stream}", {"last_by_subj": subject})
        found[subject] = int(answer["message"]["seq"])
    return found


async def _purge(connection: Connection, stream: str, through_seq: int, subject: str | None = None) -> None:
    if through_seq > 0:
        body: Answer = {"seq": through_seq + 1} | ({"filter": subject} if subject else {})
        await jetstream.call(connection, f"STREAM.PURGE.{stream}", body)
