"""Which topics are readings: all that the last server heard, and none on which meters hear commands."""

import pytest

from calha.compat.hidrometro.topics import Topics
from calha.config.compat import HidrometroSection
from calha.config.loading import load
from calha.domain.errors import InvalidConfiguration

BUILT_IN = Topics(HidrometroSection())
NAMED = Topics(HidrometroSection(data_topics=["casa/agua/medidor", "agua"], command_topics=["casa/agua/ordens"]))


@pytest.mark.parametrize(
    "topic",
    [
        "hidrometro/dados",
        "hidrometro/leandro/dados",
        "hidrometro/dados/HID-01",
        "hidrometro/leandro",
        "hidrometro/leandro/cozinha/dados",
        "hidrometro/3/7/dados",
        "hidr\u00f4metro/3/7/dados",
    ],
)
def test_what_the_last_server_heard_may_be_a_reading(topic):
    assert BUILT_IN.is_reading(topic)
    assert not BUILT_IN.is_command(topic)


@pytest.mark.parametrize("topic", ["hidrometro", "hidrometro/ana/dados", "casa/agua/medidor", "dados", "", "/", "#"])
def test_what_it_did_not_hear_is_none(topic):
    assert not BUILT_IN.is_reading(topic)


@pytest.mark.parametrize("topic", ["hidrometro/cmd", "hidrometro/leandro/cmd"])
def test_a_topic_of_commands_is_no_reading(topic):
    assert BUILT_IN.is_command(topic)
    assert not BUILT_IN.is_reading(topic)


def test_an_installation_names_its_own_topics():
    assert all(
        NAMED.is_reading(topic) for topic in ("casa/agua/medidor", "casa/agua/outro", "agua", "hidrometro/dados")
    )
    assert not any(NAMED.is_reading(topic) for topic in ("casa/agua/ordens", "agua/outra", "casa/luz"))
    assert NAMED.is_command("casa/agua/ordens")
    assert not NAMED.is_command("casa/agua/medidor")


@pytest.mark.parametrize("data", ["casa/agua", "casa/dados"])
def test_one_topic_for_both_is_refused_at_the_start(data, monkeypatch):
    monkeypatch.setenv("CALHA_COMPAT_HIDROMETRO_FAMILIES", "casa")
    monkeypatch.setenv("CALHA_COMPAT_HIDROMETRO_DATA_TOPICS", "casa/agua")
    monkeypatch.setenv("CALHA_COMPAT_HIDROMETRO_COMMAND_TOPICS", f"ordens,{data}")
    with pytest.raises(InvalidConfiguration, match=r"compat\.hidrometro\.command_topics(.|\n)*is a topic of data"):
        load({}, None)
