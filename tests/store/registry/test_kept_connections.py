"""Connections and their nodes as they are registered, on every database."""

import pytest

from calha.domain.errors import Conflict, NotFound
from calha.store.registry.connections import Connections, NewChannel, NewNode


@pytest.fixture
def connections(registry, site):
    registry.create_device("eta", "water_flow", site)
    return Connections(registry.engine)


def values(site, **changes):
    known = {"name": "CLP", "site_id": site, "endpoint": "opc.tcp://10.0.0.5:4840", "security": "encrypt"}
    known |= {"user_name": "calha", "secret": "sealed", "trusted": "", "trust_first": False, "enabled": True}
    return known | {"publishing_ms": 1_000, "repeat_s": 60} | changes


def test_a_connection_tells_that_it_has_a_secret_and_never_which(connections, site):
    made = connections.create(values(site))
    assert made.has_secret
    assert "sealed" not in repr(made)
    assert connections.get(made.id) == made
    assert connections.sealed_secret(made.id) == "sealed"
    assert not connections.change(made.id, {"secret": ""}).has_secret


def test_names_are_unique_and_changes_count_versions(connections, site):
    first, second = connections.create(values(site)), connections.create(values(site, name="clp"))
    with pytest.raises(Conflict, match="CLP"):
        connections.create(values(site))
    with pytest.raises(Conflict, match="CLP"):
        connections.change(second.id, {"name": "CLP"})
    changed = connections.change(first.id, {"name": "CLP 2"}, version=1)
    assert (changed.name, changed.version) == ("CLP 2", 2)
    with pytest.raises(Conflict, match="meanwhile"):
        connections.change(first.id, {"name": "CLP 3"}, version=1)
    with pytest.raises(NotFound):
        connections.change(first.id, {"site_id": 99_999})
    with pytest.raises(NotFound):
        connections.get(99_999)


def test_the_list_is_cut_into_pages_and_to_sites(connections, registry, site):
    other = registry.create_site("outra", None, "UTC").id
    made = [connections.create(values(site if n < 2 else other, name=f"c{n}")).id for n in range(3)]
    page = connections.list(limit=2)
    assert ([one.id for one in page.items], page.next) == (made[:2], str(made[1]))
    assert [one.id for one in connections.list(after=made[1]).items] == made[2:]
    assert [one.id for one in connections.list(sites=[other]).items] == made[2:]


def test_nodes_feed_channels_which_are_made_if_need_be_all_or_none(connections, registry, site):
    made = connections.create(values(site))
    wanted = [
        NewNode("ns=4;s=a", "eta", "flow_1"),
        NewNode("ns=4;s=b", "eta", "pressure", 250, 0.5, NewChannel("Pressão", "bar")),
    ]
    assert connections.add_nodes(made.id, wanted) == 2
    first, second = connections.nodes(made.id).items
    assert (first.node, first.device, first.channel, first.sampling_ms) == ("ns=4;s=a", "eta", "flow_1", None)
    assert (second.channel, second.sampling_ms, second.deadband) == ("pressure", 250, 0.5)
    channel = registry.device("eta").channels[-1]
    assert (channel.series, channel.key, channel.name, channel.unit) == (second.series, "pressure", "Pressão", "bar")
    for wrong, error in (
        (NewNode("ns=4;s=c", "eta", "flow_1"), Conflict),
        (NewNode("ns=4;s=c", "eta", "nothing"), NotFound),
        (NewNode("ns=4;s=c", "nobody", "flow_1"), NotFound),
    ):
        with pytest.raises(error):
            connections.add_nodes(made.id, [NewNode("ns=4;s=d", "eta", "new", None, 0, NewChannel("Novo")), wrong])
    with pytest.raises(Conflict, match="one channel"):
        connections.add_nodes(made.id, [NewNode("ns=4;s=c", "eta", "level"), NewNode("ns=4;s=d", "eta", "level")])
    assert len(connections.nodes(made.id).items) == 2
    assert "new" not in {one.key for one in registry.device("eta").channels}
    assert connections.count_nodes() == {made.id: 2}


def test_nodes_are_changed_and_removed_and_channels_stay(connections, registry, site):
    made = connections.create(values(site))
    connections.add_nodes(made.id, [NewNode("ns=4;s=a", "eta", "flow_1"), NewNode("ns=4;s=b", "eta", "flow_2")])
    first, second = connections.nodes(made.id).items
    changed = connections.change_node(made.id, first.id, {"sampling_ms": 500, "deadband": 0.1})
    assert (changed.sampling_ms, changed.deadband) == (500, 0.1)
    other = connections.create(values(site, name="other"))
    with pytest.raises(NotFound):
        connections.node(other.id, first.id)
    assert connections.remove_nodes(other.id, [first.id]) == 0
    assert connections.remove_nodes(made.id, [first.id]) == 1
    assert [one.id for one in connections.nodes().items] == [second.id]
    assert "flow_1" in {one.key for one in registry.device("eta").channels}


def test_a_device_takes_its_nodes_along_and_a_connection_too(connections, registry, site):
    made = connections.create(values(site))
    connections.add_nodes(made.id, [NewNode("ns=4;s=a", "eta", "flow_1")])
    with pytest.raises(Conflict, match="1 connections"):
        registry.delete_device("eta")
        registry.delete_site(site)
    assert connections.nodes(made.id).items == []
    connections.delete(made.id)
    assert connections.list().items == []


def test_every_change_is_seen_by_those_who_follow_the_registry(connections, registry, site):
    before = registry.version
    made = connections.create(values(site))
    connections.add_nodes(made.id, [NewNode("ns=4;s=a", "eta", "flow_1")])
    assert registry.version == before + 2
