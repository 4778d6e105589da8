import itertools

import pytest

from commands.plant import Device, Plant
from running import running_calha

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def calha(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands") / "data"
    with running_calha(folder, {"CALHA_DEVICES_ANONYMOUS": "false"}) as running:
        assert Plant(running).save_profile() == 200
        yield running


@pytest.fixture
def plant(calha):
    return Plant(calha)


@pytest.fixture
def device(plant) -> Device:
    """A new device with its secret, which is nowhere connected."""
    return plant.device(f"robot-{next(_numbers)}")
