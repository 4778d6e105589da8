"""People, sessions, keys, the audit log, devices' credentials and owners, on each database."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from calha.domain.access import Actor, Permission, Role
from calha.domain.errors import Conflict, NotFound
from calha.store.accounts import AuditLog, Keys, Links, People, SessionRow, Sessions
from calha.store.accounts.credentials import Credentials
from calha.store.accounts.models import AuditEntry

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def people(registry):
    return People(registry.engine)


@pytest.fixture
def maria(people):
    grants = [(Role.ADMINISTRATOR, None)]
    return people.create("Maria", "Maria@Example.org", "maria", "hash", grants=grants)


@pytest.fixture
def pump(registry, site):
    registry.create_device("pump-1", "machine", site)
    return "pump-1"


def test_a_person_is_found_by_address_and_user_name_whatever_the_case(people, maria):
    assert people.find("MARIA@example.ORG ") == people.find("Maria") == maria
    assert people.find("nobody") is None
    with pytest.raises(Conflict):
        people.create("Other", "maria@example.org", None)


def test_links_that_set_a_password_end_with_another_password_or_address(registry, people, maria):
    links = Links(registry.engine)
    for number, change in enumerate(
        (
            lambda: people.set_password(maria.id, "another"),
            lambda: people.update(maria.id, email="right@example.org"),
            lambda: people.update(maria.id, state="blocked"),
        )
    ):
        links.add(f"digest {number}", "invitation", maria.id, NOW + timedelta(hours=1))
        people.update(maria.id, name="Maria A.", email=people.get(maria.id).email)
        assert links.look(f"digest {number}") is not None
        change()
        assert links.look(f"digest {number}") is None


def test_nobody_takes_the_name_of_a_device_or_of_this_machine(people, maria, pump):
    for name in ("local", "Pump-1"):
        with pytest.raises(Conflict):
            people.update(maria.id, user_name=name)
        with pytest.raises(Conflict):
            people.create("Other", None, name)
    people.update(maria.id, user_name="maria")


def written_before(registry, *entries):
    """Audit entries (actor, action, target, before, after) as they were written when actors had no ids."""
    last = AuditLog(registry.engine).verify()
    number, previous = last.entries, last.last_hash
    with registry.engine.begin() as connection:
        for actor, action, target, *changes in entries:
            number += 1
            before, after = changes or ("", "")
            about = {"actor": actor, "action": action, "target": target, "before": before, "after": after}
            entry = {"id": number, "at": NOW.isoformat(), "address": "", "previous": previous, **about}
            text = json.dumps(entry, sort_keys=True, ensure_ascii=False)
            previous = hashlib.sha256(text.encode()).hexdigest()
            row = {name: value for name, value in entry.items() if name != "previous"}
            connection.execute(insert(AuditEntry).values({**row, "at": NOW, "hash": previous}))


def test_what_was_done_under_a_name_before_it_was_his_is_not_told_to_a_person(registry, people, maria):
    who = f"person {maria.id}"
    old, new = json.dumps({"email": maria.email}), json.dumps({"email": "Joana@example.org"})
    written_before(
        registry,
        ("local", "person.invited", who),
        ("joana@example.org", "customer.added", "customer 7"),
        (maria.label, "site.added", "site 1"),
        (maria.label, "person.changed", who, old, new),
        ("joana@example.org", "site.added", "site 2"),
    )
    audit = AuditLog(registry.engine)
    told = [(row.actor, row.target) for row in audit.of_person(maria.id, "joana@example.org")]
    assert ("joana@example.org", "site 2") in told
    assert (maria.label, "site 1") in told
    assert ("joana@example.org", "customer 7") not in told


def test_what_a_person_did_is_known_by_id_and_not_by_a_name_that_went_to_another(registry, people, maria):
    audit = AuditLog(registry.engine)
    audit.append(Actor("local"), "person.invited", f"person {maria.id}")
    audit.append(maria.actor, "site.added", "site 1")
    people.update(maria.id, email="ana@example.org", user_name=None)
    joana = people.create("Joana", maria.email, "maria")
    audit.append(Actor("local"), "person.invited", f"person {joana.id}")
    audit.append(joana.actor, "site.added", "site 2")
    audit.append(Actor(joana.label), "sign_in.failed", "login maria@example.org")
    audit.append(people.get(maria.id).actor, "site.added", "site 3")
    assert maria.label == joana.label

    def told(person_id):
        label = people.get(person_id).label
        return [row.target for row in audit.of_person(person_id, label) if row.action != "person.invited"]

    assert (told(maria.id), told(joana.id)) == (["site 1", "site 3"], ["site 2"])
    assert [row.target for row in audit.search(actor=f"person {maria.id}").items] == ["site 3", "site 1"]
    people.anonymise(maria.id)
    assert told(maria.id) == ["site 1", "site 3"]


def test_entries_of_before_and_with_ids_verify_in_one_chain(registry, maria):
    written_before(registry, ("maria", "site.added", "site 1"), ("local", "site.added", "site 2"))
    audit = AuditLog(registry.engine)
    audit.append(maria.actor, "site.added", "site 3")
    audit.append(Actor("local"), "site.added", "site 4")
    assert (audit.verify().entries, audit.verify().broken_at) == (4, None)
    assert [row.actor_id for row in audit.all()] == [None, None, f"person {maria.id}", ""]


@pytest.mark.parametrize(("entry", "actor_id"), [(1, "'person 2'"), (2, "'person 2'"), (2, "NULL"), (2, "''")])
def test_an_entry_whose_actor_was_exchanged_breaks_the_chain(registry, maria, entry, actor_id):
    written_before(registry, ("maria", "site.added", "site 1"))
    audit = AuditLog(registry.engine)
    audit.append(Actor("maria", "person 1"), "site.added", "site 2")
    with registry.engine.begin() as connection:
        connection.execute(text(f"UPDATE audit SET actor_id = {actor_id} WHERE id = {entry}"))
    assert audit.verify().broken_at == entry


def test_roles_are_given_and_taken_but_the_last_administrator_stays(people, maria, site):
    viewer = people.grant(maria.id, Role.VIEWER, site)
    with pytest.raises(Conflict, match="already"):
        people.grant(maria.id, Role.VIEWER, site)
    with pytest.raises(NotFound):
        people.grant(maria.id, Role.VIEWER, 99_999)
    people.revoke(maria.id, viewer.id)
    (last,) = people.grants(maria.id)
    with pytest.raises(Conflict, match="last administrator"):
        people.revoke(maria.id, last.id)
    assert people.grants(maria.id) == [last]


def test_who_is_anonymised_leaves_no_name_and_no_way_in(people, maria):
    other = people.create("João", "joao@example.org", None, "hash", grants=[(Role.VIEWER, None)])
    people.anonymise(other.id)
    gone = people.get(other.id)
    assert (gone.name, gone.email, gone.state, gone.has_password) == (f"#{other.id}", None, "anonymised", False)
    assert people.grants(other.id) == []


def test_what_somebody_made_keeps_none_of_the_names_that_he_had(registry, people, maria):
    joao = people.create("João", "joao@example.org", None)
    audit, keys = AuditLog(registry.engine), Keys(registry.engine)

    def made_as(person, digest):
        audit.append(person.actor, "key.made", "key")
        return keys.add("k", "calha_key_", digest * 64, Role.VIEWER, None, [], person.label, None, None).id

    first = made_as(joao, "1")
    second = made_as(people.update(joao.id, email="former@example.org"), "2")
    third = made_as(people.update(joao.id, email="joao.silva@example.org"), "3")
    people.create("Successor", "former@example.org", None)
    of_maria = made_as(maria, "4")
    people.anonymise(joao.id)
    gone = f"#{joao.id}"
    assert [keys.get(one).made_by for one in (first, second, third)] == [gone, "former@example.org", gone]
    assert keys.get(of_maria).made_by == maria.label
    assert audit.verify().broken_at is None


def test_a_code_and_a_recovery_code_serve_once(people, maria):
    people.set_second_factor(maria.id, "sealed", ["a" * 64, "b" * 64])
    assert people.use_step(maria.id, 100)
    assert not people.use_step(maria.id, 100)
    assert not people.use_step(maria.id, 99)
    assert people.use_recovery_code(maria.id, "a" * 64)
    assert not people.use_recovery_code(maria.id, "a" * 64)
    assert people.recovery_codes(maria.id) == 1


def test_a_refresh_token_is_exchanged_once(registry, maria):
    sessions = Sessions(registry.engine)
    row = SessionRow("s" * 32, maria.id, "client", NOW, NOW, NOW + timedelta(days=1), "192.0.2.7", "curl")
    sessions.open(row, "first")
    assert sessions.rotate(row.id, "first", "second", row.expires_at)
    assert not sessions.rotate(row.id, "first", "third", row.expires_at)
    assert sessions.find("first") is None
    assert sessions.find("second").id == row.id
    assert sessions.replaced("first").id == row.id
    sessions.close(row.id)
    assert sessions.get(row.id) is None


def test_an_expired_session_is_none(registry, maria):
    sessions = Sessions(registry.engine)
    row = SessionRow("t" * 32, maria.id, "browser", NOW, NOW, NOW - timedelta(seconds=5), "", "")
    sessions.open(row, "old")
    assert sessions.find("old") is None
    assert list(sessions.of(maria.id)) == []


def test_a_link_works_once_and_a_newer_one_takes_its_place(registry, maria):
    links = Links(registry.engine)
    links.add("one", "reset", maria.id, NOW + timedelta(hours=1))
    links.add("two", "reset", maria.id, NOW + timedelta(hours=1))
    assert links.look("one") is None
    assert links.look("two") == ("reset", maria.id)
    assert links.use("two")
    assert not links.use("two")
    links.add("old", "reset", maria.id, NOW - timedelta(hours=1))
    assert links.look("old") is None


def test_an_api_key_is_found_by_its_digest_until_it_expires_or_is_removed(registry, site):
    keys = Keys(registry.engine)
    made = keys.add("k", "calha_key_ab", "d" * 64, Role.VIEWER, site, [Permission.VIEW], "maria", 7, None)
    assert keys.find("d" * 64) == made
    keys.used(made.id)
    assert keys.get(made.id).used_at is not None
    keys.remove(made.id)
    assert keys.find("d" * 64) is None
    keys.add("old", "calha_key_cd", "e" * 64, Role.VIEWER, None, [], "maria", None, NOW - timedelta(seconds=1))
    assert keys.find("e" * 64) is None
    with pytest.raises(NotFound):
        keys.add("k", "x", "f" * 64, Role.VIEWER, 99_999, [], "maria", None, None)


def test_the_number_of_a_key_that_was_revoked_goes_to_no_other(registry):
    keys = Keys(registry.engine)
    made = keys.add("k", "calha_key_ab", "d" * 64, Role.VIEWER, None, [], "maria", None, None)
    keys.remove(made.id)
    assert keys.add("k", "calha_key_cd", "e" * 64, Role.VIEWER, None, [], "maria", None, None).id > made.id


def test_the_audit_log_is_a_chain_that_shows_every_change(registry):
    audit = AuditLog(registry.engine)
    for number in range(5):
        audit.append(Actor("maria"), "device.changed", f"device {number}", {"a": 1}, {"a": "ção"}, "192.0.2.7")
    assert (audit.verify().entries, audit.verify().broken_at) == (5, None)
    assert [row.target for row in audit.search(target="device 3").items] == ["device 3"]
    assert len(audit.search(q="ção").items) == 5
    with registry.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'joao' WHERE id = 3"))
    assert audit.verify().broken_at == 3


def test_an_entry_that_was_taken_out_of_the_audit_log_shows(registry):
    audit = AuditLog(registry.engine)
    for number in range(4):
        audit.append(Actor("maria"), "x", str(number))
    with registry.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE id = 2"))
    assert audit.verify().broken_at == 3


def test_devices_have_several_credentials_for_the_time_of_an_overlap(registry, pump):
    credentials = Credentials(registry.engine)
    credentials.add(pump, "secret", "a" * 64)
    credentials.add(pump, "secret", "b" * 64, older_expire_at=NOW + timedelta(hours=1))
    assert set(credentials.devices_by_digest()) == {"a" * 64, "b" * 64}
    credentials.add(pump, "secret", "c" * 64, older_expire_at=NOW - timedelta(seconds=2))
    assert set(credentials.devices_by_digest()) == {"c" * 64}
    credentials.remove(pump)
    assert credentials.devices_by_digest() == {}
    with pytest.raises(NotFound):
        credentials.add("nobody", "secret", "d" * 64)
