"""Passwords, second factors, tokens, the keyring and the throttle."""

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from calha.accounts import foreign_hashes, passwords, second_factor, tokens
from calha.accounts.keyring import Keyring, digest, new_secret
from calha.accounts.throttle import FREE_TRIES, LONGEST_WAIT_S, Patience, Throttle
from calha.accounts.tokens import AccessToken
from calha.domain.errors import InvalidConfiguration, Malformed, NotSignedIn, TooManyTries

GOOD = "canoa lenta abacaxi 7"
KEY = "0" * 64


def test_a_password_verifies_and_another_does_not():
    known = passwords.hashed(GOOD)
    assert known.startswith("$argon2id$")
    assert passwords.verify(GOOD, known)
    assert not passwords.verify(GOOD + " ", known)
    assert not passwords.verify(GOOD, None)
    assert not passwords.verify(GOOD, "not a hash")


def test_a_bcrypt_hash_of_another_system_verifies_and_wants_an_upgrade():
    known = bcrypt.hashpw(GOOD.encode(), bcrypt.gensalt(4)).decode()
    assert passwords.verify(GOOD, known)
    assert not passwords.verify("another password", known)
    assert passwords.needs_upgrade(known)
    assert not passwords.needs_upgrade(passwords.hashed(GOOD))


@pytest.mark.parametrize("method", ["pbkdf2", "pbkdf2:sha512:1000", "scrypt", "scrypt:1024:8:1"])
def test_a_hash_of_werkzeug_verifies_and_wants_an_upgrade(method):
    known = generate_password_hash(GOOD, method)
    assert passwords.verify(GOOD, known)
    assert not passwords.verify(GOOD + "x", known)
    assert not passwords.verify("", known)
    assert passwords.needs_upgrade(known)


@pytest.mark.parametrize(
    "known",
    [
        "pbkdf2:sha256:999999999$salt$00",
        "pbkdf2:md5:1000$salt$00",
        "pbkdf2:sha256:0$salt$00",
        "scrypt:1073741824:8:1$salt$00",
        "scrypt:1000:8:1$salt$00",
        "scrypt:0:0:0$salt$00",
        "$2b$31$" + "a" * 53,
        "pbkdf2:",
        "scrypt:",
        "$2",
    ],
)
def test_a_hash_that_would_take_minutes_or_is_none_does_not_verify(known):
    assert not passwords.verify(GOOD, known)
    assert not foreign_hashes.is_usable(known)


PERSON = ("Maria José Souza", "maria@example.org", "mjsouza")


@pytest.mark.parametrize(
    "weak",
    [
        "password1234",
        "123456789012",
        "aaaaaaaaaaaaaa",
        "mariamariasouza",
        "maria souza maria souza",
        "M4r1@ Jos3 S0uz4!",
        "azuos airam mjsouza",
        "maria@example.org",
        "JOSÉ josé José 2024",
        "canoa canoa canoa canoa",
        "canoa lenta canoa lenta",
        "canoalentacanoalenta",
        "sol mar sol mar sol",
    ],
)
def test_a_weak_password_is_refused(weak):
    with pytest.raises(Malformed) as refused:
        passwords.require_good(weak, PERSON)
    assert refused.value.reason == "weak_password"


@pytest.mark.parametrize("wrong", ["short", "x" * 201])
def test_a_password_has_a_length(wrong):
    with pytest.raises(Malformed) as refused:
        passwords.require_good(wrong)
    assert refused.value.reason == "password_length"


@pytest.mark.parametrize(
    "good", [GOOD, "maria e a canoa lenta do abacaxi", "trem azul girassol 42", "a Zé 3x canoa7 Lenta-"]
)
def test_a_good_password_is_taken(good):
    passwords.require_good(good, PERSON)


@given(st.text(max_size=200), st.lists(st.text(max_size=30), max_size=5))
def test_what_counts_of_a_password_is_no_longer_than_it_and_does_not_hold_own_words(password, words):
    counts = passwords.what_counts(password, words)
    assert len(counts) <= len(password)
    assert 0 <= passwords.measure(password, tuple(words)).score <= 4


def test_a_code_of_the_second_factor_fits_its_time_only():
    key = second_factor.new_key()
    now = 1_800_000_000
    code = pyotp.TOTP(key).at(now)
    step = second_factor.step_of(key, code, now)
    assert step == now // 30
    assert second_factor.step_of(key, f"{code[:3]} {code[3:]}", now + 30) == step, "one step late, with a blank"
    assert second_factor.step_of(key, code, now + 90) is None
    assert second_factor.step_of(key, "000000", now) is None
    assert "otpauth://totp/Calha:maria" in second_factor.address(key, "maria")


def test_recovery_codes_are_read_however_they_are_typed():
    codes = second_factor.recovery_codes()
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert second_factor.plain_recovery_code(f" {codes[0].upper().replace('-', ' ')} ") == codes[0]


def test_an_access_token_names_its_session_until_it_expires():
    now_s = int(time.time())
    token = tokens.issue(KEY, AccessToken(7, "abc"), now_s)
    assert tokens.read(KEY, token) == AccessToken(7, "abc", now_s + tokens.LIFETIME_S)
    with pytest.raises(NotSignedIn):
        tokens.read("1" * 64, token)
    with pytest.raises(NotSignedIn):
        tokens.read(KEY, tokens.issue(KEY, AccessToken(7, "abc"), now_s=1_000_000))


def test_a_token_that_says_it_is_not_signed_is_refused():
    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    claims = {"iss": "calha", "sub": "1", "sid": "abc", "exp": 4_000_000_000}
    for algorithm in ("none", "HS512"):
        with pytest.raises(NotSignedIn):
            tokens.read(KEY, f"{part({'alg': algorithm})}.{part(claims)}.")


def test_the_keyring_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = Keyring.open(tmp_path)
    assert Keyring.open(tmp_path) == first
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert first.unseal(first.seal("secret")) == "secret"
    other = Keyring.open(tmp_path / "other")
    assert other.unseal(first.seal("secret")) is None
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(InvalidConfiguration, match="damaged"):
        Keyring.open(tmp_path)


def test_secrets_are_long_and_only_their_digests_are_kept():
    secret = new_secret("calha_key_")
    assert len(secret) > 50
    assert secret not in digest(secret)
    assert new_secret() != new_secret()


def test_after_some_failures_each_try_waits_longer():
    now = 0.0
    throttle = Throttle(lambda: now)
    waits = []
    for _ in range(FREE_TRIES + 12):
        waits.append(throttle.wait_s("maria", "192.0.2.7"))
        now += waits[-1]
        throttle.failed("maria", "192.0.2.7")
    assert waits[:FREE_TRIES] == [0.0] * FREE_TRIES
    assert waits[FREE_TRIES:-2] == sorted(waits[FREE_TRIES:-2])
    assert waits[-1] == LONGEST_WAIT_S
    assert throttle.wait_s("joao") == 0.0
    assert throttle.wait_s("joao", "192.0.2.7") > 0, "one address tries many accounts"
    throttle.succeeded("maria")
    assert throttle.wait_s("maria") == 0.0


def test_failures_are_forgotten_after_a_while():
    now = 0.0
    throttle = Throttle(lambda: now)
    for _ in range(FREE_TRIES + 3):
        throttle.failed("maria")
    now = 4_000.0
    throttle.failed("maria")
    assert throttle.wait_s("maria") == 0.0


def test_tries_at_once_are_no_more_than_tries_one_after_another():
    patience, judged, refused = Patience(lambda: 0.0), [], []
    tries = 4 * FREE_TRIES
    all_there = threading.Barrier(tries)

    def guess():
        all_there.wait()
        try:
            with patience.attempt("maria", "192.0.2.7"):
                judged.append(1)
        except TooManyTries:
            refused.append(1)

    with ThreadPoolExecutor(tries) as pool:
        list(pool.map(lambda _: guess(), range(tries)))
    assert (len(judged), len(refused)) == (FREE_TRIES, tries - FREE_TRIES)


def test_right_tries_at_once_wait_for_each_other_and_are_all_let_in():
    patience, tries = Patience(), 4 * FREE_TRIES
    all_there, judging, most = threading.Barrier(tries), [], []

    def sign_in():
        all_there.wait()
        with patience.attempt("maria", "192.0.2.7") as attempt:
            judging.append(1)
            most.append(len(judging))
            attempt.outcome = "right"
            judging.pop()
        return attempt.outcome

    with ThreadPoolExecutor(tries) as pool:
        assert list(pool.map(lambda _: sign_in(), range(tries))) == ["right"] * tries
    assert max(most) <= FREE_TRIES


def test_a_right_try_forgets_failures_and_an_open_one_neither_adds_to_them_nor_takes_away():
    patience = Patience(lambda: 0.0)

    def tried(outcome):
        with patience.attempt("maria", "192.0.2.7") as attempt:
            attempt.outcome = outcome

    for outcome in ("wrong",) * (FREE_TRIES - 1) + ("right",) + ("wrong",) * (FREE_TRIES - 1) + ("open", "wrong"):
        tried(outcome)
    with pytest.raises(TooManyTries):
        tried("right")


def test_a_try_that_ends_in_an_error_counts_as_wrong_and_holds_nobody_up():
    patience = Patience(lambda: 0.0)
    for _ in range(FREE_TRIES):
        with pytest.raises(RuntimeError), patience.attempt("maria", "192.0.2.7"):
            raise RuntimeError
    with pytest.raises(TooManyTries), patience.attempt("maria", "192.0.2.8"):
        pass
