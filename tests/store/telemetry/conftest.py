from collections.abc import Iterator
from pathlib import Path

import pytest

from calha.store.telemetry import Telemetry


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Telemetry]:
    store = Telemetry.open(tmp_path / "telemetry")
    yield store
    store.close()
