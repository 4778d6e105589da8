"""Commands as they are kept, on each database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from calha.domain.commands import Event, EventKind, ReadBack, State
from calha.domain.errors import Conflict, NotFound
from calha.store.accounts.commands import MAX_OPEN, CommandStore, NewCommand
from calha.store.registry import Selection

NOW = 1_769_860_800_000_000
SECOND = 1_000_000
READ_BACK = ReadBack("state", 1.0, 0.0, 30.0)


@pytest.fixture
def store(registry, site):
    registry.create_device("pump-1", "machine", site)
    registry.create_device("pump-2", "machine", site)
    return CommandStore(registry.engine)


def new(number, device="pump-1", key=None, given="a", read_back=None, state=State.QUEUED):
    expires_at = NOW + 60 * SECOND
    parameters = {"velocidade": 1_500.5, "on": True}
    return NewCommand(
        f"{number:026x}", device, "start", parameters, state, "Ana", ["person 1"], NOW, expires_at, 20.0, read_back, given, key
    )  # fmt: skip


def happened(kind, after_s=0, note=""):
    return Event(kind, NOW + after_s * SECOND, "somebody", note)


def test_a_command_is_kept_as_it_was_asked_for_and_goes_on_by_events(store):
    row, is_new = store.add(new(1, read_back=READ_BACK))
    assert is_new
    assert (row.parameters, row.read_back, row.state) == ({"velocidade": 1_500.5, "on": True}, READ_BACK, State.QUEUED)
    assert row.due_at == row.expires_at
    row = store.advance("pump-1", row.id, happened(EventKind.SEND), log_seq=7, missed=True)
    assert (row.log_seq, row.missed, row.due_at) == (7, True, row.expires_at)
    row = store.advance("pump-1", row.id, happened(EventKind.DELIVER, 5))
    assert (row.missed, row.due_at) == (False, NOW + 25 * SECOND)
    row = store.advance("pump-1", row.id, happened(EventKind.EXECUTE, 8, "x" * 9_999))
    assert (row.verification, row.due_at, len(row.history[-1].note)) == ("pending", NOW + 38 * SECOND, 500)
    row = store.advance("pump-1", row.id, happened(EventKind.VERIFY, 9))
    assert (row.state, row.verification, row.due_at) == (State.VERIFIED, "passed", None)
    assert row.reached(State.DELIVERED) == NOW + 5 * SECOND
    with pytest.raises(Conflict):
        store.advance("pump-1", row.id, happened(EventKind.CANCEL))
    with pytest.raises(NotFound):
        store.advance("pump-2", row.id, happened(EventKind.CANCEL))
    assert store.get("pump-1", row.id) == row


def test_a_key_that_is_known_gets_what_it_got_whoever_is_first(store):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: store.add(new(number, key="k")), range(1, 7)))
    assert sorted(is_new for _, is_new in answers) == [False] * 5 + [True]
    assert len({row.id for row, _ in answers}) == 1
    with pytest.raises(Conflict):
        store.add(new(8, key="k", given="b"))
    assert store.add(new(9, device="pump-2", key="k"))[1], "another device has keys of its own"


def test_of_two_who_advance_at_once_one_is_refused(store):
    row, _ = store.add(new(1))

    def cancel(_):
        try:
            return store.advance("pump-1", row.id, happened(EventKind.CANCEL)).state
        except Conflict:
            return None

    with ThreadPoolExecutor(4) as pool:
        assert sorted(map(str, pool.map(cancel, range(4)))) == ["None", "None", "None", "cancelled"]
    assert len(store.get("pump-1", row.id).history) == 2


def test_what_is_due_is_found(store):
    queued, held = store.add(new(1))[0], store.add(new(2, state=State.AWAITING_APPROVAL))[0]
    sent = store.advance("pump-1", store.add(new(3))[0].id, happened(EventKind.SEND))
    missed = store.advance("pump-1", store.add(new(4))[0].id, happened(EventKind.SEND), missed=True)
    store.advance("pump-1", store.add(new(5))[0].id, happened(EventKind.REJECT))
    assert {row.id for row in store.to_look_at(NOW)} == {queued.id, missed.id}
    late = {row.id for row in store.to_look_at(NOW + 60 * SECOND)}
    assert late == {queued.id, held.id, sent.id, missed.id}
    assert [row.id for row in store.for_device("pump-1")] == [queued.id, sent.id, missed.id]


def test_lists_are_newest_first_and_show_only_what_is_within(store, site):
    rows = [store.add(new(number, device=f"pump-{1 + number % 2}"))[0] for number in range(1, 6)]
    page = store.list(limit=2)
    assert [row.id for row in page.items] == [rows[4].id, rows[3].id]
    assert [row.id for row in store.list(after=page.next, limit=2).items] == [rows[2].id, rows[1].id]
    assert len(store.list("pump-2").items) == 3
    assert len(store.list(within=Selection([site])).items) == 5
    assert len(store.list(within=Selection([], ["pump-1"])).items) == 2
    assert store.list(states=[State.SENT]).items == []


def test_a_device_has_so_many_commands_under_way_and_no_more(store):
    for number in range(MAX_OPEN):
        store.add(new(number))
    with pytest.raises(Conflict, match="under way"):
        store.add(new(MAX_OPEN))
    assert store.add(new(MAX_OPEN + 1, device="pump-2"))[1]


def test_what_has_ended_long_ago_is_forgotten_and_nothing_else(store):
    open_, pending, ended = (new(number, read_back=READ_BACK) for number in range(1, 4))
    for one in (open_, pending, ended):
        store.add(one)
    for one in (pending, ended):
        store.advance("pump-1", one.id, happened(EventKind.SEND))
        store.advance("pump-1", one.id, happened(EventKind.EXECUTE, 1))
    store.advance("pump-1", ended.id, happened(EventKind.VERIFY, 2))
    assert store.forget(NOW) == 0
    assert [store.forget(NOW + 1), store.forget(NOW + 1)] == [1, 0]
    assert [one.id for one in store.list("pump-1").items] == [pending.id, open_.id]
