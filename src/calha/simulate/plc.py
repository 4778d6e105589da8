"""A PLC that speaks OPC UA, as the CODESYS controller of a treatment plant does: its namespaces, node ids and types.

The node ids are strings in namespace 4 that hold the name of the controller with a blank at its end, as the real one has
it. It announces itself under a host name that nobody else may know, as such controllers do. What the variables hold is
`plc_signals`; what is served beside it (further nodes under load, status codes other than good) is asked for.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from asyncua import Server, ua
from asyncua.common.node import Node
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from cryptography import x509

from calha.application_certificate import application_certificate
from calha.simulate.plc_names import (
    APPLICATION,
    LOAD_FOLDER_NODES,
    NAMESPACE_INDEX,
    NAMESPACES,
    load_folder,
    load_variable,
)
from calha.simulate.plc_signals import flow_m3_h, level_m, pump_runs

log = logging.getLogger(__name__)

Security = Literal["none", "sign", "encrypt", "aes128", "aes256"]
Subscriptions = Literal["served", "silent", "refused"]

ANNOUNCED_HOST: Final = "TCC"
LARGEST_EXACT: Final = 1 << 24  # of a REAL

POLICIES: Mapping[Security, ua.SecurityPolicyType] = {
    "none": ua.SecurityPolicyType.NoSecurity,
    "sign": ua.SecurityPolicyType.Basic256Sha256_Sign,
    "encrypt": ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    "aes128": ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    "aes256": ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
}


@dataclass(frozen=True, slots=True)
class PlcOptions:
    """interval_s: between two runs of the program. older: also the variables of the first generation. load_nodes: further
    ones, which count the runs of their own, each second. users: passwords by name; without any everybody is let in.
    status: names of status codes by variable. folder: where its certificate is kept, for security other than none.
    trusts: certificates (PEM) of the only clients that it believes; without any it believes all. subscriptions: whether it
    serves them, takes and never serves them, or refuses them, as some older controllers do.
    """

    host: str = "127.0.0.1"
    port: int = 4840
    interval_s: float = 10.0
    older: bool = False
    stops: bool = True
    load_nodes: int = 0
    load_interval_s: float = 1.0
    security: Sequence[Security] = ("none",)
    users: Mapping[str, str] = field(default_factory=dict)
    anonymous: bool = True
    status: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    trusts: Sequence[Path] = ()
    subscriptions: Subscriptions = "served"


class Plc:
    """Serves from entering its `async with` until leaving it. `load_runs`: how often the load nodes were written."""

    def __init__(self, options: PlcOptions) -> None:
        self._options = options
        self._server: Server | None = None
        self._nodes: dict[str, Node] = {}
        self._load: list[ua.NodeId] = []
        self._types: dict[str, ua.VariantType] = {}
        self._status = {name: _status_code(code) for name, code in options.status.items()}
        self.runs = 0
        self.load_runs = 0

    async def __aenter__(self) -> Self:
        server = self._server = Server(user_manager=_Users(self._options))
        await server.init()
        server.set_server_name("CODESYS")
        server.set_match_discovery_endpoint_url(False)
        server.set_match_discovery_client_ip(False)
        server.set_endpoint(f"opc.tcp://{ANNOUNCED_HOST}:{self._options.port}")
        server.socket_address = (self._options.host, self._options.port)
        server.set_security_policy([POLICIES[one] for one in self._options.security])
        server.set_identity_tokens(_tokens(self._options))
        await self._show_certificate(server)
        self._limit_subscriptions(server)
        for uri in NAMESPACES:
            await server.register_namespace(uri)
        await self._declare(server)
        _require_known(self._options.status, self._nodes)
        await server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await self._server.stop()

    @property
    def port(self) -> int:
        return self._options.port

    async def run(self) -> None:
        """Run the program until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(self._options.interval_s, self.run_once))
            if self._load:
                group.create_task(_every(self._options.load_interval_s, self.run_load_once))

    async def run_once(self) -> None:
        """One run of the program: every variable anew."""
        self.runs += 1
        now = datetime.now(UTC)
        for name, value in _values(self.runs, now, self._options.stops).items():
            if name in self._nodes:
                await self.write(name, value, now)

    async def run_load_once(self) -> None:
        """Every load node counts one further."""
        assert self._server is not None
        self.load_runs += 1
        now = datetime.now(UTC)
        value = ua.Variant(float(self.load_runs % LARGEST_EXACT), ua.VariantType.Float)
        for node in self._load:
            written = ua.DataValue(value, SourceTimestamp=now, ServerTimestamp=now)
            await self._server.write_attribute_value(node, written)

    async def write(self, variable: str, value: object, at: datetime | None, status: int | None = None) -> None:
        """Put a value into a variable. at: its source timestamp. status: a code in place of the variable's own."""
        assert self._server is not None
        code = self._status.get(variable, ua.StatusCodes.Good) if status is None else status
        written = ua.DataValue(
            ua.Variant(value, self._types[variable]),
            ua.StatusCode(ua.UInt32(code)),
            SourceTimestamp=at,
            ServerTimestamp=datetime.now(UTC),
        )
        await self._server.write_attribute_value(self._nodes[variable].nodeid, written)

    def set_status(self, variable: str, code: str | None) -> None:
        """The status code of a variable from its next run on; None for good."""
        self._status[variable] = _status_code(code) if code else ua.StatusCodes.Good

    async def _show_certificate(self, server: Server) -> None:
        if set(self._options.security) == {"none"}:
            return
        assert self._options.folder is not None, "a PLC with security needs a folder for its certificate"
        own = application_certificate(self._options.folder, "plc")
        await server.set_application_uri(own.uri)
        await server.load_certificate(own.certificate)
        await server.load_private_key(own.key)
        if self._options.trusts:
            server.iserver.certificate_validator = _Trust(self._options.trusts)

    def _limit_subscriptions(self, server: Server) -> None:
        service = server.iserver.subscription_service
        if self._options.subscriptions == "refused":
            server.iserver.max_subscriptions = 0
        elif self._options.subscriptions == "silent":
            create = service.create_subscription

            async def create_silent(params: Any, *others: Any, **named: Any) -> Any:  # noqa: ANN401 - of the server
                params.PublishingEnabled = False
                granted = await create(params, *others, **named)
                await service.subscriptions[granted.SubscriptionId].stop()
                return granted

            service.create_subscription = create_silent

    async def _declare(self, server: Server) -> None:
        application = await _object(server.nodes.objects, APPLICATION, "Application")
        gvl = await _object(application, f"{APPLICATION}.GVL", "GVL")
        for name, value in _values(0, datetime.now(UTC), self._options.stops).items():
            if name in _CURRENT or self._options.older:
                self._nodes[name] = await self._variable(gvl, name, value)
        for start in range(0, self._options.load_nodes, LOAD_FOLDER_NODES):
            name = load_folder(start)
            path = f"{APPLICATION}.{name}"
            folder = await _object(application, path, name)
            for number in range(start, min(start + LOAD_FOLDER_NODES, self._options.load_nodes)):
                name = load_variable(number)
                node = await folder.add_variable(
                    _string_id(f"{path}.{name}"), _own(name), 0.0, ua.VariantType.Float, ua.NodeId(ua.ObjectIds.Float)
                )
                self._load.append(node.nodeid)

    async def _variable(self, gvl: Node, name: str, value: object) -> Node:
        kind = self._types[name] = _TYPES[type(value)]
        node = await gvl.add_variable(_string_id(f"{APPLICATION}.GVL.{name}"), _own(name), value, kind)
        if unit := _UNITS.get(name):
            await node.add_property(ua.NodeId(0, 0), ua.QualifiedName("EngineeringUnits", 0), unit)
        return node


class _Users:
    """Who is let in: whoever the options name, and everybody who gives no name if they allow it."""

    def __init__(self, options: PlcOptions) -> None:
        self._options = options

    def get_user(
        self,
        iserver: object,  # noqa: ARG002 - asked for by the server
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,  # noqa: ARG002 - only names count here
    ) -> User | None:
        if username is None:
            return User(role=UserRole.User) if self._options.anonymous else None
        is_known = username in self._options.users and self._options.users[username] == password
        return User(role=UserRole.User, name=username) if is_known else None


class _Trust:
    """Refuses clients whose certificates are none of those given."""

    def __init__(self, trusted: Sequence[Path]) -> None:
        self._trusted = {x509.load_pem_x509_certificate(path.read_bytes()) for path in trusted}

    async def __call__(self, certificate: x509.Certificate, application: object) -> None:
        del application
        if certificate not in self._trusted:
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)


async def serve(options: PlcOptions, on_ready: Callable[[], None] = lambda: None) -> None:
    """A PLC that runs until cancelled. Raises OSError when the port is taken."""
    async with Plc(options) as plc:
        on_ready()
        await plc.run()


async def _every(interval_s: float, work: Callable[[], Any]) -> None:
    """Do the work at multiples of an interval; what could not be done in time is left out."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + interval_s, loop.time() - interval_s)
        await asyncio.sleep(max(due - loop.time(), 0))
        await work()


async def _object(parent: Node, path: str, name: str) -> Node:
    return await parent.add_object(_string_id(path.replace("|var|", "|obj|")), _own(name))


def _string_id(identifier: str) -> ua.NodeId:
    return ua.NodeId(identifier, NAMESPACE_INDEX)


def _own(name: str) -> ua.QualifiedName:
    return ua.QualifiedName(name, NAMESPACE_INDEX)


def _values(runs: int, now: datetime, stops: bool) -> dict[str, object]:
    flows = [flow_m3_h(outlet, runs, stops=stops) for outlet in (0, 1)]
    return {
        "vazao_saida1": flows[0],
        "vazao_saida2": flows[1],
        "horario_leitura": now.strftime("%Y-%m-%d %H:%M:%S"),
        "vazao_entrada": 122.0,
        "vazao_saida": flows[0],
        "nivel_reservatorio": level_m(runs),
        "bomba_ativa": not stops or any(pump_runs(outlet, runs) for outlet in (0, 1)),
        "status_coleta": "OK",
    }


def _tokens(options: PlcOptions) -> list[type]:
    tokens: list[type] = []
    if options.anonymous or not options.users:
        tokens.append(ua.AnonymousIdentityToken)
    if options.users:
        tokens.append(ua.UserNameIdentityToken)
    return tokens


def _status_code(name: str) -> int:
    code = getattr(ua.StatusCodes, name, None)
    if not isinstance(code, int):
        raise ValueError(f"{name!r} is no status code; write it as in BadSensorFailure or UncertainLastUsableValue")
    return code


def _require_known(status: Mapping[str, str], nodes: Mapping[str, Node]) -> None:
    if unknown := status.keys() - nodes.keys():
        raise ValueError(f"there is no variable {', '.join(sorted(unknown))}; there are {', '.join(nodes)}")


def _unit(code: str, symbol: str, description: str) -> ua.EUInformation:
    """A unit by its UN/CEFACT code (Part 8 §5.6.3)."""
    return ua.EUInformation(
        "http://www.opcfoundation.org/UA/units/un/cefact",
        int.from_bytes(code.encode(), "big"),
        ua.LocalizedText(symbol),
        ua.LocalizedText(description),
    )


_CURRENT = frozenset({"vazao_saida1", "vazao_saida2", "horario_leitura"})
_TYPES = {float: ua.VariantType.Float, str: ua.VariantType.String, bool: ua.VariantType.Boolean}
_FLOW = _unit("MQH", "m³/h", "cubic metre per hour")
_UNITS = {
    "vazao_saida1": _FLOW,
    "vazao_saida2": _FLOW,
    "vazao_saida": _FLOW,
    "vazao_entrada": _FLOW,
    "nivel_reservatorio": _unit("MTR", "m", "metre"),
}
