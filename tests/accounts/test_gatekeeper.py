"""Who is let in at the MQTT gate, and what he may do there."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from calha.accounts.door import fingerprint
from calha.accounts.gatekeeper import PROOF_HOLDS_S, Gatekeeper, Guest
from calha.accounts.key_connections import KeyConnections
from calha.certificates import device_certificate
from calha.domain.access import Grant, Permission, Principal, Role, Tree
from calha.domain.dialects import HOME, Speech, Topics
from calha.domain.directory import DeviceEntry, Directory
from calha.domain.errors import NotSignedIn
from calha.log.gate import Admission, Knock, Refusal

UTC = ZoneInfo("UTC")
DIRECTORY = Directory(
    {"a": DeviceEntry("a", UTC, {}, site=1), "b": DeviceEntry("b", UTC, {}, site=2)}, {}, 1, Tree({1: None, 2: None})
)
PRINCIPALS = {
    "secret-a": Principal("device", 0, "a", device="a"),
    "secret-b": Principal("device", 0, "b", device="b"),
    "key-1": Principal("key", 1, "key one", (Grant(Role.ENGINEER, 1),), frozenset(Permission)),
    "ending-secret-a": Principal("device", 0, "a", device="a", until_s=900),
    "ending-key-1": Principal("key", 1, "key one", (Grant(Role.ENGINEER, 1),), frozenset(Permission), until_s=900),
    "ending-token": Principal("person", 5, "ana", (Grant(Role.ENGINEER, 1),), until_s=900),
    "key-view": Principal("key", 2, "key view", (Grant(Role.ENGINEER, None),), frozenset({Permission.VIEW})),
    "key-all": Principal("key", 3, "key all", (Grant(Role.ENGINEER, None),), frozenset(Permission)),
}


class Door:
    """The real one asks a database; here what it answers is the table above."""

    def __init__(self, certificates=None, until_s=None):
        self.certificates, self.until_s = certificates or {}, until_s

    def by_token(self, token):
        if token not in PRINCIPALS:
            raise NotSignedIn("unknown")
        return PRINCIPALS[token]

    def by_certificate(self, pem):
        device = self.certificates.get(fingerprint(pem))
        return Principal("device", 0, device, device=device, until_s=self.until_s) if device is not None else None


def knock(user="", password="", client_id="", certificates=()):
    return Knock(user, password, client_id, "mqtt", "192.0.2.7", certificates)


async def decide(asked, anonymous=False, door=None):
    return await Gatekeeper(door or Door(), lambda: DIRECTORY, anonymous, clock=lambda: 0.0).decide(asked)


OWN = Admission("a", ("calha/v1/a/telemetry", "calha/v1/a/commands/+/reply"), ("calha/v1/a/commands",), shard_key="a")


@pytest.mark.parametrize("asked", [knock("a", "secret-a", "a"), knock("", "secret-a")])
async def test_a_device_gets_its_own_topics(asked):
    assert await decide(asked) == OWN


async def test_a_key_lets_a_device_in_for_a_day_and_is_remembered():
    assert await decide(knock("a", "key-1", "x")) == replace(OWN, expires_at_s=PROOF_HOLDS_S["key"])
    opened = KeyConnections()
    gatekeeper = Gatekeeper(Door(), lambda: DIRECTORY, False, key_connections=opened)
    for asked in (
        knock("a", "key-1", "x"),
        knock("gateway", "key-1", "gw"),
        knock("b", "secret-b"),
        knock("b", "key-1"),
    ):
        await gatekeeper.decide(asked)
    assert opened.of(1) == {"a", "key one"}
    assert opened.of(2) == frozenset()


@pytest.mark.parametrize("proof", ["ending-secret-a", "ending-key-1", "ending-token"])
async def test_nobody_stays_longer_than_what_he_came_with(proof):
    """The old secret of a rotation holds for its overlap, a key until it expires, an access token for a quarter of an hour."""
    admitted = await decide(knock("a", proof, "a"))
    assert admitted == replace(OWN, expires_at_s=900)


def test_what_keys_have_opened_is_known_to_the_next_core_too(tmp_path):
    path = tmp_path / "key-connections"
    before = KeyConnections(path)
    for key, name in ((1, "a"), (1, "key one"), (1, "a"), (2, "b")):
        before.add(key, name)
    with path.open("a") as file:
        file.write('[1, "cut o')
    after = KeyConnections(path, keys={1})
    assert (after.of(1), after.of(2)) == ({"a", "key one"}, frozenset())
    assert path.read_text() == '[1, "a"]\n[1, "key one"]\n'


def test_where_it_cannot_be_written_down_devices_are_let_in(tmp_path):
    opened = KeyConnections(tmp_path / "no-folder" / "key-connections")
    opened.add(1, "a")
    assert opened.of(1) == {"a"}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (knock("a", "secret-b"), "wrong credentials"),
        (knock("a", "guess"), "wrong credentials"),
        (knock("b", "key-1"), "wrong credentials"),
        (knock("a", "key-view"), "wrong credentials"),
        (knock("gateway", "key-view"), "no devices"),
        (knock("gateway", "secret-a"), "wrong credentials"),
        (knock("a"), "no credentials"),
        (knock("a", "secret-a", "b"), "client id of another device"),
    ],
)
async def test_whoever_cannot_prove_it_is_refused(asked, reason):
    assert await decide(asked) == Refusal(reason)


async def test_a_client_id_stays_with_the_device_that_had_it_first():
    gatekeeper = Gatekeeper(Door(), lambda: DIRECTORY, False)
    assert isinstance(await gatekeeper.decide(knock("a", "secret-a", "ESP32-01")), Admission)
    assert isinstance(await gatekeeper.decide(knock("a", "secret-a", "ESP32-01")), Admission)
    assert await gatekeeper.decide(knock("b", "secret-b", "ESP32-01")) == Refusal("client id of another device")


async def test_a_gateway_speaks_for_the_devices_of_its_site():
    admitted = await decide(knock("gateway", "key-1", "gw"))
    assert (admitted.publish, admitted.subscribe) == (("calha/v1/a/telemetry",), ())
    everywhere = await decide(knock("gateway", "key-all", "gw"))
    assert everywhere.publish == ("calha/v1/+/telemetry",)


async def test_anonymous_devices_come_in_only_when_the_operator_lets_them():
    admitted = await decide(knock(client_id="old"), anonymous=True)
    assert (admitted.name, admitted.publish, admitted.subscribe) == ("anonymous", ("calha/v1/+/telemetry",), ())
    assert await decide(knock("a", "guess"), anonymous=True) == Refusal("wrong credentials")


async def test_a_client_certificate_is_a_proof(tmp_path):
    mine, _ = device_certificate(tmp_path, "a")
    foreign, _ = device_certificate(tmp_path, "a")
    door = Door({fingerprint(mine): "a"})
    assert await decide(knock("", "", "a", (mine,)), door=door) == OWN
    assert await decide(knock("a", "", "a", (mine,)), door=door) == OWN
    assert await decide(knock("b", "", "b", (mine,)), door=door) == Refusal("wrong credentials")
    assert await decide(knock("a", "", "a", (foreign,)), door=door) == Refusal("wrong credentials")
    ending = Door({fingerprint(mine): "a"}, until_s=77)
    assert await decide(knock("a", "", "a", (mine,)), door=ending) == replace(OWN, expires_at_s=77)


NAMED = Guest("eta", ("eta/dados",), "raspberry", "curta")
OPEN = Guest("eta", ("eta/dados",))


async def decide_with(guests, asked, anonymous=False, certificates=None):
    return await Gatekeeper(Door(certificates), lambda: DIRECTORY, anonymous, guests).decide(asked)


async def test_a_guest_reaches_its_own_topics_only():
    expected = Admission("eta", ("eta/dados",), ("eta/dados",), "eta")
    assert await decide_with([NAMED], knock("raspberry", "curta", "random-1")) == expected
    assert await decide_with([NAMED], knock("raspberry", "curta", "a")) == Refusal("client id of another device")
    assert await decide_with([NAMED], knock("raspberry", "")) == Refusal("no credentials")
    assert await decide_with([NAMED], knock("", "")) == Refusal("no credentials")
    assert await decide_with([NAMED], knock("a", "secret-a", "a")) == OWN


async def test_a_guest_without_a_password_takes_the_place_of_nobody(tmp_path):
    assert (await decide_with([OPEN], knock(client_id="x"))).publish == ("eta/dados",)
    both = await decide_with([OPEN], knock(client_id="x"), anonymous=True)
    assert both.publish == ("eta/dados", "calha/v1/+/telemetry")
    mine, _ = device_certificate(tmp_path, "a")
    assert await decide_with([OPEN], knock("", "", "a", (mine,)), certificates={fingerprint(mine): "a"}) == OWN


async def test_the_password_of_a_guest_is_not_guessed_at_leisure():
    gatekeeper = Gatekeeper(Door(), lambda: DIRECTORY, False, [NAMED])
    for _ in range(5):
        assert await gatekeeper.decide(knock("raspberry", "guess")) == Refusal("wrong credentials")
    assert await gatekeeper.decide(knock("raspberry", "curta")) == Refusal("too many tries")
    other_address = Knock("raspberry", "curta", "", "mqtt", "192.0.2.8", ())
    assert isinstance(await gatekeeper.decide(other_address), Admission)


class OldTopics:
    """The dialect of a replaced system that has the device b, and is open to anybody or not."""

    def __init__(self, open_):
        self._open = open_

    def knows(self, device):
        return device == "b"

    async def of_device(self, device):
        return Topics(("old/b/status",), ("old/b/orders",)) if self.knows(device) else Topics()

    async def of_anybody(self):
        return await self.of_device("b") if self._open else Topics()

    async def is_there(self, device):
        return self.knows(device)

    async def say(self, device, order):
        return Speech(f"old/{device}/orders", order)


def gatekeeper_with_dialect(open_, anonymous=False):
    return Gatekeeper(Door(), lambda: DIRECTORY, anonymous, dialects=[OldTopics(open_)])


async def test_a_device_of_a_replaced_system_also_gets_the_topics_of_its_dialect():
    gatekeeper = gatekeeper_with_dialect(open_=False)
    assert await gatekeeper.decide(knock("a", "secret-a", "a")) == OWN
    publish = ("calha/v1/b/telemetry", "calha/v1/b/commands/+/reply", "old/b/status")
    own = Admission("b", publish, ("calha/v1/b/commands", "old/b/orders"), HOME)
    assert await gatekeeper.decide(knock("b", "secret-b", "b")) == own


async def test_whoever_proves_nothing_gets_the_topics_of_a_dialect_only_where_that_is_open():
    assert await gatekeeper_with_dialect(open_=False).decide(knock(client_id="x")) == Refusal("no credentials")
    found = await gatekeeper_with_dialect(open_=True).decide(knock(client_id="x"))
    assert found == Admission("anonymous", ("old/b/status",), ("old/b/orders",), HOME)
    both = await gatekeeper_with_dialect(open_=True, anonymous=True).decide(knock(client_id="x"))
    assert both == Admission("anonymous", ("calha/v1/+/telemetry", "old/b/status"), ("old/b/orders",), HOME)


async def test_whoever_proves_nothing_throws_out_nobody_who_did():
    gatekeeper = gatekeeper_with_dialect(open_=True)
    assert isinstance(await gatekeeper.decide(knock("a", "secret-a", "ESP32-01")), Admission)
    for client_id in ("ESP32-01", "a"):
        assert await gatekeeper.decide(knock(client_id=client_id)) == Refusal("client id of another device")


async def test_a_guest_without_a_password_also_gets_the_topics_of_open_dialects():
    gatekeeper = Gatekeeper(Door(), lambda: DIRECTORY, False, [OPEN], [OldTopics(True)])
    found = await gatekeeper.decide(knock(client_id="x"))
    publish, subscribe = ("eta/dados", "old/b/status"), ("eta/dados", "old/b/orders")
    assert found == Admission("anonymous", publish, subscribe, HOME)
