"""The gate of the log server: whoever connects without Calha's own password is admitted or refused here.

The server asks on `$SYS.REQ.USER.AUTH` (NATS auth callout) and waits for a signed answer, which carries the account,
that is the shard, and what the device may publish and subscribe. A gateway that links its own log server to this one
(protocol leaf) comes into an account apart, where there are no streams. While nobody answers, whoever is connected goes on, and
whoever connects is refused after a while and tries again.

Rule 1: who cannot be judged is refused: an error in `decide`, a request that cannot be read, a crowd too large.
Rule 2: a device gets what its Admission names and no more, but for the one subject prefix on which the server itself
        delivers QoS 1 and 2 to MQTT clients; the server lets no MQTT client subscribe there by itself.
"""

import asyncio
import base64
import json
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from calha.domain.errors import LogUnavailable, Malformed
from calha.log import topics
from calha.log.connection import Connection, Subscription
from calha.log.nkeys import Signer
from calha.log.parser import Message
from calha.log.shards import GATEWAYS_ACCOUNT, shard_account, shard_of
from calha.log.tasks import end

SUBJECT = "$SYS.REQ.USER.AUTH"
AT_ONCE = 64  # decisions
MAX_WAITING = 20_000  # further ones are refused unheard
MAX_REASONS = 50  # that are counted apart
PATIENCE_S = 4.0  # less than the server's (`server_config.GATE_TIMEOUT_S`), so that an answer is never in vain
BEAT_S = 5.0

Protocol = Literal["mqtt", "nats", "leaf"]

_CONNECTION_TYPES: dict[Protocol, str] = {"mqtt": "MQTT", "nats": "STANDARD", "leaf": "LEAFNODE"}
_DELIVERIES = ("$MQTT.sub.>", "$MQTT.deliver.pubrel.>")
_HEADER = base64.urlsafe_b64encode(b'{"typ":"JWT","alg":"ed25519-nkey"}').rstrip(b"=") + b"."

logger = logging.getLogger("calha.log.gate")


@dataclass(frozen=True, slots=True)
class Knock:
    """Who asks to come in. certificates: PEM of the client certificates that were verified, leaf first.

    client_id: of MQTT. Two devices of one shard with the same one throw each other out, so `decide` should insist on one
    that only this device can have, such as its key.
    """

    user: str
    password: str = field(repr=False)
    client_id: str
    protocol: Protocol
    address: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """name: the device key. publish, subscribe: MQTT topic filters. expires_at_s: Unix time at which it is thrown out."""

    name: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    shard_key: str
    expires_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """reason: a word or two that are the same for many, as it is counted and logged."""

    reason: str


Decide = Callable[[Knock], Awaitable[Admission | Refusal]]


@dataclass(slots=True)
class GateCounters:
    admitted: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def refuse(self, reason: str) -> None:
        known = reason in self.refused or len(self.refused) < MAX_REASONS
        self.refused[reason if known else "other"] += 1


@dataclass(frozen=True, slots=True)
class _Request:
    knock: Knock
    server_id: str
    user_key: str
    arrived_at_s: float  # monotonic, for a clock that is stepped must shut nobody out
    reply: str


class Gate:
    """Answers for the log server. seed: of the issuer that it trusts (`Endpoint.gate_seed`)."""

    def __init__(self, connection: Connection, seed: str, shards: int, decide: Decide) -> None:
        self._connection = connection
        self._signer = Signer(seed)
        self._shards = shards
        self._decide = decide
        self._waiting: deque[_Request] = deque()
        self._wake = asyncio.Semaphore(0)
        self._subscription: Subscription | None = None
        self.counters = GateCounters()

    def listen(self) -> None:
        """Let whoever knocks wait from now on for the answer of `run`, instead of running into the server's time limit."""
        if self._subscription is None:
            self._subscription = self._connection.subscribe(SUBJECT, self._hear, queue="gate")

    async def run(self, beat: Callable[[], None]) -> None:
        """Answer until cancelled."""
        self.listen()
        workers = [asyncio.create_task(self._work(), name=f"gate {number}") for number in range(AT_ONCE)]
        try:
            while True:
                beat()
                done, _ = await asyncio.wait(workers, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
                for worker in done:
                    worker.result()
        finally:
            self._deafen()
            await end(*workers)
            self._waiting.clear()
            self._wake = asyncio.Semaphore(0)

    def _deafen(self) -> None:
        if self._subscription is not None:
            self._subscription.unsubscribe()
            self._subscription = None

    def _hear(self, message: Message) -> None:
        try:
            request = _read(message)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self.counters.refuse("unreadable")
            logger.warning("a request at the gate cannot be read: %s", error)
            return
        if len(self._waiting) >= MAX_WAITING:
            self._refuse(request, "crowd")
            return
        self._waiting.append(request)
        self._wake.release()

    async def _work(self) -> None:
        while True:
            await self._wake.acquire()
            request = self._waiting.popleft()
            if time.monotonic() > request.arrived_at_s + PATIENCE_S:  # the server has closed that connection
                self.counters.refuse("late")
                continue
            verdict = await self._judge(request.knock)
            if isinstance(verdict, Admission):
                self._admit(request, verdict)
            else:
                self._refuse(request, verdict.reason)

    async def _judge(self, knock: Knock) -> Admission | Refusal:
        try:
            async with asyncio.timeout(PATIENCE_S):
                verdict = await self._decide(knock)
            if isinstance(verdict, Admission):
                _permissions(verdict.publish, verdict.subscribe, knock.protocol)
        except Exception:
            logger.exception("%s at %s is refused because it cannot be judged", knock.user, knock.address)
            return Refusal("error")
        return verdict

    def _admit(self, request: _Request, admission: Admission) -> None:
        account = shard_account(shard_of(admission.shard_key, self._shards))
        if request.knock.protocol == "leaf":
            account = GATEWAYS_ACCOUNT
        permissions = _permissions(admission.publish, admission.subscribe, request.knock.protocol)
        claims: dict[str, Any] = {
            "aud": account,
            "name": admission.name,
            "nats": {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, **permissions},
        }
        if admission.expires_at_s is not None:
            claims["exp"] = admission.expires_at_s
        self._answer(request, {"jwt": self._signed(request.user_key, claims)})
        self.counters.admitted += 1

    def _refuse(self, request: _Request, reason: str) -> None:
        self.counters.refuse(reason)
        self._answer(request, {"error": reason})

    def _answer(self, request: _Request, verdict: dict[str, str]) -> None:
        content = {"type": "authorization_response", "version": 2, **verdict}
        answer = self._signed(request.user_key, {"aud": request.server_id, "nats": content})
        try:
            self._connection.publish(request.reply, answer.encode())
        except LogUnavailable as error:
            logger.warning("an answer of the gate is lost: %s", error)

    def _signed(self, subject: str, claims: dict[str, Any]) -> str:
        whole = {"iss": self._signer.public_key, "sub": subject, "iat": int(time.time()), **claims}
        text = _HEADER + _base64(json.dumps(whole, separators=(",", ":")).encode())
        return (text + b"." + _base64(self._signer.sign(text))).decode()


def _read(message: Message) -> _Request:
    """What the server asks. Only the server and Calha can publish on this subject, so its signature is not checked."""
    body = message.payload.split(b".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    asked = claims["nats"]
    client, options = asked["client_info"], asked["connect_opts"]
    chains = asked.get("client_tls", {}).get("verified_chains") or [[]]
    knock = Knock(
        user=options.get("user", ""),
        password=options.get("pass", ""),
        client_id=client.get("mqtt_id") or client.get("mqtt") or "",
        protocol=_protocol(client),
        address=client.get("host", ""),
        certificates=tuple(chains[0]),
    )
    return _Request(knock, asked["server_id"]["id"], asked["user_nkey"], time.monotonic(), message.reply.decode())


def _protocol(client: dict[str, Any]) -> Protocol:
    if client.get("kind") == "Leafnode":
        return "leaf"
    return "mqtt" if client.get("type") == "mqtt" else "nats"


@lru_cache(maxsize=20_000)
def _permissions(publish: tuple[str, ...], subscribe: tuple[str, ...], protocol: Protocol) -> dict[str, Any]:
    """Raises Malformed for a topic filter that would mean more in NATS than it does in MQTT."""
    own = _DELIVERIES if protocol == "mqtt" else ()
    return {
        "pub": _only([subject for one in publish for subject in _subjects(one)]),
        "sub": _only([*own, *(subject for one in subscribe for subject in _subjects(one))]),
        "allowed_connection_types": [_CONNECTION_TYPES[protocol]],
    }


def _only(subjects: list[str]) -> dict[str, list[str]]:
    """An empty list would allow everything."""
    return {"allow": subjects} if subjects else {"deny": [">"]}


def _subjects(topic_filter: str) -> list[str]:
    if set("*>$") & set(topic_filter):
        raise Malformed(f"topic filter {topic_filter[:80]!r} has a letter that is special in NATS", "bad_topic")
    subject = topics.filter_to_subject(topic_filter)
    return [subject, subject.removesuffix(".>")] if subject.endswith(".>") else [subject]


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
