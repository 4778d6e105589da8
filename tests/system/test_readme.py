"""What the README tells a newcomer to type does what it says."""

import os
import re
import subprocess
from pathlib import Path

from running import running_calha

TREE = Path(__file__).parents[2]
README = (TREE / "README.md").read_text(encoding="utf-8")


def test_both_languages_tell_to_type_the_same():
    portuguese = (TREE / "README.pt-BR.md").read_text(encoding="utf-8")
    commands, translated = (
        [
            line.split("#")[0].strip()
            for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]
        for text in (README, portuguese)
    )
    assert commands
    assert commands == translated


def test_each_command_for_a_first_reading_stores_one(tmp_path):
    block = re.search(r"## Send a first reading.*?```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None
    (tmp_path / "data").mkdir()  # empty, as a newcomer's
    with running_calha(tmp_path / "data", {"CALHA_DEVICES_ANONYMOUS": "false"}) as calha:
        _, made = calha.send("POST", "/api/v1/devices", {"key": "pump-1"})
        ports = {"-p 1883": f"-p {calha.mqtt_port}", ":8080": f":{calha.http_port}", " 4000": f" {calha.tcp_port}"}
        secret, *commands = block[1].strip().splitlines()
        assert secret == "SECRET=calha_dev_…"
        assert len(commands) == 3
        for command in commands:
            for usual, here in ports.items():
                command = command.replace(usual, here)
            environment = os.environ | {"SECRET": made["secret"]}
            subprocess.run(command, shell=True, check=True, capture_output=True, timeout=30, env=environment)
        while calha.until_stored()["received"] < 3:
            pass
        assert calha.values("pump-1", "flow") == [12.5, 12.5, 12.5]
