"""The simulated PLC as an OPC UA client meets it: the node ids, types, units and status codes of the real controller."""

import asyncio
import itertools
import subprocess
import sys

import pytest
import pytest_asyncio
from asyncua import Client, ua

from calha.application_certificate import application_certificate
from calha.simulate.plc import Plc, PlcOptions
from calha.simulate.plc_names import NAMESPACES, node_id
from calha.simulate.plc_signals import flow_m3_h, level_m, pump_runs

from .conftest import free_port

REAL_ID = "ns=4;s=|var|Plc3 V3.5.19.61-77f4 192.168.119.204 .Application.GVL.vazao_saida1"
in_module = pytest.mark.asyncio(loop_scope="module")


async def connected(port: int, user: str | None = None, password: str = "") -> Client:
    client = Client(f"opc.tcp://127.0.0.1:{port}", timeout=30)
    if user is not None:
        client.set_user(user)
        client.set_password(password)
    await client.connect()
    return client


def test_flows_ramp_between_60_and_75_by_halves_and_are_0_while_a_pump_is_off():
    for outlet, declared in ((0, 19.0), (1, 20.0)):
        flows = [flow_m3_h(outlet, runs) for runs in range(1_000)]
        assert flows[0] == declared
        running = [flow for runs, flow in enumerate(flows) if runs and pump_runs(outlet, runs)]
        assert (min(running), max(running)) == (60.0, 75.0)
        stopped = [flow for runs, flow in enumerate(flows) if runs and not pump_runs(outlet, runs)]
        assert set(stopped) == {0.0}
        steady = [flow_m3_h(outlet, runs, stops=False) for runs in range(1, 200)]
        assert {abs(later - earlier) for earlier, later in itertools.pairwise(steady)} == {0.5}
    assert {2.0 <= level_m(runs) <= 4.0 for runs in range(900)} == {True}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plc(tmp_path_factory):
    """One with everything that can be asked for, as each takes seconds to start."""
    options = PlcOptions(
        port=free_port(),
        older=True,
        load_nodes=150,
        security=("none", "encrypt"),
        users={"calha": "segredo"},
        status={"vazao_saida2": "BadSensorFailure", "vazao_saida": "UncertainInitialValue"},
        folder=tmp_path_factory.mktemp("plc"),
    )
    async with Plc(options) as plc:
        yield plc


@in_module
async def test_it_serves_the_real_controllers_nodes_types_and_units(plc):
    client = await connected(plc.port)
    assert node_id("vazao_saida1") == REAL_ID
    assert (await client.get_namespace_array())[2:] == list(NAMESPACES)
    flow = client.get_node(REAL_ID)
    assert await flow.read_data_type_as_variant_type() == ua.VariantType.Float
    assert await flow.read_value() == 19.0
    unit = await (await flow.get_child("0:EngineeringUnits")).read_value()
    assert (unit.DisplayName.Text, unit.UnitId) == ("m³/h", 5_067_080)
    await plc.run_once()
    read = await flow.read_data_value()
    assert read.Value.Value == flow_m3_h(0, 1)
    assert read.SourceTimestamp is not None
    clock = client.get_node(node_id("horario_leitura"))
    assert await clock.read_data_type_as_variant_type() == ua.VariantType.String
    with pytest.raises(ua.UaStatusCodeError):
        await client.get_node(node_id("vazao_saida3")).read_value()
    await client.disconnect()


@in_module
async def test_it_announces_itself_as_the_real_one_does(plc):
    endpoints = await Client(f"opc.tcp://127.0.0.1:{plc.port}", timeout=30).connect_and_get_server_endpoints()
    assert {one.EndpointUrl for one in endpoints} == {f"opc.tcp://TCC:{plc.port}"}


@in_module
async def test_the_first_generations_variables_are_there_on_request(plc):
    await plc.run_once()
    client = await connected(plc.port)
    assert await client.get_node(node_id("bomba_ativa")).read_value() is True
    assert await client.get_node(node_id("status_coleta")).read_value() == "OK"
    assert await client.get_node(node_id("nivel_reservatorio")).read_value() == pytest.approx(level_m(plc.runs))
    await client.disconnect()


@in_module
async def test_chosen_variables_have_chosen_status_codes_and_a_bad_one_has_no_value(plc):
    await plc.run_once()
    client = await connected(plc.port)
    bad = await client.get_node(node_id("vazao_saida2")).read_data_value(raise_on_bad_status=False)
    assert bad.StatusCode.name == "BadSensorFailure"
    assert bad.Value is None or bad.Value.Value is None
    uncertain = await client.get_node(node_id("vazao_saida")).read_data_value(raise_on_bad_status=False)
    assert uncertain.StatusCode.name == "UncertainInitialValue"
    await client.disconnect()


@in_module
async def test_load_nodes_count_their_runs(plc):
    for _ in range(3):
        await plc.run_load_once()
    client = await connected(plc.port)
    for name in ("CARGA001.v00001", "CARGA002.v00150"):
        assert await client.get_node(node_id(name)).read_value() == 3.0
    await client.disconnect()


@in_module
async def test_it_speaks_with_sign_and_encrypt_when_asked_to(plc, tmp_path):
    own = application_certificate(tmp_path / "own", "client")
    client = Client(f"opc.tcp://127.0.0.1:{plc.port}", timeout=30)
    client.application_uri = own.uri
    await client.set_security_string(f"Basic256Sha256,SignAndEncrypt,{own.certificate},{own.key}")
    async with client:
        assert await client.get_node(REAL_ID).read_value() >= 19.0


@in_module
async def test_a_wrong_password_is_refused(plc):
    await (await connected(plc.port, "calha", "segredo")).disconnect()
    for user, password in (("calha", "wrong"), ("other", "segredo")):
        with pytest.raises(ua.UaStatusCodeError):
            await connected(plc.port, user, password)


def test_an_unknown_variable_or_status_code_is_a_clear_error():
    for wrong in ("nivel=BadSensorFailure", "vazao_saida1=BadMood"):
        command = [sys.executable, "-m", "calha", "simulate", "plc", "--port", str(free_port()), "--status", wrong]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 2
        assert wrong.partition("=")[0 if "nivel" in wrong else 2] in ended.stderr
        assert "Traceback" not in ended.stderr


async def test_the_command_serves_until_it_is_ended():
    port = free_port()
    command = [sys.executable, "-m", "calha", "simulate", "plc", "--port", str(port), "--interval", "0.05"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert str(port) in (await process.stdout.readline()).decode()
        client = await connected(port)
        flow = client.get_node(REAL_ID)
        async with asyncio.timeout(60):
            while await flow.read_value() == 19.0:  # noqa: ASYNC110 - what another process does
                await asyncio.sleep(0.02)
        await client.disconnect()
    finally:
        process.terminate()
        await process.wait()
