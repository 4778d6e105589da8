"""Teams, channels, chains, notices and deliveries on each database."""

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from calha.domain.access import EVERYWHERE, Role
from calha.domain.alarm_states import Priority
from calha.domain.errors import Conflict, NotFound
from calha.domain.notices import Chain, Notice, Owner, Preferences, QuietHours, Step, Text
from calha.store.accounts import People
from calha.store.notify import Chains, ChannelRow, Deliveries, NextStep, Notices, Outgoing, Recipients, recipients

NOW = 1_800_000_000_000_000
WHAT = Text("Nível alto", "High level")


@pytest.fixture
def ana(registry) -> int:
    return People(registry.engine).create("Ana", "ana@example.org", None, grants=[(Role.OPERATOR, None)]).id


def nobody(_: Sequence[ChannelRow]) -> list[Outgoing]:
    return []


def notice(source: str, site: int | None) -> Notice:
    return Notice(source, WHAT, "Reservatório", site, Priority.HIGH, NOW, "/devices/x")


def test_channels_and_preferences_belong_to_a_person_or_a_team(registry, site, ana, monkeypatch):
    kept = Recipients(registry.engine)
    team = kept.save_team("Plantão", site, "en", [ana, ana])
    assert (team.members, kept.team(team.id)) == ((ana,), team)
    person, group = Owner("person", ana), Owner("team", team.id)
    first = kept.add_channel(person, "webhook", "Meu", "example.org", "sealed", NOW)
    kept.add_channel(group, "apprise", "Grupo", "Telegram", "sealed", NOW)
    assert kept.channels(person) == [first]
    assert kept.channel(first.id).owner == person
    with pytest.raises(NotFound):
        kept.remove_channel(group, first.id)
    assert not kept.change_channel(person, first.id, enabled=False).enabled
    monkeypatch.setattr(recipients, "MAX_CHANNELS", 1)
    with pytest.raises(Conflict):
        kept.add_channel(person, "email", "b", "b", "b", NOW)
    with pytest.raises(NotFound):
        kept.add_channel(Owner("team", 10**6), "email", "b", "b", "b", NOW)
    wanted = Preferences(
        Priority.MEDIUM,
        Priority.HIGH,
        QuietHours(time(22), time(6, 30), ZoneInfo("America/Recife")),
        60,
        False,
        True,
        5,
    )
    assert kept.preferences(person) == Preferences()
    kept.set_preferences(person, Preferences())
    kept.set_preferences(person, wanted)
    kept.set_preferences(group, Preferences(per_hour=7))
    assert kept.preferences(person) == wanted
    assert kept.preferences(group).per_hour == 7
    assert kept.followers() == [ana]
    with pytest.raises(NotFound):
        kept.save_team("x", site, "en", [10**6])
    kept.remove_team(team.id)
    assert kept.channels(group) == []


def test_a_chain_comes_back_as_it_was_given(registry, site, ana):
    chains = Chains(registry.engine)
    chain = Chain("Bombas", site, Priority.HIGH, (Step(0, (Owner("person", ana),)),), 0, enabled=True)
    row = chains.add(chain)
    assert chains.all() == [row]
    assert row.chain == chain
    changed = Chain("Todas", None, Priority.LOW, (Step(5, (Owner("person", ana),)),), 2, enabled=False)
    assert chains.change(row.id, changed).chain == changed
    with pytest.raises(NotFound):
        chains.add(Chain("x", None, Priority.LOW, (Step(0, (Owner("team", 10**6),)),)))
    kept = Recipients(registry.engine)
    team = kept.save_team("Plantão", site, "pt-BR", [ana]).id
    chains.change(row.id, Chain("Bombas", site, Priority.LOW, (Step(0, (Owner("team", team),)),)))
    with pytest.raises(Conflict, match="'Bombas' tells this team"):
        kept.remove_team(team)
    chains.remove(row.id)
    with pytest.raises(NotFound):
        chains.get(row.id)
    kept.remove_team(team)


def test_of_one_source_one_notice_is_open_and_a_number_is_never_given_twice(registry, site):
    notices = Notices(registry.engine)
    first = notices.open(notice("alarm 1", site), NOW)
    assert first is not None
    assert notices.open(notice("alarm 1", site), NOW) is None
    assert notices.of_source("alarm 1") == first
    assert notices.acknowledge(first.id, "Ana", "vou ver", NOW + 1)
    assert not notices.acknowledge(first.id, "Rui", "", NOW + 2)
    assert notices.get(first.id).acknowledged_by == "Ana"
    assert notices.end(first.id, NOW + 3, nobody)
    assert not notices.end(first.id, NOW + 4, nobody)
    again = notices.open(notice("alarm 1", site), NOW + 5)
    assert again is not None
    assert again.id > first.id
    assert notices.end(again.id, NOW + 6, nobody)
    assert notices.acknowledge(again.id, "Rui", "", NOW + 7), "what is over can still be seen by somebody"
    assert notices.get(again.id).state == "over"
    assert notices.forget(NOW + 1) == 1
    assert notices.forget(NOW + 10) == 1
    new = notices.open(notice("alarm 1", None), NOW)
    assert new is not None
    assert new.id > again.id


def test_steps_that_are_due_end_with_the_acknowledgement(registry, site, ana):
    notices, chains = Notices(registry.engine), Chains(registry.engine)
    chain = chains.add(Chain("c", site, Priority.LOW, (Step(0, (Owner("person", ana),)),)))
    row = notices.open(notice("alarm 2", site), NOW, steps=[NextStep(chain.id, 1, NOW + 10)])
    assert row is not None
    notices.escalate(row.id, [], NextStep(chain.id, 2, NOW + 20), NOW)
    assert notices.due_steps(NOW + 19) == []
    assert notices.due_steps(NOW + 20) == [(row.id, chain.id, 2)]
    notices.acknowledge(row.id, "Ana", "", NOW + 21)
    notices.escalate(row.id, [], NextStep(chain.id, 3, NOW + 30), NOW + 22)
    assert notices.due_steps(NOW + 100) == []


def test_the_queue_gives_what_was_not_held_alone_and_what_was_held_together(registry, site, ana):
    notices, queue = Notices(registry.engine), Deliveries(registry.engine)
    channel = Recipients(registry.engine).add_channel(Owner("person", ana), "webhook", "a", "a", "a", NOW).id
    held, free = Outgoing(channel, "raised", NOW + 50), Outgoing(channel, "raised", NOW)
    rows = [
        notices.open(notice(f"alarm {number}", site), NOW, [one]) for number, one in enumerate((held, held, free, free))
    ]
    ids = [row.id for row in rows if row is not None]
    assert queue.due_channels(NOW, 10, ["webhook", "push"]) == [channel]
    assert queue.due_channels(NOW, 10, ["email"]) == []
    alone = queue.due(channel, NOW + 60)
    assert [one.notice.id for one in alone] == [ids[2]]
    assert queue.begin([alone[0].delivery.id]) == {alone[0].delivery.id}
    queue.end([alone[0].delivery.id], "sent", "", NOW + 61)
    notices.acknowledge(ids[3], "Ana", "", NOW + 61)
    together = queue.due(channel, NOW + 60)
    assert [one.notice.id for one in together] == ids[:2]
    assert together[0].channel.owner == Owner("person", ana)
    assert together[0].notice.what == WHAT
    queue.begin([one.delivery.id for one in together])
    queue.try_again([one.delivery.id for one in together], "HTTP 503", NOW + 90)
    assert queue.due_channels(NOW + 60, 10, ["webhook"]) == []
    told: list[list[int]] = []

    def note(channels: Sequence[ChannelRow]) -> list[Outgoing]:
        told.append([one.id for one in channels])
        return []

    assert notices.end(ids[2], NOW + 62, note)
    assert notices.end(ids[3], NOW + 62, note)
    assert told == [[channel], []]
    assert queue.sent_since(channel, NOW) == [NOW + 61]
    page = queue.page(sites=frozenset({site}), limit=3)
    assert [one.delivery.state for one in page.items] == ["dropped", "sent", "waiting"]
    rest = queue.page(owner=Owner("person", ana), before=int(page.next or 0))
    assert [(one.delivery.tries, one.delivery.reason) for one in rest.items] == [(1, "HTTP 503")]
    assert len(queue.page(sites=EVERYWHERE).items) == 4
    assert queue.page(sites=frozenset()).items == []
    assert len(queue.page(sites=EVERYWHERE, state="sent").items) == 1
    Recipients(registry.engine).remove_channel(Owner("person", ana), channel)
    assert queue.page(sites=EVERYWHERE).items == []
