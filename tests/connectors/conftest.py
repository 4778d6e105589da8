"""Simulated PLCs, in this process where only the protocol matters, and a folder with Calha's own certificate."""

from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from calha.application_certificate import application_certificate
from calha.simulate.plc import Plc, PlcOptions
from ports import free_port

USER, PASSWORD = "calha", "segredo"
SECURITIES = ("none", "sign", "encrypt", "aes128", "aes256")


@asynccontextmanager
async def running_plc(**options):
    async with Plc(PlcOptions(**{"port": free_port()} | options)) as plc:
        yield plc


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return application_certificate(tmp_path_factory.mktemp("own"), "opcua")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plc(tmp_path_factory):
    """One PLC for a module, as each takes seconds to start: every security, anonymous or by name."""
    folder = tmp_path_factory.mktemp("plc")
    async with running_plc(older=True, security=SECURITIES, users={USER: PASSWORD}, folder=folder) as running:
        yield running
