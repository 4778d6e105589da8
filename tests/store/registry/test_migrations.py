"""The migrations make exactly the tables that the models describe, on each database."""

import importlib
import pkgutil
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from calha import store
from calha.domain.access import EVERYWHERE, Actor
from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import Rationalisation, Where
from calha.domain.alarm_states import Priority
from calha.domain.errors import InvalidConfiguration
from calha.domain.notices import Chain, Notice, Owner, Preferences, Step, Text
from calha.store.accounts import People
from calha.store.accounts.audit import AuditLog
from calha.store.alarms import AlarmStore, Change, RuleStore
from calha.store.notify import Chains, Deliveries, NextStep, Notices, Outgoing, Recipients
from calha.store.registry import Registry
from calha.store.registry.engines import engine_for
from calha.store.registry.models import Base
from calha.store.registry.schema import FOLDER, HEAD, migrate

NOW = 1_767_225_600_000_000
HI = read_rule({"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": 80}})


def test_a_migrated_database_is_as_the_models_say(registry):
    found = [one.name for one in pkgutil.walk_packages(store.__path__, "calha.store.") if one.name.endswith(".models")]
    assert len(found) > 5
    for name in found:
        importlib.import_module(name)
    with registry.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert [one for one in differences if "remove" not in one[0] or "fk" not in one[0]] == []


def test_the_state_before_an_upgrade_stays_beside_the_registry_and_opens_again(tmp_path):
    file = tmp_path / "registry.sqlite"
    lay(file, "0028")
    Registry.open(f"sqlite:///{file}").close()
    assert schema_of(file) == HEAD
    kept = file.with_name("registry.sqlite.schema-0028")
    assert schema_of(kept) == "0028"
    lay(tmp_path / "again.sqlite", "0029")
    shutil.move(tmp_path / "again.sqlite", file)
    Registry.open(f"sqlite:///{file}").close()
    assert [path.name for path in tmp_path.glob("*.schema-*")] == ["registry.sqlite.schema-0029"]


def test_the_registry_of_a_newer_calha_is_left_alone(tmp_path):
    file = tmp_path / "registry.sqlite"
    lay(file, "head")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(InvalidConfiguration, match="schema 9999, of a newer Calha"):
        Registry.open(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_alarms_keep_their_history_and_their_numbers_are_given_to_no_others(tmp_path):
    lay(tmp_path / "registry.sqlite", "0031")
    engine = engine_for(f"sqlite:///{tmp_path}/registry.sqlite")
    registry, alarms = Registry(engine), AlarmStore(engine)
    site = registry.create_site("Companhia", None, "America/Sao_Paulo").id
    rule = RuleStore(engine).add("High", HI, Where(site=site), Rationalisation(), "Ana", NOW).named.id

    def raise_alarm(device: str) -> int:
        registry.create_device(device, "generic", site)
        (row,) = alarms.follow([Change(rule, "hi", device, NOW, True, 81.5, 80.0, Priority.HIGH)], NOW)
        return row.id

    kept, last = raise_alarm("t1"), raise_alarm("t2")
    Notices(engine).open(Notice("alarm 9", Text("a", "a"), "", site, Priority.HIGH, NOW), NOW)
    migrate(engine)
    assert [one.id for one in alarms.history(kept).items] == [1]
    assert [one.id for one in alarms.history(last).items] == [2]
    registry.delete_device("t2")
    assert alarms.newest_transition() == 1
    assert raise_alarm("t3") == 10, "messages still speak of alarm 9"
    assert alarms.newest_transition() == 3
    registry.close()


def test_teams_chains_and_rules_keep_all_they_have_and_their_numbers_are_given_to_no_others(tmp_path):
    lay(tmp_path / "registry.sqlite", "0032")
    engine = engine_for(f"sqlite:///{tmp_path}/registry.sqlite")
    registry, rules, recipients, chains = Registry(engine), RuleStore(engine), Recipients(engine), Chains(engine)
    site = registry.create_site("Companhia", None, "America/Sao_Paulo").id
    ana = People(engine).create("Ana", "ana@example.org", None).id
    rule = rules.add("High", HI, Where(site=site), Rationalisation(), "Ana", NOW).named.id
    registry.create_device("t1", "generic", site)
    raised = Change(rule, "hi", "t1", NOW, True, 81.5, 80.0, Priority.HIGH)
    (alarm,) = AlarmStore(engine).follow([raised], NOW)
    team = Owner("team", recipients.save_team("Plantão", site, "en", [ana]).id)
    channel = recipients.add_channel(team, "webhook", "a", "a", "a", NOW).id
    recipients.set_preferences(team, Preferences(per_hour=7))
    chain = chains.add(Chain("c", site, Priority.LOW, (Step(5, (team,)),))).id
    notice = Notice("alarm 1", Text("a", "a"), "", site, Priority.HIGH, NOW)
    Notices(engine).open(notice, NOW, [Outgoing(channel, "raised", NOW)], [NextStep(chain, 0, NOW)])
    AuditLog(engine).append(Actor("Ana"), "team.removed", "team 6")
    AuditLog(engine).append(Actor("Ana"), "escalation_chain.rehearsed", f"chain {chain}")
    migrate(engine)
    assert len(AlarmStore(engine).history(alarm.id).items) == 1
    assert recipients.team(team.id).members == (ana,)
    assert recipients.preferences(team).per_hour == 7
    assert [one.channel.id for one in Deliveries(engine).page(sites=EVERYWHERE).items] == [channel]
    assert [one.source for one in Notices(engine).under_way(chain)] == ["alarm 1"]
    assert recipients.save_team("Nova", site, "en", []).id == 7, "the audit log speaks of team 6"
    chains.remove(chain)
    assert chains.add(Chain("d", site, Priority.LOW, (Step(5, (team,)),))).id == chain + 1
    other = registry.create_site("Outra", None, "America/Sao_Paulo").id
    last = rules.add("Low", HI, Where(site=other), Rationalisation(), "Ana", NOW).named.id
    registry.delete_site(other)
    assert rules.add("New", HI, Where(site=site), Rationalisation(), "Ana", NOW).named.id == last + 1
    registry.close()


def lay(file: Path, revision: str) -> None:
    engine = engine_for(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def schema_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
