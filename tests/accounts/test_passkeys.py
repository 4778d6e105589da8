"""Challenges of passkeys: whose they are, and that one to sign in adds no passkey."""

import pytest

from calha.accounts.passkeys import Passkeys, Site
from calha.domain.errors import NotSignedIn
from calha.store.accounts import People
from calha.store.registry import Registry
from registries import lay_empty_registry

SITE = Site("localhost", "http://localhost:8080")


@pytest.fixture
def people(tmp_path):
    registry = Registry.open(lay_empty_registry(tmp_path))
    yield People(registry.engine)
    registry.close()


def test_a_challenge_serves_whom_it_was_given_once_and_no_other(people):
    maria, rui = people.create("Maria", None, "maria"), people.create("Rui", None, "rui")
    passkeys = Passkeys(people)
    tickets = [passkeys.begin_adding(rui, SITE)["ticket"], passkeys.begin_sign_in(SITE)["ticket"]]
    for ticket in tickets:
        with pytest.raises(NotSignedIn) as refused:
            passkeys.add(maria, SITE, ticket, {}, "stolen")
        assert refused.value.reason == "old_challenge"
    own = passkeys.begin_adding(maria, SITE)["ticket"]
    with pytest.raises(NotSignedIn) as refused:
        passkeys.add(maria, SITE, own, {}, "empty")
    assert refused.value.reason == "wrong_passkey", "the challenge is hers; the answer is none"
    with pytest.raises(NotSignedIn) as refused:
        passkeys.add(maria, SITE, own, {}, "again")
    assert refused.value.reason == "old_challenge"
