"""A running Calha with one replaced system switched on, for the tests of its devices and clients."""

import pytest

from hidrometro_meter import running_hidrometro
from ports import free_ports
from running import running_calha


@pytest.fixture(scope="module")
def eta(tmp_path_factory):
    (port,) = free_ports(1)
    env = {
        "CALHA_COMPAT_ETA_ENABLED": "true",
        "CALHA_COMPAT_ETA_PORT": str(port),
        "CALHA_COMPAT_ETA_MQTT_USER": "raspberry",
        "CALHA_COMPAT_ETA_MQTT_PASSWORD": "senha-do-gateway",
        "CALHA_DEVICES_ANONYMOUS": "false",
        "CALHA_REGISTRY_ZONE": "America/Sao_Paulo",
    }
    with running_calha(tmp_path_factory.mktemp("eta") / "data", env) as running:
        running.eta_port = port
        yield running


@pytest.fixture(scope="module")
def hidrometro(tmp_path_factory):
    """With a default meter, whose serial number is PADRAO."""
    with running_hidrometro(tmp_path_factory.mktemp("hidrometro") / "data", default_serial="PADRAO") as running:
        yield running
