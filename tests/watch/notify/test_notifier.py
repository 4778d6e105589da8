"""Notices on their way to people: a real registry, a real mail server, a real receiver of webhooks; the clock is ours."""

import json
import re
import socket
import threading
import time as time_
from contextlib import suppress
from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from calha.domain.access import Role
from calha.domain.alarm_states import Priority
from calha.domain.errors import Forbidden, NotFound
from calha.domain.message_templates import Template
from calha.domain.notices import LAST_WAIT_MIN, Owner, Preferences, QuietHours, Step
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.mail.smtp import Fate
from calha.store.notify.models import Channel
from calha.watch.notify import posting, webhook
from calha.watch.notify.channels import Address
from calha.watch.notify.delivering import MAX_TRIES
from calha.watch.notify.hosts import Hosts
from calha.watch.notify.lanes import AT_ONCE
from calha.watch.notify.push import packed
from house import ZONE, House
from postman import postman
from push_browser import Browser
from receiver import receiver


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.registry.close()


@pytest.fixture
def server():
    with receiver() as made:
        yield made


def facts(posted):
    return json.loads(posted.body)


def test_a_person_without_a_channel_is_told_by_mail_in_his_language_with_a_link_that_acknowledges(tmp_path):
    with postman() as mail:
        house = House(tmp_path, mail.port)
        ana, bob = house.person("Ana"), house.person("Bob", language="en")
        house.notifier.tell(house.notice(persons=(ana, bob)))
        house.go()
        letters = {one["To"]: one for one in (mail.next_message(), mail.next_message())}
        text = letters["ana@example.org"].get_content()
        assert letters["ana@example.org"]["Subject"] == "[Calha] Alta: Nível alto: 92,1 (limite 85)"
        assert "Onde: Reservatório 1 · ETA Norte" in text
        assert "Desde: 01/01/2026 12:00 (America/Sao_Paulo)" in text
        assert "https://calha.example.org/devices/tank-1" in text
        assert letters["bob@example.org"]["Subject"] == "[Calha] High: High level: 92.1 (limit 85)"
        assert "Since: 2026-01-01 12:00" in letters["bob@example.org"].get_content()
        token = re.search(r"https://calha\.example\.org/a/(\S+)", text)
        notice, somebody = house.notifier.linked(token[1])
        assert (notice.state, somebody.name) == ("open", "Ana"), "looking changes nothing"
        seen, _, is_first = house.notifier.acknowledge(token[1], "vou ver")
        assert (seen.state, seen.acknowledged_by, is_first) == ("acknowledged", "Ana", True)
        assert house.heard == [("alarm 1", "Ana", "vou ver")]
        assert house.notifier.acknowledge(token[1], "")[2] is False
        assert len(house.heard) == 1
        house.now += 25 * HOUR_US
        with pytest.raises(NotFound):
            house.notifier.linked(token[1])
        house.registry.close()


def test_a_message_says_what_somebody_wrote(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.chain(Step(0, (Owner("person", ana),)))
    own = Template("ETA: {what}", "{where}, {since}\nAté {until}\n{acknowledge}")
    house.notifier.wording.written.write("raised", "pt-BR", own, "Maria", house.now)
    house.notifier.tell(house.notice())
    house.go()
    said = facts(server.next_post())
    assert said["subject"] == "ETA: Nível alto: 92,1 (limite 85)"
    where, link = said["text"].splitlines()
    assert where == "Reservatório 1 · ETA Norte, 01/01/2026 12:00 (America/Sao_Paulo)"
    assert link == said["notices"][0]["acknowledge"]


def test_a_chain_goes_on_until_somebody_acknowledges_and_not_further(house, server):
    ana, rui, eva = (house.person(name) for name in ("Ana", "Rui", "Eva"))
    for person in (ana, rui, eva):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    steps = [Step(wait, (Owner("person", who),)) for wait, who in ((0, ana), (5, rui), (10, eva))]
    house.chain(*steps, site=house.root)
    house.notifier.tell(house.notice())
    house.go()
    assert server.next_post().path == f"/{ana}"
    house.go(4.9)
    assert not server.has_post
    house.go(0.2)
    second = server.next_post()
    assert second.path == f"/{rui}"
    assert facts(second)["type"] == "notice.again"
    link = facts(second)["notices"][0]["acknowledge"]
    house.notifier.acknowledge(link.rpartition("/")[2], "")
    house.go(60)
    assert not server.has_post
    assert house.events == []


def test_a_chain_begins_again_and_says_when_nobody_acknowledged(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.chain(Step(5, (Owner("person", ana),)), repeats=1)
    house.notifier.tell(house.notice())
    house.go()
    assert not server.has_post, "the first step waits, too"
    for _ in range(2):
        house.go(5)
        server.next_post()
    house.go(LAST_WAIT_MIN - 1)
    assert house.events == []
    house.go(1)
    house.go(600)
    assert house.events == ["nobody_acknowledged alarm 1"]
    assert not server.has_post


@pytest.mark.parametrize("table", ["notify_delivery", "notify_escalation"])
def test_what_was_interrupted_while_it_was_written_is_told_afterwards(house, server, table):
    ana, rui = house.person("Ana"), house.person("Rui")
    for person in (ana, rui):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    house.chain(Step(0, (Owner("person", ana),)), Step(5, (Owner("person", rui),)))
    with house.cannot_write(table), pytest.raises(IntegrityError):
        house.notifier.tell(house.notice())
    house.go()
    assert not server.has_post
    house.notifier.tell(house.notice())
    house.go()
    assert server.next_post().path == f"/{ana}"
    with house.cannot_write(table), pytest.raises(IntegrityError):
        house.go(5)
    house.go()
    assert server.next_post().path == f"/{rui}"
    assert not server.has_post


def test_that_it_is_over_is_told_also_where_that_was_interrupted(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.tell(house.notice(persons=(ana,)))
    house.go()
    server.next_post()
    with house.cannot_write("notify_delivery"), pytest.raises(IntegrityError):
        house.notifier.end("alarm 1")
    house.notifier.end("alarm 1")
    house.go()
    assert facts(server.next_post())["type"] == "notice.over"


def test_who_follows_and_stands_in_a_chain_is_told_once(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(follows=True))
    house.chain(Step(0, (Owner("person", ana),)))
    house.notifier.tell(house.notice())
    house.go()
    server.next_post()
    assert not server.has_post


def test_a_chain_goes_on_where_it_was_after_a_restart(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.chain(Step(0, (Owner("person", ana),)), Step(5, (Owner("person", ana),)))
    house.notifier.tell(house.notice())
    house.registry.close()
    house.open()
    house.go()
    server.next_post()
    house.registry.close()
    house.open()
    house.go(5)
    assert facts(server.next_post())["type"] == "notice.again"


def test_neither_a_chain_nor_another_try_waits_for_a_clock_that_was_set_back(house, server):
    ana, rui = house.person("Ana"), house.person("Rui")
    for person in (ana, rui):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    house.chain(Step(0, (Owner("person", ana),)), Step(5, (Owner("person", rui),)))
    server.answers.append((503, {}))
    house.notifier.tell(house.notice())
    house.go()
    server.next_post()
    house.go(-180)
    house.go(1)
    assert server.next_post().path == f"/{ana}"
    house.go(4)
    assert server.next_post().path == f"/{rui}"


def test_chains_hold_for_a_site_and_below_from_a_priority_on(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.chain(Step(0, (Owner("person", ana),)), site=house.plant, least=Priority.HIGH)
    for source, priority, site in (("a", "medium", house.plant), ("b", "high", house.other), ("c", "high", house.root)):
        house.notifier.tell(house.notice(source, Priority(priority), site))
    house.go()
    assert not server.has_post
    house.notifier.tell(house.notice("d"))
    house.go()
    assert facts(server.next_post())["notices"][0]["source"] == "d"


def test_nobody_is_told_of_a_site_that_he_may_not_see_and_nobody_who_is_blocked(house, server):
    foreign, blocked = house.person("Eva", site=house.other), house.person("Rui")
    for person in (foreign, blocked):
        house.hook(Owner("person", person), server.url)
    house.people.update(blocked, state="blocked")
    house.chain(Step(0, (Owner("person", foreign), Owner("person", blocked))))
    house.notifier.tell(house.notice())
    house.go()
    assert not server.has_post
    assert house.events == ["nobody_told alarm 1"]


def test_what_waited_is_not_told_to_who_may_no_longer_see_the_site(house, server):
    ana = house.person("Ana", site=house.plant)
    house.hook(Owner("person", ana), server.url)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(digest_min=60))
    house.notifier.tell(house.notice("here", persons=(ana,)))
    (grant,) = house.people.grants(ana)
    house.people.grant(ana, Role.OPERATOR, house.other)
    house.people.revoke(ana, grant.id)
    house.notifier.tell(house.notice("elsewhere", site=house.other, persons=(ana,)))
    house.go(60)
    assert [one["source"] for one in facts(server.next_post())["notices"]] == ["elsewhere"]
    assert house.states(ana) == [("dropped", "not allowed"), ("sent", "")]


def test_a_viewer_gets_no_link_and_a_link_ends_with_the_role(house, server):
    viewer, operator = house.person("Eva", Role.VIEWER), house.person("Ana", Role.OPERATOR)
    for person in (viewer, operator):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    house.notifier.tell(house.notice(persons=(viewer, operator)))
    house.go()
    links = {one.path: facts(one)["notices"][0]["acknowledge"] for one in (server.next_post(), server.next_post())}
    assert links[f"/{viewer}"] is None
    token = links[f"/{operator}"].rpartition("/")[2]
    (grant,) = house.people.grants(operator)
    house.people.grant(operator, Role.VIEWER, None)
    house.people.revoke(operator, grant.id)
    with pytest.raises(Forbidden):
        house.notifier.acknowledge(token, "")


def test_a_team_is_told_by_its_own_channel_and_each_member_by_his(house, server):
    ana = house.person("Ana")
    team = house.notifier.recipients.save_team("Plantão", None, "en", [ana]).id
    house.hook(Owner("person", ana), f"{server.url}/ana")
    house.hook(Owner("team", team), f"{server.url}/team")
    house.chain(Step(0, (Owner("team", team), Owner("person", ana))))
    house.notifier.tell(house.notice())
    house.go()
    posted = {one.path: facts(one) for one in (server.next_post(), server.next_post())}
    assert posted.keys() == {"/ana", "/team"}, "Ana once"
    assert posted["/team"]["subject"] == "[Calha] High: High level: 92.1 (limit 85)"
    assert not server.has_post
    token = posted["/team"]["notices"][0]["acknowledge"].rpartition("/")[2]
    assert house.notifier.acknowledge(token, "")[0].acknowledged_by == "Plantão"


def test_who_follows_is_told_of_his_sites_only(house, server):
    ana = house.person("Ana", site=house.plant)
    house.hook(Owner("person", ana), server.url)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(least=Priority.MEDIUM, follows=True))
    house.notifier.tell(house.notice("low", Priority.LOW))
    house.notifier.tell(house.notice("elsewhere", site=house.other))
    house.notifier.tell(house.notice("here", Priority.MEDIUM))
    house.go()
    assert facts(server.next_post())["notices"][0]["source"] == "here"
    assert not server.has_post


def test_what_is_over_is_told_to_who_heard_of_it_and_rings_nobody_else(house, server):
    ana, rui = house.person("Ana"), house.person("Rui")
    for person in (ana, rui):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    house.chain(Step(0, (Owner("person", ana),)), Step(5, (Owner("person", rui),)))
    house.notifier.tell(house.notice())
    house.go()
    assert facts(server.next_post())["type"] == "notice.raised"
    house.now += MINUTE_US
    house.notifier.end("alarm 1")
    assert house.notifier.end("alarm 1") is None
    house.go(60)
    over = server.next_post()
    assert (over.path, facts(over)["type"]) == (f"/{ana}", "notice.over")
    assert facts(over)["notices"][0]["over_at"] == "2026-01-01T15:01:00Z"
    assert not server.has_post
    house.notifier.tell(house.notice())
    house.notifier.end("alarm 1", tells=False)
    house.go(60)
    assert not server.has_post, "over before anybody was told"
    assert house.states(ana)[-1] == ("dropped", "over")


def test_that_it_is_over_is_told_where_it_cleared_while_it_was_being_told(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.tell(house.notice(persons=(ana,)))
    server.meanwhile = lambda: house.notifier.end("alarm 1")
    house.go()
    assert [facts(server.next_post())["type"] for _ in range(2)] == ["notice.raised", "notice.over"]
    assert house.states(ana) == [("sent", ""), ("sent", "")]
    house.notifier.tell(house.notice(persons=(ana,)))
    server.meanwhile = lambda: house.notifier.end("alarm 1", tells=False)
    house.go(60)
    assert facts(server.next_post())["type"] == "notice.raised"
    assert not server.has_post


def test_that_it_is_over_is_told_where_calha_ended_before_it_knew_that_it_had_told(house, server, monkeypatch):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.tell(house.notice(persons=(ana,)))
    with monkeypatch.context() as crash, pytest.raises(KeyboardInterrupt):
        crash.setattr(house.notifier._postman, "_note", _killed)
        house.go()
    assert facts(server.next_post())["type"] == "notice.raised"
    house.registry.close()
    house.open()
    house.notifier.end("alarm 1")
    house.go()
    assert facts(server.next_post())["type"] == "notice.over"
    assert not server.has_post


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", ["off", "elsewhere", "for what is critical", "removed"])
def test_a_chain_that_no_longer_concerns_what_is_open_tells_of_it_no_further(house, server, how):
    ana, rui = house.person("Ana"), house.person("Rui")
    for person in (ana, rui):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    number = house.chain(Step(0, (Owner("person", ana),)), Step(5, (Owner("person", rui),)))
    stopped = []
    house.notifier.listen_stopped(lambda notice, chain, by: stopped.append((notice.source, chain, by)))
    house.notifier.tell(house.notice())
    house.notifier.tell(house.notice("alarm 2", site=house.other, priority=Priority.LOW))
    house.notifier.acknowledged("alarm 2", "Rui")
    house.go()
    assert server.next_post().path == f"/{ana}"
    chain = house.notifier.chains.get(number).chain
    if how == "removed":
        house.notifier.remove_chain(number, "Maria")
    else:
        changed = {"off": {"enabled": False}, "elsewhere": {"site": house.other}}.get(how, {"least": Priority.CRITICAL})
        house.notifier.change_chain(number, replace(chain, **changed), "Maria")
        house.notifier.change_chain(number, chain, "Maria")
    house.go(60)
    assert not server.has_post
    assert house.events == []
    assert stopped == [("alarm 1", "c", "Maria")]


def test_a_chain_that_is_changed_goes_on_with_its_new_steps(house, server):
    ana, rui, eva = (house.person(name) for name in ("Ana", "Rui", "Eva"))
    for person in (ana, rui, eva):
        house.hook(Owner("person", person), f"{server.url}/{person}")
    number = house.chain(Step(0, (Owner("person", ana),)), Step(5, (Owner("person", rui),)))
    house.notifier.tell(house.notice())
    house.go()
    assert server.next_post().path == f"/{ana}"
    chain = house.notifier.chains.get(number).chain
    steps = chain.steps[0], Step(5, (Owner("person", eva),))
    house.notifier.change_chain(number, replace(chain, steps=steps), "Maria")
    house.go(5)
    assert server.next_post().path == f"/{eva}"


def test_quiet_hours_gather_what_is_not_urgent_into_one_message(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    quiet = QuietHours(time(11), time(13), ZONE)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(quiet=quiet))
    for number in range(30):
        house.notifier.tell(house.notice(f"alarm {number}", Priority.MEDIUM, persons=(ana,)))
    house.notifier.tell(house.notice("urgent", Priority.CRITICAL, persons=(ana,)))
    house.notifier.end("alarm 3")
    house.go()
    assert facts(server.next_post())["notices"][0]["source"] == "urgent"
    assert not server.has_post
    house.go(60)
    bundle = facts(server.next_post())
    assert bundle["subject"] == "[Calha] 30 avisos, 29 em aberto"
    assert len(bundle["notices"]) == 30
    assert bundle["text"].count("•") == 20
    assert "… e mais 10" in bundle["text"]
    assert not server.has_post


def test_a_digest_comes_at_its_time_with_all_that_was_gathered_and_what_is_urgent_does_not_wait(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(digest_min=60))
    house.now += 10 * MINUTE_US
    for number in range(3):
        house.notifier.tell(house.notice(f"alarm {number}", Priority.LOW, persons=(ana,)))
    house.notifier.tell(house.notice("alarm 9", Priority.CRITICAL, persons=(ana,)))
    house.go()
    assert facts(server.next_post())["notices"][0]["source"] == "alarm 9"
    house.go(49)
    assert not server.has_post
    house.go(1)
    assert facts(server.next_post())["subject"] == "[Calha] 3 avisos, 3 em aberto"
    assert not server.has_post


def test_a_team_is_told_as_it_wants_and_not_as_its_members_do(house, server):
    ana = house.person("Ana")
    team = house.notifier.recipients.save_team("Manutenção", None, "pt-BR", [ana]).id
    for owner, path in ((Owner("team", team), "/team"), (Owner("person", ana), "/ana")):
        house.hook(owner, server.url + path)
    house.notifier.recipients.set_preferences(Owner("team", team), Preferences(least=Priority.CRITICAL))
    house.chain(Step(0, (Owner("team", team),)))
    house.notifier.tell(house.notice())
    house.go()
    assert server.next_post().path == "/ana"
    assert not server.has_post
    house.notifier.tell(house.notice("alarm 2", Priority.CRITICAL))
    house.go()
    assert {server.next_post().path for _ in range(2)} == {"/team", "/ana"}


def test_more_than_the_limit_arrives_together(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(per_hour=3, tells_end=False))
    for number in range(10):
        house.now += SECOND_US
        house.notifier.tell(house.notice(f"alarm {number}", persons=(ana,)))
        house.go()
    assert [len(facts(server.next_post())["notices"]) for _ in range(3)] == [1, 1, 1]
    assert not server.has_post
    house.go(61)
    assert len(facts(server.next_post())["notices"]) == 7
    assert not server.has_post


def test_a_flood_of_critical_alarms_is_one_message_a_minute(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.recipients.set_preferences(Owner("person", ana), Preferences(per_hour=3, tells_end=False))
    for number in range(180):
        house.notifier.tell(house.notice(f"alarm {number}", persons=(ana,), priority=Priority.CRITICAL))
        house.go(1 / 60)
    house.go(2)
    told = []
    while server.has_post:
        told.append(len(facts(server.next_post())["notices"]))
    assert told[:3] == [1, 1, 1]
    assert len(told) <= 7
    assert sum(told) == 180


def test_what_failed_is_tried_again_later_with_the_same_number_and_a_valid_signature(house, server):
    ana = house.person("Ana")
    row, kept = house.notifier.add_channel(Owner("person", ana), "hook", Address("webhook", server.url))
    assert kept.secret not in row.shown + row.name
    server.answers += [(503, {}), (429, {})]
    house.notifier.tell(house.notice(persons=(ana,)))
    house.go()
    house.go(0.4)
    first = server.next_post()
    assert not server.has_post
    assert house.states(ana) == [("waiting", "HTTP 503 ok")]
    house.registry.close()
    house.open()
    house.go(0.1)
    second = server.next_post()
    house.go(1)
    third = server.next_post()
    assert {one.headers["webhook-id"] for one in (first, second, third)} == {first.headers["webhook-id"]}
    at_s = int(third.headers["webhook-timestamp"])
    expected = webhook.signature(kept.secret, third.headers["webhook-id"], at_s, third.body)
    assert third.headers["webhook-signature"] == expected
    assert house.states(ana) == [("sent", "")]
    assert house.events == []


def test_what_cannot_be_delivered_is_given_up_and_told_as_an_event(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    server.answers.append((404, {}))
    house.notifier.tell(house.notice("refused", persons=(ana,)))
    house.go()
    assert house.events == ["failed refused: HTTP 404 ok"]
    server.answers += [(500, {})] * MAX_TRIES
    house.notifier.tell(house.notice("broken", persons=(ana,)))
    for _ in range(MAX_TRIES):
        house.go(61)
    assert house.events[1:] == ["failed broken: HTTP 500 ok"]
    assert [state for state, _ in house.states(ana)] == ["failed", "failed"]


def test_nobody_is_rung_about_what_was_acknowledged_while_it_waited(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    server.answers.append((503, {}))
    house.notifier.tell(house.notice(persons=(ana,)))
    house.go()
    server.next_post()
    house.notifier.acknowledged("alarm 1", "Rui")
    house.go(10)
    assert not server.has_post
    assert house.states(ana) == [("dropped", "acknowledged")]


def test_a_browser_reads_its_push_message_and_one_that_is_gone_is_switched_off(house, server):
    ana, browser = house.person("Ana"), Browser()
    subscription = Address("push", f"{server.url}/push/abc", "", packed(browser.public), packed(browser.auth))
    channel = house.notifier.add_channel(Owner("person", ana), "Chrome", subscription)[0].id
    house.notifier.tell(house.notice(persons=(ana,)))
    house.go()
    posted = server.next_post()
    said = json.loads(browser.decrypt(posted.body))
    assert said["title"] == "[Calha] Alta: Nível alto: 92,1 (limite 85)"
    assert said["link"] == "https://calha.example.org/devices/tank-1"
    assert said["acknowledge"].startswith("https://calha.example.org/a/")
    assert said["button"] == "Reconhecer"
    assert said["body"].startswith("Nível alto: 92,1 (limite 85)")
    assert "://" not in said["body"]
    assert (posted.headers["content-encoding"], posted.headers["urgency"]) == ("aes128gcm", "high")
    assert posted.headers["authorization"].startswith("vapid t=")
    server.answers.append((410, {}))
    house.notifier.tell(house.notice("alarm 2", persons=(ana,)))
    house.go()
    assert not house.notifier.recipients.channel(channel).enabled


def test_a_test_message_tells_at_once_what_became_of_it(house, server):
    ana = house.person("Ana")
    channel = house.notifier.recipients.channel(house.hook(Owner("person", ana), server.url))
    assert house.notifier.test(channel).fate is Fate.TAKEN
    assert facts(server.next_post())["subject"] == "[Calha] Mensagem de teste"
    server.answers.append((401, {}))
    sent = house.notifier.test(channel)
    assert (sent.fate, sent.said) == (Fate.REFUSED, "HTTP 401 ok")


def test_what_is_old_is_forgotten_with_its_deliveries(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), server.url)
    house.notifier.tell(house.notice(persons=(ana,)))
    house.go()
    assert house.notifier.notices.forget(house.now - DAY_US) == 0
    assert house.notifier.notices.forget(house.now + 1) == 1
    assert house.states(ana) == []


def test_a_dead_mail_server_keeps_nobody_else_waiting(tmp_path, server):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as dead:  # it takes calls and says nothing
        house = House(tmp_path, dead.getsockname()[1])
        by_mail = [house.person(f"P{number}") for number in range(20)]
        ana = house.person("Ana")
        house.hook(Owner("person", ana), server.url)
        house.notifier.tell(house.notice(persons=(*by_mail, ana)))
        calls: list[socket.socket] = []
        threading.Thread(target=_take_calls, args=(dead, calls), daemon=True).start()
        house.run_until(lambda: server.has_post and len(calls) >= AT_ONCE)
        assert {state for one in by_mail for state in house.states(one)} == {("waiting", "")}
        dead.shutdown(socket.SHUT_RDWR)
        for one in calls:
            one.close()
    house.registry.close()


def _take_calls(server: socket.socket, calls: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            calls.append(server.accept()[0])


def test_a_channel_that_stumbles_is_tried_again_and_all_others_go_on(house, server):
    rui, ana = house.person("Rui"), house.person("Ana")
    broken = house.hook(Owner("person", rui), server.url)
    house.hook(Owner("person", ana), server.url)
    with house.registry.engine.begin() as connection:  # as another version may have written it
        connection.execute(update(Channel).where(Channel.id == broken).values(sealed='!{"kind": "webhook"}'))
    house.notifier.tell(house.notice(persons=(rui, ana)))
    house.run_until(lambda: server.has_post and house.states(rui) != [("waiting", "")])
    ((state, reason),) = house.states(rui)
    assert state == "waiting"
    assert reason.startswith("TypeError")


def test_an_address_with_letters_of_any_language_is_posted_to(house, server):
    ana = house.person("Ana")
    house.hook(Owner("person", ana), f"{server.url}/ação da água?to=são%20paulo")
    house.notifier.tell(house.notice(persons=(ana,)))
    house.go()
    assert server.next_post().path == "/a%C3%A7%C3%A3o%20da%20%C3%A1gua?to=s%C3%A3o%20paulo"


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(posting, "LONGEST_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        calls: list[socket.socket] = []
        threading.Thread(target=_take_calls, args=(slow, calls), daemon=True).start()
        threading.Thread(target=_drip, args=(calls,), daemon=True).start()
        with pytest.raises(posting.NotReached):
            posting.post(f"http://127.0.0.1:{slow.getsockname()[1]}/", b"{}", {}, Hosts(["127.0.0.1"]))
        slow.shutdown(socket.SHUT_RDWR)


def _drip(calls: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            time_.sleep(0.05)
            for one in calls:
                one.sendall(b"H")
