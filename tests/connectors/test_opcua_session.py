"""Sessions with a real OPC UA server: every security with every login, and each refusal with its cause."""

import asyncio
import struct

import pytest
from asyncua import ua

from calha.application_certificate import application_certificate
from calha.connectors.opcua import session
from calha.connectors.opcua.browse import children, contents, search
from calha.connectors.opcua.session import Session, Target, offer_of, open_session
from calha.domain.connections import read_node_id
from calha.domain.errors import ConnectionFailed, NotFound
from calha.simulate.plc_names import NAMESPACES, node_id
from ports import free_port

from .conftest import PASSWORD, SECURITIES, USER, running_plc

in_module = pytest.mark.asyncio(loop_scope="module")
FLOW = f"nsu={NAMESPACES[2]};s=|var|Plc3 V3.5.19.61-77f4 192.168.119.204 .Application.GVL.vazao_saida1"


def address(plc) -> str:
    return f"opc.tcp://127.0.0.1:{plc.port}"


async def trusted_by(endpoint: str, security: str) -> str:
    certificate = (await offer_of(Target(endpoint, security))).certificate
    return certificate.sha256 if certificate is not None else ""


async def cause_of(target: Target, own) -> str:
    with pytest.raises(ConnectionFailed) as refused:
        async with open_session(target, own):
            pytest.fail("a session was opened")
    return refused.value.reason


@in_module
@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize(("user", "password"), [("", ""), (USER, PASSWORD)], ids=["anonymous", "named"])
async def test_every_security_works_with_every_login(plc, own, security, user, password):
    trusted = await trusted_by(address(plc), security)
    assert bool(trusted) == (security != "none")
    async with open_session(Target(address(plc), security, user, password, trusted), own) as session:
        assert session.offer.name == "CODESYS"
        found = await session.values([session.node(read_node_id(node_id("vazao_saida1")))])
        assert found.value[0] >= 19.0


@in_module
@pytest.mark.parametrize("security", ["none", "encrypt"])
async def test_a_wrong_password_is_a_refused_login(plc, own, security):
    trusted = await trusted_by(address(plc), security)
    assert await cause_of(Target(address(plc), security, USER, "wrong", trusted), own) == "login_refused"


@in_module
async def test_a_certificate_that_nobody_has_trusted_is_refused(plc, own):
    assert await cause_of(Target(address(plc), "encrypt"), own) == "certificate_unknown"


@in_module
async def test_another_certificate_than_the_trusted_one_is_refused_also_when_the_first_may_be_trusted(plc, own):
    for trust_first in (False, True):
        target = Target(address(plc), "encrypt", trusted="0" * 64, trust_first=trust_first)
        assert await cause_of(target, own) == "certificate_changed"


@in_module
async def test_the_first_certificate_is_trusted_if_the_operator_says_so(plc, own):
    async with open_session(Target(address(plc), "encrypt", trust_first=True), own) as session:
        assert session.offer.certificate is not None
        assert session.offer.certificate.uri == "urn:" + session.offer.certificate.uri.partition(":")[2]


@in_module
async def test_a_server_that_nobody_hears_is_unreachable(own):
    assert await cause_of(Target(f"opc.tcp://127.0.0.1:{free_port()}", "none"), own) == "unreachable"
    assert await cause_of(Target("opc.tcp://plc.invalid:4840", "none"), own) == "unreachable"


@in_module
async def test_something_else_than_opc_ua_behind_the_port_is_told_and_never_hangs(own):
    async def hang_up(reader, writer):
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await cause_of(Target(f"opc.tcp://127.0.0.1:{port}", "none"), own) in ("unreachable", "server_refused")


@in_module
async def test_what_a_server_offers_is_told_when_it_does_not_offer_what_is_wanted(own, tmp_path):
    async with running_plc(security=("none", "sign"), folder=tmp_path) as plc:
        with pytest.raises(ConnectionFailed) as refused:
            await offer_of(Target(address(plc), "encrypt"))
        assert (refused.value.reason, refused.value.offered) == ("policy_not_offered", ("none", "sign"))


@in_module
async def test_a_server_that_lets_in_names_only_and_trusts_certain_clients_only(own, tmp_path):
    stranger = application_certificate(tmp_path, "stranger")
    options = {"security": ("none", "encrypt"), "users": {USER: PASSWORD}, "anonymous": False, "folder": tmp_path}
    async with running_plc(**options, trusts=(own.certificate,)) as plc:
        trusted = await trusted_by(address(plc), "encrypt")
        assert await cause_of(Target(address(plc), "none"), own) == "login_refused"
        named = Target(address(plc), "encrypt", USER, PASSWORD, trusted)
        assert await cause_of(named, stranger) == "certificate_refused"
        async with open_session(named, own) as session:
            assert session.offer.securities == ["none", "encrypt"]


@in_module
async def test_a_node_is_found_by_the_uri_of_its_namespace_whatever_its_number(plc, own):
    async with open_session(Target(address(plc), "none"), own) as session:
        assert session.node(read_node_id(FLOW)) == ua.NodeId.from_string(node_id("vazao_saida1"))
        assert session.node(read_node_id("nsu=urn:nowhere;s=x")) is None
        assert session.node(read_node_id("i=85")) == ua.NodeId(85)


@in_module
async def test_the_address_space_is_walked_lazily(plc, own):
    async with open_session(Target(address(plc), "none"), own) as session:
        top = await children(session, None)
        application = next(one for one in top.items if one.name == "Application")
        (gvl,) = [one for one in (await children(session, application.node)).items if one.name == "GVL"]
        below = {one.name: one for one in (await children(session, gvl.node)).items}
        assert below["vazao_saida1"].kind == "variable"
        assert below["vazao_saida1"].node == FLOW
        with pytest.raises(NotFound):
            await children(session, "nsu=urn:nowhere;s=x")


@in_module
async def test_what_nodes_hold_is_told_with_type_status_and_unit(plc, own):
    plc.set_status("vazao_saida2", "BadSensorFailure")
    await plc.run_once()
    names = ["vazao_saida1", "vazao_saida2", "status_coleta", "bomba_ativa", "nada"]
    async with open_session(Target(address(plc), "none"), own) as session:
        found = await contents(session, [node_id(name) for name in names], with_units=True)
    plc.set_status("vazao_saida2", None)
    flow, broken, text, pump, nothing = found
    assert (flow.type, flow.unit, flow.status, flow.takes) == ("Float", "m³/h", "Good", True)
    assert (broken.value, broken.status, broken.quality) == (None, "BadSensorFailure", "sensor_failure")
    assert (text.value, text.type) == ("OK", "String")
    assert pump.value is True
    assert (nothing.value, nothing.status) == (None, "BadNodeIdUnknown")


@in_module
async def test_variables_are_found_by_words_of_their_names(plc, own):
    async with open_session(Target(address(plc), "none"), own) as session:
        found = await search(session, "VAZAO saida")
        assert {one.child.name for one in found.items} == {"vazao_saida", "vazao_saida1", "vazao_saida2"}
        assert {one.path for one in found.items} == {("Application", "GVL")}
        assert found.complete
        assert (await search(session, "inexistente")).items == []


@in_module
async def test_limits_of_the_server_are_read(plc, own):
    async with open_session(Target(address(plc), "none"), own) as session:
        assert isinstance(session, Session)
        assert 1 <= session.limits.read <= 500


@pytest.mark.parametrize("fault", [struct.error("4 bytes"), KeyError(7), RecursionError("deep"), TypeError("none")])
def test_whatever_broken_bytes_lead_to_is_a_connection_that_failed(fault):
    def read(_: bytes):
        raise fault

    with pytest.raises(ConnectionFailed, match="cannot be read"):
        session._cut(read, b"")


def test_a_server_that_answers_for_fewer_nodes_than_asked_for_is_told():
    with pytest.raises(ConnectionFailed, match="answers for 2 nodes when asked for 3"):
        session.require_all(2, 3)
