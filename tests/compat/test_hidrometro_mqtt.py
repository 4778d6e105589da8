"""Meters of Hidrômetro Inteligente over MQTT, real clients: nothing lost, nothing twice, nothing in a stranger's account."""

import itertools
import json
import socket
import subprocess
import time

import pytest

from hidrometro_meter import Meter, kept, running_hidrometro, until

pytestmark = pytest.mark.slow

NOW = int(time.time()) - 3_600
_numbers = itertools.count(1)


@pytest.fixture
def calha(hidrometro):
    return hidrometro


def new_serial():
    return f"HID-{next(_numbers):03d}"


def stored(calha, serial, channel="total"):
    calha.until_stored()
    return calha.values(f"hidrometro-{serial}", channel)


def publish(calha, topic, said, *options):
    payload = said if isinstance(said, str) else json.dumps(said)
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(calha.meter_port), "-t", topic, "-m", payload, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("family", ["hidrometro", "hidrometro/leandro"])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_reading_arrives_on_each_topic_with_each_quality_of_service(calha, family, qos):
    serial = new_serial()
    with Meter(calha.meter_port, family=family) as meter:
        meter.report(qos, ts=NOW, totalLiters=12345.6, flowLmin=0, numeroSerie=serial)
        until(lambda: f"hidrometro-{serial}" in {one["key"] for one in calha.get("/api/v1/devices?limit=500")["items"]})
    until(lambda: stored(calha, serial) == [12345.6])
    assert stored(calha, serial, "flow") == [0.0], "0 is a value"


@pytest.mark.parametrize("topic", ["hidrômetro/3/{}/dados", "hidrometro/3/{}/dados"])
def test_the_topic_that_was_recommended_last_is_heard(calha, topic):
    serial = new_serial()
    with Meter(calha.meter_port, "hidrometro-d0c") as meter:
        said = {"id_dispositivo": serial, "id_cliente": "3", "totalLiters": 5, "flowLmin": 0, "nivel_bateria": 80}
        meter.say(said, topic=topic.format(serial)).wait_for_publish(60)
    assert (stored(calha, serial), stored(calha, serial, "battery")) == ([5.0], [80.0])


def test_a_topic_below_the_one_of_data_is_heard_as_the_last_server_heard_it(calha):
    serial = new_serial()
    with Meter(calha.meter_port) as meter:
        said = {"ts": NOW, "totalLiters": 5, "flowLmin": 0, "numeroSerie": serial}
        meter.say(said, topic="hidrometro/leandro/cozinha/dados").wait_for_publish(60)
        meter.say({"action": "reset"}, topic="hidrometro/leandro/cozinha/cmd").wait_for_publish(60)
    assert stored(calha, serial) == [5.0]


def test_an_installation_names_the_topics_of_its_meters(tmp_path):
    topics = {"data_topics": "casa/agua", "command_topics": "casa/agua/ordens"}
    with running_hidrometro(tmp_path / "data", **topics) as calha, Meter(calha.meter_port) as meter:
        meter.say({"ts": NOW, "totalLiters": 5, "numeroSerie": "S1"}, topic="casa/agua").wait_for_publish(60)
        meter.client.subscribe("casa/agua/ordens", 0)
        assert [meter.granted.get(timeout=60) for _ in range(2)] == [[0], [0]]
        assert stored(calha, "S1") == [5.0]


def test_each_set_of_names_is_understood_with_mosquittos_client(calha):
    for said in (
        {"totalLiters": 1.5, "flowLmin": 2.5, "numeroSerie": (first := new_serial())},
        {"total": 1.5, "flowRate": 2.5, "serial": (second := new_serial())},
        {"totalLiters": "1,5", "flowRate": 2.5, "numero_serie": f" {(third := new_serial()).lower()} "},
    ):
        assert publish(calha, "hidrometro/dados", said, "-q", "1").returncode == 0
    for serial in (first, second, third):
        assert (stored(calha, serial), stored(calha, serial, "flow")) == ([1.5], [2.5])


def test_seconds_and_milliseconds_are_the_same_time_and_uptime_is_the_time_of_arrival(calha):
    serial = new_serial()
    before = time.time()
    with Meter(calha.meter_port) as meter:
        meter.report(ts=NOW, totalLiters=1, numeroSerie=serial)
        meter.report(ts=NOW * 1_000 + 500, totalLiters=2, numeroSerie=serial)
        meter.report(ts=17, totalLiters=3, numeroSerie=serial)
    assert stored(calha, serial) == [1, 2, 3]
    path = f"/api/v1/devices/hidrometro-{serial}/readings?channel=total&resolution=raw&from=0946684800&to=4102444800"
    series = calha.get(path)["series"][0]
    assert series["t"][:2] == [NOW * 1_000, NOW * 1_000 + 500]
    assert before - 60 <= series["t"][2] / 1_000 <= time.time() + 60
    assert series["quality"][2] != series["quality"][0], "the time of arrival is marked"


@pytest.mark.parametrize("ahead_s", [301, 3 * 3_600, 10**7])
def test_a_clock_that_is_ahead_hides_no_meter(calha, ahead_s):
    """The server that was replaced did not look at the clock of a meter at all."""
    serial = new_serial()
    before = time.time()
    with Meter(calha.meter_port) as meter:
        for number in range(3):
            meter.report(ts=int(before) + 60 + ahead_s + number, totalLiters=number, flowLmin=0, numeroSerie=serial)
    assert stored(calha, serial) == [0, 1, 2]
    path = f"/api/v1/devices/hidrometro-{serial}/readings?channel=total&resolution=raw&from=0946684800"
    series = calha.get(path)["series"][0]
    assert before - 60 <= series["t"][0] / 1_000 <= series["t"][2] / 1_000 <= time.time() + 60
    assert len(set(series["quality"])) == 1
    assert not [one for one in kept(calha, "time_in_future") if serial in one["raw"]]


def test_readings_without_a_serial_are_the_default_meters(calha):
    with Meter(calha.meter_port, "a-sketch-of-mine") as meter:
        meter.report(ts=NOW, totalLiters=7, flowLmin=1)
    assert stored(calha, "PADRAO")[0] == 7


def test_two_meters_without_a_serial_are_not_one_register(calha):
    """The firmware sends none; its client id names its chip."""
    with Meter(calha.meter_port, "hidrometro-1", family="hidrometro") as first, Meter(calha.meter_port) as second:
        first.report(ts=NOW + 10, totalLiters=100)
        second.report(ts=NOW + 10, totalLiters=999)
        first.report(ts=NOW + 11, totalLiters=101)
    everything = stored(calha, "PADRAO") + stored(calha, "A4CF12EF")
    assert 999 in everything
    assert not {100, 999} <= set(stored(calha, "PADRAO"))


def test_without_a_default_a_chip_is_a_meter_and_what_is_nobodys_waits_in_quarantine(tmp_path):
    with running_hidrometro(tmp_path / "data", max_devices=1) as calha:
        with Meter(calha.meter_port) as meter:
            meter.report(ts=NOW, totalLiters=5)
            meter.report(ts=NOW, totalLiters=6, numeroSerie="S1")
        with Meter(calha.meter_port, "esp32") as meter:
            meter.report(ts=NOW, totalLiters=7)
        assert {one["key"] for one in calha.get("/api/v1/devices")["items"]} == {"hidrometro-A4CF12EF"}
        assert stored(calha, "A4CF12EF") == [5]
        (waiting,) = kept(calha, "no_serial")
        assert json.loads(waiting["raw"]) == {"ts": NOW, "totalLiters": 7}
        assert [one["device"] for one in kept(calha, "unknown_device")] == ["hidrometro-S1"]
        calha.create_device("hidrometro-S1", "hidrometro_meter")
        assert calha.send("POST", "/api/v1/quarantine/replay", {"device": "hidrometro-S1"})[0] == 200
        assert stored(calha, "S1") == [6], "registering it recovers what it sent"


def test_poison_is_kept_with_its_reason_and_the_next_reading_arrives(calha):
    serial = new_serial()
    with Meter(calha.meter_port) as meter:
        for poison in (b"[1]", b"5", b"\xff", b"{", b"", b'{"action": "reset"}', b'{"totalLiters": {}}', b"[" * 30_000):
            meter.say(poison, 1).wait_for_publish(60)
        meter.report(totalLiters="abc", numeroSerie=serial, ts=NOW)
        meter.report(totalLiters=True, numeroSerie=serial, ts=NOW)
        meter.report(totalLiters=1, ts=[], numeroSerie=serial)
        meter.report(totalLiters=8, ts=NOW, numeroSerie=serial)
    assert stored(calha, serial) == [8]
    raw = {one["raw"] for one in kept(calha, "malformed")}
    assert {"[1]", "5", "{"} <= raw
    assert kept(calha, "no_reading")
    assert kept(calha, "not_a_number")
    assert kept(calha, "bad_time")
    tasks = {task["name"]: task["restarts"] for task in calha.get("/api/v1/status")["tasks"]}
    assert tasks["hidrometro-mqtt"] == 0


def test_what_is_no_mqtt_ends_its_own_connection_only(calha):
    for nasty in (b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff", b"\x30\x02\x00\x00", b"\x10\x00" * 50):
        with socket.create_connection(("127.0.0.1", calha.meter_port), 60) as connection:
            connection.sendall(nasty)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(60)
            while connection.recv(1_000):
                pass
    serial = new_serial()
    with Meter(calha.meter_port) as meter:
        meter.report(ts=NOW, totalLiters=1, numeroSerie=serial)
    assert stored(calha, serial) == [1]


def test_a_fault_behind_a_reading_does_not_take_it_along(calha):
    serial = new_serial()
    payload = json.dumps({"ts": NOW, "totalLiters": 4, "numeroSerie": serial}).encode()
    topic = b"\x00\x10hidrometro/dados"
    hello = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x0f\x00\x01m"
    with socket.create_connection(("127.0.0.1", calha.meter_port), 60) as connection:
        connection.sendall(hello + b"\x30" + bytes([len(topic) + len(payload)]) + topic + payload + b"\xf0\x00")
        connection.settimeout(60)
        while connection.recv(1_000):
            pass
    assert stored(calha, serial) == [4]


def test_the_register_that_begins_anew_is_kept_as_it_was_sent(calha):
    serial = new_serial()
    with Meter(calha.meter_port) as meter:
        for number, total in enumerate((100.0, 250.5, 0.0, 12.0)):
            meter.report(ts=NOW + number, totalLiters=total, numeroSerie=serial)
    assert stored(calha, serial) == [100.0, 250.5, 0.0, 12.0]


def test_meters_that_are_heard_for_the_first_time_at_once_are_each_one_device_and_lose_nothing(calha):
    serials = [new_serial() for _ in range(10)]
    with Meter(calha.meter_port, "hidrometro-f1") as one, Meter(calha.meter_port, "hidrometro-f2") as other:
        said = [
            meter.say({"ts": NOW + second, "totalLiters": second, "numeroSerie": serial})
            for serial in serials
            for second, meter in enumerate((one, other, one, other))
        ]
        for info in said:
            info.wait_for_publish(60)
    assert [stored(calha, serial) for serial in serials] == [[0.0, 1.0, 2.0, 3.0]] * 10


def test_the_same_reading_twice_is_stored_once(calha):
    serial = new_serial()
    with Meter(calha.meter_port) as meter:
        for _ in range(3):
            meter.report(ts=NOW, totalLiters=5, numeroSerie=serial)
    assert stored(calha, serial) == [5]


@pytest.mark.parametrize("qos", [1, 2])
def test_what_a_meter_without_a_clock_sends_again_after_it_was_cut_off_is_stored_once(calha, qos):
    serial = new_serial()
    payload = json.dumps({"totalLiters": 4, "numeroSerie": serial}).encode()
    body = b"\x00\x10hidrometro/dados\x00\x07" + payload
    hello = b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x0f\x00\x01%d" % qos
    for dup in (0x00, 0x08, 0x08):
        with socket.create_connection(("127.0.0.1", calha.meter_port), 60) as connection:
            connection.sendall(hello + bytes([0x30 | dup | qos << 1, len(body)]) + body)
            connection.settimeout(60)
            assert connection.recv(4) == b"\x20\x02\x00\x00", "no session is present"
            assert connection.recv(4) == (b"\x40\x02\x00\x07" if qos == 1 else b"\x50\x02\x00\x07")
    assert stored(calha, serial) == [4]


def test_nobody_hears_readings_or_commands_other_meters(calha):
    with Meter(calha.meter_port) as meter:
        meter.client.subscribe([("hidrometro/#", 0), ("hidrometro/leandro/dados", 1), ("#", 0), ("$SYS/#", 0)])
        meter.granted.get(timeout=60)
        assert meter.granted.get(timeout=60) == [0x80, 0x80, 0x80, 0x80]
        assert publish(calha, "hidrometro/leandro/cmd", {"action": "reset"}, "-q", "1").returncode == 0
        assert publish(calha, "hidrometro/leandro/dados", {"totalLiters": 1, "serial": "X"}, "-q", "1").returncode == 0
        assert meter.hears_nothing()
    assert '{"action": "reset"}' in {one["raw"] for one in kept(calha, "unknown_topic")}


def test_a_newer_protocol_is_told_to_speak_an_older_one(calha):
    refused = publish(calha, "hidrometro/dados", {"totalLiters": 1}, "-V", "5")
    assert refused.returncode != 0
    assert publish(calha, "hidrometro/dados", {"totalLiters": 1}, "-V", "mqttv31", "-q", "1").returncode == 0


def test_who_comes_with_the_same_client_id_takes_the_place_of_who_was_there(calha):
    with Meter(calha.meter_port, "hidrometro-77") as first:
        first.client.reconnect_delay_set(60, 60)
        second = Meter(calha.meter_port, "hidrometro-77")
        with second:
            until(lambda: not first._there.is_set())
            second.report(ts=NOW, totalLiters=1, numeroSerie=(serial := new_serial()))
    assert stored(calha, serial) == [1]


def test_a_meter_that_goes_silent_is_let_go(calha):
    """Its keep-alive is a second: after one and a half nobody waits for it any more (§3.1.2.10)."""
    with socket.create_connection(("127.0.0.1", calha.meter_port), 60) as connection:
        connection.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x01\x00\x01q")
        connection.settimeout(60)
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        assert connection.recv(4) == b""


def test_without_the_operators_switch_only_meters_with_a_secret_are_heard(tmp_path):
    with running_hidrometro(tmp_path / "data", anonymous_meters="false") as calha:
        status, made = calha.send("POST", "/api/v1/devices", {"key": "hidrometro-S1", "profile": "hidrometro_meter"})
        assert status == 201
        calha.create_device("hidrometro-S2", "hidrometro_meter")
        _, other = calha.send("POST", "/api/v1/devices", {"key": "pump-1", "profile": "generic"})
        for password in ("", "calha_dev_wrong", other["secret"]):
            stranger = Meter(calha.meter_port, password=password)
            stranger.client.connect("127.0.0.1", calha.meter_port)
            stranger.client.loop_start()
            assert stranger.refused.get(timeout=60)
            stranger.__exit__()
        with Meter(calha.meter_port, password=made["secret"]) as meter:
            meter.report(ts=NOW, totalLiters=1)
            meter.report(ts=NOW, totalLiters=2, numeroSerie="S2")
            meter.report(ts=NOW + 1, totalLiters=3, numeroSerie="s1")
        assert stored(calha, "S1") == [1, 3]
        assert stored(calha, "S2") == []
        assert [json.loads(one["raw"])["totalLiters"] for one in kept(calha, "not_allowed")] == [2]


def test_a_meter_that_has_a_secret_is_not_heard_without_it(calha):
    serial = new_serial()
    _, made = calha.send("POST", "/api/v1/devices", {"key": f"hidrometro-{serial}", "profile": "hidrometro_meter"})

    def says(total, password=""):
        with Meter(calha.meter_port, f"of-{serial}", password=password) as meter:
            meter.report(ts=NOW + total, totalLiters=total, numeroSerie=serial)
        return stored(calha, serial)

    until(lambda: kept(calha, "not_allowed") or says(1))
    before = stored(calha, serial)
    assert says(2) == before
    assert says(3, made["secret"]) == [*before, 3]


def test_a_meter_loses_nothing_and_doubles_nothing_while_everything_is_killed(calha):
    serial, count = new_serial(), 300
    with Meter(calha.meter_port, "hidrometro-5e", qos=1, clean=False) as meter:
        for number in range(count):
            meter.say({"totalLiters": number, "numeroSerie": serial, "ts": NOW + number})
            if number == count // 3:
                calha.kill("core")
            if number == 2 * count // 3:
                calha.kill("log server")
            time.sleep(0.005)
        until(lambda: len(meter.acknowledged) == count, what="not everything is acknowledged")
    calha.until_ready()
    assert stored(calha, serial) == [float(number) for number in range(count)]


def test_with_qos_0_nothing_is_lost_while_the_log_is_away(calha):
    serial, count = new_serial(), 200
    with Meter(calha.meter_port, "hidrometro-5f") as meter:
        meter.report(ts=NOW, totalLiters=0, numeroSerie=serial)
        calha.kill("log server")
        for number in range(1, count):
            meter.say({"totalLiters": number, "numeroSerie": serial, "ts": NOW + number}, 0)
        until(lambda: len(stored(calha, serial)) == count, what="readings are missing")
    assert stored(calha, serial) == [float(number) for number in range(count)]


def test_it_is_switched_off_and_closed_unless_told():
    from calha.config.settings import Settings

    section = Settings().compat.hidrometro
    assert (section.enabled, section.anonymous_meters, section.anonymous_pages) == (False, False, False)


@pytest.mark.parametrize("proof", ["key", "secret"])
def test_who_came_with_something_that_is_revoked_is_disconnected(calha, proof):
    """Also a meter that only listens: it would go on to be told commands."""
    serial = new_serial()
    device = f"hidrometro-{serial}"
    if proof == "key":
        made = calha.send("POST", "/api/v1/keys", {"name": "meters", "role": "engineer", "scopes": ["send"]})[1]
        secret, revoke = made["key"], f"/api/v1/keys/{made['id']}"
    else:
        status, made = calha.send("POST", "/api/v1/devices", {"key": device, "profile": "hidrometro_meter"})
        assert status == 201, made
        secret, revoke = made["secret"], f"/api/v1/devices/{device}/credentials"
    with Meter(calha.meter_port, f"id-{serial}", password=secret) as meter:
        assert calha.send("DELETE", revoke)[0] == 204
        assert meter.refused.get(timeout=60), "it was disconnected, came again, and is refused"
