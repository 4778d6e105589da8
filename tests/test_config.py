"""Configuration: priorities, sources, and faults that say what, where and what is allowed."""

import pytest

from calha.config.keys import environment_name, keys
from calha.config.loading import load
from calha.domain.errors import InvalidConfiguration


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "calha.toml"
    path.write_text('[http]\nport = 9000\nhost = "0.0.0.0"\n[log]\nurl = "nats://secret@host"\n')
    return path


def test_flags_win_over_environment_over_file_over_what_is_built_in(file, monkeypatch):
    monkeypatch.setenv("CALHA_HTTP_PORT", "9001")
    monkeypatch.setenv("CALHA_MQTT_PORT", "1884")
    effective = load({"mqtt.port": 1885, "tcp.port": None}, file)
    settings = effective.settings
    assert (settings.http.host, settings.http.port, settings.mqtt.port, settings.tcp.port) == (
        "0.0.0.0",
        9001,
        1885,
        4000,
    )
    assert effective.sources["http.host"] == str(file)
    assert effective.sources["http.port"] == "environment CALHA_HTTP_PORT"
    assert effective.sources["mqtt.port"] == "flag"
    assert "tcp.port" not in effective.sources


def test_secrets_are_masked_and_every_key_has_a_purpose(file):
    rows = {key: (value, source, purpose) for key, value, source, purpose in load({}, file).rows()}
    assert rows["log.url"][:2] == ("********", str(file))
    assert set(rows) == set(keys())
    assert all(purpose for _, _, purpose in rows.values())
    assert len({environment_name(key) for key in keys()}) == len(keys())


def test_all_faults_are_told_at_once_with_source_key_and_what_is_allowed(tmp_path, monkeypatch):
    path = tmp_path / "calha.toml"
    path.write_text(
        '[http]\nport = 99999\nprot = 1\n[log]\ndurability = "ram"\n[registry]\nzone = "Brazil/Somewhere"\n'
    )
    monkeypatch.setenv("CALHA_TCP_ENABLED", "perhaps")
    monkeypatch.setenv("CALHA_HTPP_PORT", "1")
    with pytest.raises(InvalidConfiguration) as caught:
        load({}, path)
    told = str(caught.value)
    assert f"{path}: http.port = 99999" in told
    assert "at most 65535" in told
    assert f"{path}: http.prot: unknown; [http] knows host, port" in told
    assert "allowed: disk, interval" in told
    assert "environment CALHA_TCP_ENABLED: tcp.enabled = 'perhaps'" in told
    assert "CALHA_HTPP_PORT: unknown" in told
    assert "not an IANA time zone" in told


def test_a_file_that_is_named_must_exist_and_be_toml(tmp_path):
    with pytest.raises(InvalidConfiguration, match="no such file"):
        load({}, tmp_path / "missing.toml")
    (tmp_path / "broken.toml").write_text("[http\n")
    with pytest.raises(InvalidConfiguration, match="not TOML"):
        load({}, tmp_path / "broken.toml")


def test_the_plcs_of_a_gateway_are_told_in_the_file_and_what_is_wrong_with_one_is_named(tmp_path):
    path = tmp_path / "calha.toml"
    plc = '[[edge.plcs]]\nname = "{name}"\nendpoint = "{endpoint}"\ndevice = "eta"\n[edge.plcs.channels]\nflow = "{node}"\n'
    good = {"name": "CLP", "endpoint": "opc.tcp://10.0.0.5:4840", "node": "ns=4;s=GVL.flow"}
    path.write_text(plc.format(**good) + plc.format(**good | {"name": "other"}))
    first, second = load({}, path).settings.edge.plcs
    assert (first.name, first.channels, second.name) == ("CLP", {"flow": "ns=4;s=GVL.flow"}, "other")
    for wrong, told in (
        ({"endpoint": "http://10.0.0.5"}, "no OPC UA address"),
        ({"node": "GVL.flow"}, "no node id"),
        ({"name": "a b"}, "should match pattern"),
    ):
        path.write_text(plc.format(**good | wrong))
        with pytest.raises(InvalidConfiguration, match=told) as caught:
            load({}, path)
        assert "edge.plcs" in str(caught.value)
    path.write_text(plc.format(**good) * 2)
    with pytest.raises(InvalidConfiguration, match="same name"):
        load({}, path)


def test_a_fault_within_a_list_is_told_with_its_place_in_a_file_that_begins_with_a_mark(tmp_path):
    path = tmp_path / "calha.toml"
    path.write_text('\ufeff[[connectors.mqtt]]\nname = "a"\nurl = "http://x"\n')
    with pytest.raises(InvalidConfiguration) as caught:
        load({}, path)
    assert f"{path}: connectors.mqtt.1.url = 'http://x'" in str(caught.value)
    assert f"{path}: connectors.mqtt.1.routes = " in str(caught.value)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path):
    with pytest.raises(InvalidConfiguration, match="Is a directory"):
        load({}, tmp_path)


def test_the_public_address_may_be_as_a_browser_shows_it_but_has_no_path():
    assert load({"http.public_url": "https://calha.lan/"}).settings.http.public_url == "https://calha.lan"
    with pytest.raises(InvalidConfiguration, match="without a path"):
        load({"http.public_url": "https://calha.lan/calha"})
