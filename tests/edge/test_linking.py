"""Where a gateway's hub is, from its settings; and what is wrong with them, in words that help."""

from pathlib import Path

import pytest

from calha.config.loading import load
from calha.domain.errors import InvalidConfiguration
from calha.edge.linking import hub_link, log_settings
from calha.log.settings import HubLink, LogSettings

OWN = {"edge.gateway": "eta-1", "edge.secret": "calha_dev_x"}


def settings(**more: object):
    return load(OWN | {key.replace("__", "."): value for key, value in more.items()}).settings


@pytest.mark.parametrize(
    ("hub", "link"),
    [
        ("nats-leaf://hub:7000", HubLink("hub:7000", "eta-1")),
        ("nats-leaf://hub", HubLink("hub:7422", "eta-1")),
        ("tls-leaf://hub.example.org", HubLink("hub.example.org:7422", "eta-1", tls=True)),
        ("nats-leaf://[fd00::1]:7422", HubLink("[fd00::1]:7422", "eta-1")),
    ],
)
def test_the_address_of_a_hub(hub: str, link: HubLink):
    assert hub_link(settings(edge__hub=hub)) == link


def test_an_authority_of_the_hub_is_believed_with_tls(tmp_path: Path):
    authority = tmp_path / "ca.pem"
    authority.write_text("x")
    found = hub_link(settings(edge__hub="tls-leaf://hub", edge__hub_ca=str(authority)))
    assert found.ca_file == str(authority)
    with pytest.raises(InvalidConfiguration, match="no such file"):
        hub_link(settings(edge__hub="tls-leaf://hub", edge__hub_ca=str(tmp_path / "gone.pem")))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"edge__hub": ""}, "edge.hub is missing"),
        ({"edge__hub": "nats-leaf://h", "edge__gateway": ""}, "edge.gateway is missing"),
        ({"edge__hub": "nats-leaf://h", "edge__secret": ""}, "edge.secret is missing"),
        ({"edge__hub": "http://h"}, "edge.hub"),
        ({"edge__hub": "nats-leaf://user:pass@h"}, "edge.hub"),
        ({"edge__hub": "nats-leaf://h", "log__url": "nats://other"}, "log.url"),
    ],
)
def test_what_is_missing_is_named(more: dict, said: str):
    with pytest.raises(InvalidConfiguration, match=said):
        log_settings(settings(**more))


def test_the_secret_is_in_no_plan():
    found = log_settings(settings(edge__hub="nats-leaf://hub"))
    assert "calha_dev_x" not in repr(found)
    assert found.hub is not None
    assert found.hub.secret == ""
    assert LogSettings.from_plain({"hub": {"address": "a", "gateway": "g"}}).hub == HubLink("a", "g")
