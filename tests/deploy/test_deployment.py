"""What `deploy/` says is what the program knows: commands, options, settings, ports, folders, users.

No container engine is at hand to build the image; this reads the files as an engine would, and systemd-analyze the units.
"""

import configparser
import fnmatch
import re
import shlex
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
import typer
import yaml
from dockerfile_parse import DockerfileParser

from calha.cli import commands
from calha.config.keys import PREFIX, environment_name, keys
from calha.config.settings import Settings
from calha.log.child import STOP_TIMEOUT_S as LOG_STOP_TIMEOUT_S
from calha.up import STOP_TIMEOUT_S

TREE = Path(__file__).parents[2]
DEPLOY = TREE / "deploy"
UNITS = {"calha.service": "up", "calha-edge.service": "edge"}
BUILT_IN = Settings()
COMMANDS = typer.main.get_command(commands()).commands
STOP_S = STOP_TIMEOUT_S + LOG_STOP_TIMEOUT_S


def seconds(text):
    return float(text.removesuffix("s"))


def unit(name):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(DEPLOY / name, encoding="utf-8")
    return parser


@pytest.fixture(scope="module")
def image():
    """The instructions of each stage of the container file, by its name; the last one is called `image`."""
    parsed = DockerfileParser(fileobj=BytesIO((DEPLOY / "Containerfile").read_bytes()))
    stages = {}
    for line in parsed.structure:
        if line["instruction"] == "FROM":
            base, *name = re.split(r"\s+AS\s+", line["value"])
            steps = stages.setdefault(name[0] if name else "image", [("FROM", base)])
        elif line["instruction"] != "COMMENT":
            steps.append((line["instruction"], line["value"]))
    return stages


@pytest.fixture(scope="module")
def service():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["calha"]


def only(steps, instruction):
    found = [value for name, value in steps if name == instruction]
    assert len(found) == 1, f"{instruction} stands {len(found)} times"
    return found[0]


def environment(steps):
    return dict(pair.split("=", 1) for pair in shlex.split(only(steps, "ENV")))


@pytest.mark.parametrize(("name", "command"), UNITS.items())
def test_a_unit_starts_a_command_with_options_that_it_has_in_the_folder_that_it_may_write(name, command):
    service = unit(name)["Service"]
    program, given, *options = shlex.split(service["ExecStart"])
    known = {word: option for option in COMMANDS[command].params for word in option.opts}
    assert (program, given) == ("/opt/calha/bin/calha", command)
    assert set(options[::2]) <= set(known)
    folder = f"/var/lib/{service['StateDirectory']}"
    assert options[options.index("--data") + 1] == folder == service["WorkingDirectory"]
    assert service["ProtectSystem"] == "strict"
    assert service["User"] == "calha"
    assert service["CapabilityBoundingSet"] == ""


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_never_gives_up_and_waits_as_long_as_the_program_takes_to_end(name):
    parsed = unit(name)
    assert parsed["Service"]["Restart"] == "always"
    assert parsed["Unit"]["StartLimitIntervalSec"] == "0"
    assert parsed["Service"]["KillMode"] == "mixed"
    assert seconds(parsed["Service"]["TimeoutStopSec"]) > STOP_S


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_a_unit(name, tmp_path):
    here = str(Path(sys.executable).with_name("calha"))
    text = (DEPLOY / name).read_text(encoding="utf-8").replace("/opt/calha/bin/calha", here)
    (tmp_path / name).write_text(text)
    ended = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, timeout=60, check=False
    )
    complaints = [line for line in ended.stderr.splitlines() if name in line]
    assert not complaints
    assert ended.returncode == 0, ended.stderr


def test_the_image_runs_the_program_as_nobody_special_in_its_data_folder(image):
    steps = image["image"]
    folder = environment(steps)["CALHA_DATA_FOLDER"]
    assert only(steps, "VOLUME") == only(steps, "WORKDIR") == folder
    user, group = only(steps, "USER").split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert f"useradd --uid {user} --gid calha" in only(steps, "RUN")
    assert only(steps, "ENTRYPOINT") == '["calha"]'
    assert only(steps, "CMD") == '["up"]'
    assert only(steps, "HEALTHCHECK").endswith('CMD ["calha", "health"]')
    assert {"up", "health"} <= set(COMMANDS)


def test_the_image_offers_the_ports_that_are_built_in(image):
    offered = {int(port.removesuffix("/tcp")) for port in only(image["image"], "EXPOSE").split()}
    sections = (BUILT_IN.http, BUILT_IN.mqtt, BUILT_IN.tcp, BUILT_IN.gateways)
    assert offered == {section.port for section in sections}


def test_every_setting_named_in_deploy_is_one(image, service):
    known = {environment_name(key) for key in keys()}
    text = "\n".join(file.read_text(encoding="utf-8") for file in DEPLOY.iterdir())
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", text))
    assert named
    assert named <= known
    assert set(service["environment"]) <= known


def test_what_the_image_is_built_from_is_there_and_not_ignored(image):
    ignored = (TREE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    taken = {line[1:] for line in ignored if line.startswith("!")}
    left_out = [line for line in ignored if line and not line.startswith(("!", "#", "*"))]
    sources = {
        source
        for steps in image.values()
        for name, value in steps
        if name == "COPY" and not value.startswith("--from=")
        for source in value.split()[:-1]
    }
    for source in sources:
        assert (TREE / source).exists()
        assert source.split("/")[0] in taken
        assert not any(fnmatch.fnmatch(source, pattern) for pattern in left_out)
    stages = [value.split()[0].removeprefix("--from=") for name, value in image["image"] if name == "COPY"]
    assert stages == ["wheel"], "the image gets what was built, no sources"


def test_python_and_node_of_the_image_are_those_that_the_project_is_tested_with(image):
    metadata = (TREE / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'requires-python = ">=3\.11"', metadata)
    assert only(image["image"], "FROM") == only(image["program"], "FROM")
    assert "python:3.11-" in only(image["image"], "FROM")
    assert only(image["web"], "FROM").startswith("docker.io/library/node:22-")


def test_compose_gives_the_container_its_folder_and_no_more_and_opens_nothing_to_the_network(image, service):
    folder = environment(image["image"])["CALHA_DATA_FOLDER"]
    assert service["volumes"] == [f"data:{folder}"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert seconds(service["stop_grace_period"]) > STOP_S
    inside = set()
    for port in service["ports"]:
        host, outer, inner = port.split(":")
        assert host == "127.0.0.1"
        assert outer == inner
        inside.add(int(inner))
    assert inside == {BUILT_IN.http.port, BUILT_IN.mqtt.port, BUILT_IN.tcp.port}
    build = service["build"]
    assert ((DEPLOY / build["context"]) / build["dockerfile"]).is_file()
