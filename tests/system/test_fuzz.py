"""Whatever bytes come in over TCP and MQTT, Calha answers, keeps them, and goes on."""

import json
import random
import socket

import paho.mqtt.client as mqtt

from running import running_calha

ROUNDS = 150


def nasty(source: random.Random) -> bytes:
    good = json.dumps({"device": "a", "ts": 1769860800000, "values": {"x": 1.5, "y": "2,5"}}).encode()
    kinds = [
        lambda: source.randbytes(source.randrange(1, 400)),
        lambda: good[: source.randrange(len(good))],
        lambda: bytes(byte ^ (1 << source.randrange(8)) if source.random() < 0.05 else byte for byte in good),
        lambda: b"[" * source.randrange(1, 3_000),
        lambda: b'{"device":"a","values":{"x":' + b"9" * source.randrange(1, 600) + b"}}",
        lambda: b'{"device":"a","values":{"\\u0000":1,"x":1e999}}',
        lambda: b'{"device":"a","values":{"\\ud800":1,"x":NaN}}',
        lambda: b'[{"device":"\\ud800","values":{"x":NaN}}]',
        lambda: b'{"device":"a","x":%b}' % nested(source.randrange(900, 1_500)),
        lambda: b'{"token":%b}' % nested(source.randrange(900, 1_500)),
        lambda: b'{"reply":"1","state":%b}' % nested(source.randrange(400, 1_500)),
        lambda: good,
    ]
    return source.choice(kinds)()


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_random_bytes_break_nothing(tmp_path):
    source = random.Random(2026)
    with running_calha(tmp_path / "data") as calha:
        calha.create_device("a")
        for _ in range(ROUNDS):
            with socket.create_connection(("127.0.0.1", calha.tcp_port), 60) as connection:
                for _ in range(source.randrange(1, 5)):
                    connection.sendall(nasty(source) + source.choice([b"\n", b"\r\n", b"", b"\n\n"]))
                if source.random() < 0.5:
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", calha.mqtt_port)
        client.loop_start()
        for number in range(ROUNDS):
            topic = source.choice(["calha/v1/a/telemetry", "calha/v1//telemetry", f"calha/v1/x{number}/telemetry"])
            client.publish(topic, nasty(source), 1).wait_for_publish(60)
        client.publish("calha/v1/a/telemetry", json.dumps({"last": 42}), 1).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()
        while not any(channel["key"] == "last" for channel in calha.get("/api/v1/devices/a")["channels"]):
            pass
        counts = calha.until_stored()
        assert calha.values("a", "last") == [42]
        written = sum(counts[name] for name in ("stored", "late", "corrected", "duplicate"))
        assert counts["received"] == written + sum(counts["quarantined"].values()) + sum(counts["refused"].values())
        restarts = {task["name"]: task["restarts"] for task in calha.get("/api/v1/status")["tasks"]}
        assert set(restarts.values()) == {0}, restarts
