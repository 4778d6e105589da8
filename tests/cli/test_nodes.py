"""`calha nodes` against a real PLC: what it prints is what a gateway's configuration takes."""

import subprocess
import sys

import pytest

from calha.config.loading import load
from plcs import PlcProcess, running_plc


@pytest.fixture(scope="module")
def plc(tmp_path_factory):
    options = ("--interval", "3600", "--older", "--security", "encrypt", "--user", "calha:secret", "--no-anonymous")
    with running_plc(tmp_path_factory.mktemp("plc"), *options) as running:
        yield running


def nodes(plc: PlcProcess, folder, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "calha", "nodes", plc.address, *arguments, "--data", str(folder)]
    command += ["--security", "encrypt", "--user", "calha", "--password", "secret"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)


def test_what_it_prints_is_the_configuration_of_a_gateway(plc, tmp_path):
    refused = nodes(plc, tmp_path, "saida")
    assert refused.returncode == 1
    fingerprint = refused.stderr.split()[-1]
    assert len(fingerprint) == 64, refused.stderr
    told = nodes(plc, tmp_path, "gvl", "--trusted", fingerprint)
    assert told.returncode == 0, told.stderr
    section = f'[[edge.plcs]]\nname = "CLP"\nendpoint = "{plc.address}"\ndevice = "eta"\n[edge.plcs.channels]\n'
    (tmp_path / "calha.toml").write_text(section + told.stdout)
    (read,) = load({}, tmp_path / "calha.toml").settings.edge.plcs
    assert read.channels["vazao_saida1"].startswith("nsu=CODESYSSPV3/3S/IecVarAccess;s=|var|Plc3")
    assert "19.0 m³/h (Float)" in told.stdout
    assert nodes(plc, tmp_path, "nowhere", "--trusted", fingerprint).stderr.strip() == "No variable is called so."
