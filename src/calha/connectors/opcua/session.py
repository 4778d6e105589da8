"""One open session with an OPC UA server, and why one could not be opened.

Which endpoint is taken, whether its certificate is the one that was trusted, and how a login goes, is decided here; each
refusal says which of these it was. Channel, renewal and signatures are asyncua's. Services whose answers may be large are
sent through its transport and read by `wire`.

The host names under which a server announces its endpoints are not used: many announce one that nobody can resolve.
"""

import asyncio
import hashlib
import logging
import os
import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from asyncua import Client, ua
from asyncua.common.utils import NotEnoughData
from asyncua.crypto import security_policies, uacrypto
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from cryptography import x509

from calha.application_certificate import ApplicationCertificate
from calha.connectors.opcua.wire import Changes, Published, read_published, read_values
from calha.domain.connections import NodeId, Security
from calha.domain.errors import ConnectionFailed

logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what goes wrong is told by a connection's state

REQUEST_TIMEOUT_S: Final = 10.0
WATCH_EVERY_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 3.0
SESSION_TIMEOUT_MS: Final = 60_000
PER_CALL: Final = 500  # nodes in one request, where the server does not say how many it takes

Cut = TypeVar("Cut", Changes, Published)

BROKEN: Final = (
    UaError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)
"""Whatever broken bytes lead asyncua to."""

_NONE, _SIGN, _ENCRYPT = (
    ua.MessageSecurityMode.None_,
    ua.MessageSecurityMode.Sign,
    ua.MessageSecurityMode.SignAndEncrypt,
)
_POLICIES: Mapping[Security, tuple[Any, Any]] = {
    "none": (security_policies.SecurityPolicyNone, _NONE),
    "sign": (security_policies.SecurityPolicyBasic256Sha256, _SIGN),
    "encrypt": (security_policies.SecurityPolicyBasic256Sha256, _ENCRYPT),
    "aes128": (security_policies.SecurityPolicyAes128Sha256RsaOaep, _ENCRYPT),
    "aes256": (security_policies.SecurityPolicyAes256Sha256RsaPss, _ENCRYPT),
}
_LOGIN = {
    ua.StatusCodes.BadIdentityTokenInvalid,
    ua.StatusCodes.BadIdentityTokenRejected,
    ua.StatusCodes.BadUserAccessDenied,
    ua.StatusCodes.BadUserSignatureInvalid,
}
_CERTIFICATE = {
    ua.StatusCodes.BadSecurityChecksFailed,
    ua.StatusCodes.BadCertificateInvalid,
    ua.StatusCodes.BadCertificateUntrusted,
    ua.StatusCodes.BadCertificateTimeInvalid,
    ua.StatusCodes.BadCertificateUriInvalid,
    ua.StatusCodes.BadCertificateUseNotAllowed,
    ua.StatusCodes.BadCertificateChainIncomplete,
    ua.StatusCodes.BadCertificateIssuerUseNotAllowed,
    ua.StatusCodes.BadApplicationSignatureInvalid,
}


@dataclass(frozen=True, slots=True)
class Target:
    """Which server, and how. trusted: SHA-256 (hex) of the certificate that it must show; empty: none is trusted yet.
    trust_first: whether the one that it shows at first is trusted then.
    """

    endpoint: str
    security: Security
    user: str = ""
    password: str = ""
    trusted: str = ""
    trust_first: bool = False


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    sha256: str
    subject: str
    uri: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server says of itself before anybody has signed in. certificate: of the endpoint that is wanted."""

    name: str
    securities: Sequence[Security]
    certificate: ServerCertificate | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How many nodes one request may name."""

    read: int = PER_CALL
    browse: int = PER_CALL
    monitor: int = PER_CALL


class Session:
    """An open session. `lost` holds why it ended as soon as it has."""

    def __init__(self, client: Any, offer: Offer, namespaces: Sequence[str], limits: Limits) -> None:  # noqa: ANN401 - asyncua.Client
        self._client = client
        self.offer = offer
        self.namespaces = namespaces
        self.limits = limits
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        client.connection_lost_callback = self._note_lost

    def node(self, wanted: NodeId) -> Any:  # noqa: ANN401 - ua.NodeId
        """The node as this server numbers it now; None if it has no such namespace."""
        number = wanted.namespace
        if number is None:
            if wanted.uri not in self.namespaces:
                return None
            number = self.namespaces.index(wanted.uri)
        return ua.NodeId.from_string(f"ns={number};{wanted.kind}={wanted.identifier}")

    async def call(self, request: Any, answer: type[Any]) -> Any:  # noqa: ANN401 - messages of asyncua
        """One request, its answer read by asyncua. Raises ConnectionFailed."""
        body, _ = await self._ask(request, REQUEST_TIMEOUT_S)
        return _read(answer, body)

    async def values(self, nodes: Sequence[Any]) -> Changes:
        """The values of nodes, as many as `limits.read` at a time; `handle` is the place. Raises ConnectionFailed."""
        request = ua.ReadRequest()
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        request.Parameters.NodesToRead = [ua.ReadValueId(node, ua.AttributeIds.Value) for node in nodes]
        _, rest = await self._ask(request, REQUEST_TIMEOUT_S)
        found = _cut(read_values, rest)
        require_all(len(found), len(nodes))
        return found

    async def publish(self, acknowledged: Sequence[tuple[int, int]]) -> Published:
        """The next message of a subscription, whenever it comes. acknowledged: (subscription, sequence) of those done with.

        Raises ConnectionFailed.
        """
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = [ua.SubscriptionAcknowledgement(*one) for one in acknowledged]
        _, rest = await self._ask(request, 0)
        return _cut(read_published, rest)

    async def _ask(self, request: Any, timeout_s: float) -> tuple[Any, bytes]:  # noqa: ANN401 - messages of asyncua
        """(answer as it came, what lies behind its header). timeout_s 0: as long as it takes."""
        protocol = self._client.uaclient.protocol
        if protocol is None:
            raise ConnectionFailed("the connection has ended", "ended")
        try:
            body = await protocol.send_request(request, timeout_s)
            rest = body.copy()
            nodeid_from_binary(rest)
            struct_from_binary(ua.ResponseHeader, rest).ServiceResult.check()
        except (UaError, OSError, TimeoutError) as error:
            raise explained(error) from None
        return body, bytes(rest)

    async def _note_lost(self, error: Exception) -> None:
        if not self.lost.done():
            self.lost.set_result(str(error) or type(error).__name__)


async def offer_of(target: Target) -> Offer:
    """What a server offers; nothing is proved, nobody signs in. Raises ConnectionFailed."""
    client = _client(target)
    try:
        endpoints = await client.connect_and_get_server_endpoints()
    except (UaError, OSError, TimeoutError, ValueError) as error:
        raise explained(error) from None
    return _offer(endpoints, target.security)


@asynccontextmanager
async def open_session(target: Target, own: ApplicationCertificate) -> AsyncIterator[Session]:
    """A session with a server, closed at the end. Raises ConnectionFailed, also from inside when the server refuses."""
    client = _client(target)
    try:
        endpoints = await client.connect_and_get_server_endpoints()
        offer = _offer(endpoints, target.security)
        _require_login(target, _endpoint(endpoints, target.security))
        if offer.certificate is not None:
            require_trusted(target, offer.certificate)
            der = _der(_endpoint(endpoints, target.security))
            shown = uacrypto.CertProperties(der, "der")
            policy, mode = _POLICIES[target.security]
            await client.set_security(policy, own.certificate, own.key, server_certificate=shown, mode=mode)
        await client.connect()
    except (UaError, OSError, TimeoutError, ValueError) as error:
        client.disconnect_socket()
        raise _refusal(error, target) from None
    except BaseException:
        client.disconnect_socket()
        raise
    try:
        session = Session(client, offer, await _namespaces(client), Limits())
        session.limits = await _limits(session)
        yield session
    except (UaError, OSError) as error:
        raise explained(error) from None
    finally:
        await _close(client)


def require_trusted(target: Target, shown: ServerCertificate) -> None:
    """Raises ConnectionFailed unless a server's certificate is the trusted one, or may become it."""
    if not target.trusted:
        if not target.trust_first:
            raise ConnectionFailed(
                f"the server's certificate is not trusted yet. Compare its fingerprint with the one that the server itself "
                f"shows, then trust it: {shown.sha256}",
                "certificate_unknown",
            )
    elif shown.sha256 != target.trusted:
        raise ConnectionFailed(
            f"the server shows another certificate than the trusted one: {shown.sha256} in place of {target.trusted}. "
            "Find out why it has changed, then trust the new one",
            "certificate_changed",
        )


def require_all(answered: int, asked: int) -> None:
    """Raises ConnectionFailed when a server answers for fewer or more nodes than it was asked for."""
    if answered != asked:
        raise ConnectionFailed(f"the server answers for {answered} nodes when asked for {asked}", "server_refused")


def explained(error: BaseException) -> ConnectionFailed:
    """A fault of asyncua or of the network in our words."""
    if isinstance(error, UaStatusCodeError):
        name = ua.StatusCode(ua.UInt32(error.code)).name
        if error.code in _LOGIN:
            return ConnectionFailed(f"the server refuses the user name or the password ({name})", "login_refused")
        if error.code in _CERTIFICATE:
            return ConnectionFailed(
                f"the server does not trust Calha's certificate ({name}). Take it into the server's list of trusted ones",
                "certificate_refused",
            )
        return ConnectionFailed(f"the server answers {name}", "server_refused")
    if isinstance(error, NotEnoughData | UaError):
        return ConnectionFailed(f"the server's answer cannot be read: {error}", "server_refused")
    if isinstance(error, TimeoutError):
        return ConnectionFailed("the server does not answer in time", "unreachable")
    if isinstance(error, OSError):
        is_of_system = (error.errno or 0) > 0  # below 0: a name that nobody knows
        known = os.strerror(error.errno or 0) if is_of_system else error.strerror
        return ConnectionFailed(known or str(error), "unreachable")
    return ConnectionFailed(str(error) or type(error).__name__, "unreachable")


def _refusal(error: BaseException, target: Target) -> ConnectionFailed:
    """Why no session came about. A server that distrusts a certificate may just hang up when it is shown."""
    found = explained(error)
    if (
        isinstance(error, ConnectionError)
        and target.security != "none"
        and not isinstance(error, ConnectionRefusedError)
    ):
        return ConnectionFailed(
            "the server hangs up when Calha shows its certificate. Take it into the server's list of trusted ones",
            "certificate_refused",
        )
    return found


def _client(target: Target) -> Any:  # noqa: ANN401 - asyncua.Client
    client = Client(target.endpoint, timeout=REQUEST_TIMEOUT_S, watchdog_intervall=WATCH_EVERY_S)
    client.name = client.description = "Calha"
    client.session_timeout = SESSION_TIMEOUT_MS
    if target.user:
        client.set_user(target.user)
        client.set_password(target.password)
    return client


def _endpoint(endpoints: Sequence[Any], security: Security) -> Any:  # noqa: ANN401 - ua.EndpointDescription
    policy, mode = _POLICIES[security]
    for one in endpoints:
        if one.SecurityPolicyUri == policy.URI and one.SecurityMode == mode:
            return one
    offered = _securities(endpoints)
    told = ", ".join(offered) or "nothing that Calha speaks"
    raise ConnectionFailed(
        f"the server does not offer the security {security!r}; it offers {told}", "policy_not_offered", tuple(offered)
    )


def _securities(endpoints: Sequence[Any]) -> list[Security]:
    offered = {(one.SecurityPolicyUri, one.SecurityMode) for one in endpoints}
    return [name for name, (policy, mode) in _POLICIES.items() if (policy.URI, mode) in offered]


def _offer(endpoints: Sequence[Any], security: Security) -> Offer:
    chosen = _endpoint(endpoints, security)
    certificate = None
    if security != "none":
        if not chosen.ServerCertificate:
            raise ConnectionFailed("the server shows no certificate", "server_refused")
        certificate = _certificate(_der(chosen), chosen.Server.ApplicationUri or "")
    return Offer(chosen.Server.ApplicationName.Text or "", _securities(endpoints), certificate)


def _der(endpoint: Any) -> bytes:  # noqa: ANN401 - ua.EndpointDescription
    """The server's own certificate, without the others of its chain."""
    from cryptography.hazmat.primitives.serialization import Encoding

    own: bytes = uacrypto.x509_from_der(endpoint.ServerCertificate).public_bytes(Encoding.DER)
    return own


def _certificate(der: bytes, uri: str) -> ServerCertificate:
    read = x509.load_der_x509_certificate(der)
    subject = read.subject.rfc4514_string()
    return ServerCertificate(
        hashlib.sha256(der).hexdigest(), subject, uri, read.not_valid_before_utc, read.not_valid_after_utc
    )


def _require_login(target: Target, endpoint: Any) -> None:  # noqa: ANN401 - ua.EndpointDescription
    taken = {token.TokenType for token in endpoint.UserIdentityTokens}
    if not target.user and ua.UserTokenType.Anonymous not in taken:
        raise ConnectionFailed("the server lets nobody in without user name and password", "login_refused")
    if target.user and ua.UserTokenType.UserName not in taken:
        raise ConnectionFailed("the server takes no user names; leave the user empty", "login_refused")


async def _namespaces(client: Any) -> Sequence[str]:  # noqa: ANN401 - asyncua.Client
    return [str(uri) for uri in await client.get_namespace_array()]


async def _limits(session: Session) -> Limits:
    """What the server says it takes; PER_CALL where it says nothing, or no limit."""
    ids = ua.ObjectIds
    asked = (
        ids.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
        ids.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
        ids.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    )
    found = await session.values([ua.NodeId(number) for number in asked])
    told = [int(value) if value >= 1 else PER_CALL for value in found.value.tolist()]  # NaN is not >= 1
    return Limits(*(min(one, PER_CALL) for one in told))


def _read(answer: type[Any], body: Any) -> Any:  # noqa: ANN401 - messages of asyncua
    try:
        return struct_from_binary(answer, body)
    except BROKEN as error:
        raise ConnectionFailed(f"the server's answer cannot be read: {error}", "server_refused") from None


def _cut(read: Callable[[bytes], Cut], rest: bytes) -> Cut:
    try:
        return read(rest)
    except BROKEN as error:
        raise ConnectionFailed(f"the server's values cannot be read: {error}", "server_refused") from None


async def _close(client: Any) -> None:  # noqa: ANN401 - asyncua.Client
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await client.disconnect()
    except (UaError, OSError, TimeoutError):
        client.disconnect_socket()
