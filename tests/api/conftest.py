import pytest

from running import running_calha


@pytest.fixture(scope="session")
def calha(tmp_path_factory):
    with running_calha(
        tmp_path_factory.mktemp("api") / "data",
        {"CALHA_INGEST_MESSAGES_PER_S": "10000", "CALHA_DEVICES_ANONYMOUS": "false"}
        | {"CALHA_PIX_WEBHOOK_SECRET": "3f9a" * 12},
    ) as running:
        yield running
