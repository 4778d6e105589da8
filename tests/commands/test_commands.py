"""Commands with real devices: each state is reached, nobody else reads or answers them, and people decide."""

import json
import subprocess
import threading
import time
import urllib.request

import pytest

from persons import Person

pytestmark = pytest.mark.slow


def states(command):
    return [step["state"] for step in command["history"]]


def test_a_command_goes_all_the_way_over_mqtt_until_a_channel_shows_it(device):
    with device.by_mqtt() as robot:
        asked = device.ask("set", {"speed": 900})
        assert asked["device_online"] is True
        assert asked["waits_until"] is None
        order = robot.next_order()
        assert order == {key: asked[key] for key in ("id", "command", "parameters", "expires_at")}
        robot.reply(asked["id"], "delivered")
        device.until(asked["id"], "delivered")
        robot.reply(asked["id"], "executed", "as you wish")
        executed = device.until(asked["id"], "executed")
        assert executed["verification"]["state"] == "pending"
        assert executed["history"][-1]["note"] == "as you wish"
        robot.report(speed=400)
        robot.report(speed=902)
        verified = device.until(asked["id"], "verified")
    assert states(verified) == ["queued", "sent", "delivered", "executed", "verified"]
    assert [step["by"] for step in verified["history"]] == ["local", "Calha", device.key, device.key, "Calha"]


def test_what_a_channel_showed_before_the_command_verifies_nothing(device):
    device.report(state=1)
    with device.by_mqtt() as robot:
        asked = device.ask("start")
        robot.reply(robot.next_order()["id"], "executed")
        device.until(asked["id"], "executed")
        time.sleep(1)
        assert device.command(asked["id"])["state"] == "executed"


def test_an_execution_that_no_channel_shows_stays_executed_and_says_that_it_is_not_verified(device):
    with device.by_mqtt() as robot:
        asked = device.ask("start")
        robot.reply(robot.next_order()["id"], "executed")
        robot.report(state=0)
        deadline = time.monotonic() + 60
        while (found := device.command(asked["id"]))["verification"]["state"] != "failed":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert found["state"] == "executed"
        assert found["history"][-1]["note"] == "not verified: state is 0 instead of 1"
        robot.reply(asked["id"], "executed")
    events = device.calha.get(f"/api/v1/events?device={device.key}")["items"]
    assert events[0]["kind"] == "command_not_verified"
    assert events[0]["severity"] == "warning"


def test_a_sleeping_device_gets_its_command_when_it_wakes(device):
    with device.by_mqtt():
        pass
    asked = device.ask("beep")
    assert asked["device_online"] is False
    assert asked["waits_until"] == asked["expires_at"]
    time.sleep(3)  # while the log server forgets what nobody needs
    with device.by_mqtt() as robot:
        assert robot.next_order()["id"] == asked["id"]
        robot.reply(asked["id"], "executed")
        device.until(asked["id"], "executed")
        assert robot.hears_nothing()


def test_a_device_that_keeps_no_session_gets_it_when_it_reports_again(device):
    asked = device.ask("beep")
    with device.by_mqtt(is_persistent=False) as robot:
        robot.report(speed=1)
        assert robot.next_order(within_s=15)["id"] == asked["id"]
        robot.reply(asked["id"], "executed", qos=0)
        device.until(asked["id"], "executed")


def test_a_cancelled_command_does_not_reach_a_device_that_wakes_later(device):
    with device.by_mqtt():
        pass
    asked = device.ask("beep")
    status, cancelled = device.calha.send("POST", f"{device.path}/{asked['id']}/cancel")
    assert (status, cancelled["state"]) == (200, "cancelled")
    with device.by_mqtt() as robot:
        assert robot.hears_nothing()
    assert device.calha.send("POST", f"{device.path}/{asked['id']}/cancel")[0] == 409


def test_a_command_does_not_reach_another_device_that_is_given_the_key_of_a_deleted_one(device):
    with device.by_mqtt():
        pass
    device.ask("beep")
    path = f"/api/v1/devices/{device.key}"
    before = device.calha.get(path)
    assert device.calha.send("DELETE", path)[0] == 204
    wanted = {"key": device.key, "profile": before["profile"], "site_id": before["site_id"]}
    status, made = device.calha.send("POST", "/api/v1/devices", wanted)
    assert status == 201, made
    device.secret = made["secret"]
    with device.by_mqtt() as other:
        asked = device.ask("start")
        assert other.next_order()["id"] == asked["id"]
        assert other.hears_nothing()


def test_a_command_expires_and_does_not_reach_a_device_that_wakes_later(device):
    with device.by_mqtt():
        pass
    asked = device.ask("beep", expires_s=1)
    expired = device.until(asked["id"], "expired")
    assert expired["history"][-1]["note"] == "the device did not take it"
    with device.by_mqtt() as robot:
        assert robot.hears_nothing()
        robot.reply(asked["id"], "executed", "had it by other means")
        assert device.until(asked["id"], "executed")["history"][-2]["state"] == "expired"


def test_a_device_that_goes_silent_after_delivery_times_out_and_may_still_say_what_it_did(device):
    with device.by_mqtt() as robot:
        asked = device.ask("beep", expires_s=1)
        robot.reply(asked["id"], "delivered")
        device.until(asked["id"], "timed_out")
        robot.reply(asked["id"], "executed")
        device.until(asked["id"], "executed")


def test_a_device_may_reject_and_may_repeat_itself(device):
    with device.by_mqtt() as robot:
        asked = device.ask("beep")
        for _ in range(3):
            robot.reply(asked["id"], "rejected", "door is open")
        rejected = device.until(asked["id"], "rejected")
        robot.reply(asked["id"], "executed")
        time.sleep(0.5)
    again = device.command(asked["id"])
    assert again["history"] == rejected["history"]
    assert rejected["history"][-1] == rejected["history"][-1] | {"note": "door is open", "by": device.key}


def test_a_reply_that_cannot_be_read_or_names_no_command_goes_to_quarantine_and_is_never_a_reading(device):
    with device.by_mqtt() as robot:
        topic = f"calha/v1/{device.key}/commands"
        robot.publish(f"{topic}/nonsense/reply", {"state": "executed"})
        asked = device.ask("beep")
        robot.publish(f"{topic}/{asked['id']}/reply", b"not json")
        robot.publish(f"{topic}/{asked['id']}/reply", {"state": "done", "device": device.key, "speed": 3})
        deadline = time.monotonic() + 60
        while len(kept := of_topic(device, topic)) < 3:
            assert time.monotonic() < deadline, kept
            time.sleep(0.1)
    assert sorted(one["reason"] for one in kept) == ["bad_reply", "bad_reply", "unknown_command"]
    for one in kept:
        assert device.calha.send("POST", f"/api/v1/quarantine/{one['seq']}/replay")[1].get("accepted", 0) == 0
    assert len(of_topic(device, topic)) == 3
    assert device.calha.values(device.key, "speed") == []


def test_a_reply_nested_without_end_stops_nobody_behind_it(device):
    with device.by_mqtt() as robot:
        asked = device.ask("beep")
        robot.next_order()
        for levels in (100, 980, 1_500):
            nested = b'{"state":"executed","x":' + b"[" * levels + b"]" * levels + b"}"
            robot.publish(f"calha/v1/{device.key}/commands/{asked['id']}/reply", nested)
        robot.reply(asked["id"], "executed")
        device.until(asked["id"], "executed")
    assert [one["reason"] for one in of_topic(device, f"calha/v1/{device.key}/commands")] == ["bad_reply"] * 3


def of_topic(device, topic):
    return [one for one in device.calha.get("/api/v1/quarantine?limit=500")["items"] if one["topic"].startswith(topic)]


def test_a_device_without_mqtt_fetches_over_http_until_it_answers(device):
    asked = device.ask("beep")
    for _ in range(2):
        status, fetched = device.by_http("GET", f"{device.path}?state=queued")
        assert (status, [one["id"] for one in fetched["items"]]) == (200, [asked["id"]])
    status, answered = device.by_http("POST", f"{device.path}/{asked['id']}/reply", {"state": "executed"})
    assert (status, answered["state"]) == (200, "executed")
    assert device.by_http("GET", device.path)[1]["items"] == []
    assert device.by_http("POST", f"{device.path}/{asked['id']}/reply", {"state": "done"})[0] == 422
    assert device.by_http("POST", f"{device.path}/0/reply", {"state": "executed"})[0] == 404


def test_a_tcp_device_gets_commands_on_its_open_connection_and_those_that_waited(device):
    waited = device.ask("beep")
    with device.by_tcp() as robot:
        assert robot.next_line()["command"]["id"] == waited["id"]
        assert robot.say({"reply": waited["id"], "state": "executed"}) == {"ok": 0}
        device.until(waited["id"], "executed")
        asked = device.ask("set", {"speed": 700})
        assert asked["device_online"] is True
        assert asked["history"][-1]["note"] == "tcp"
        assert robot.next_line()["command"]["parameters"] == {"speed": 700}
        assert robot.say({"reply": asked["id"], "state": "executed"}) == {"ok": 0}
        assert robot.say({"values": {"speed": 700}}) == {"ok": 1}
        device.until(asked["id"], "verified")
        assert robot.say({"reply": "0", "state": "executed"})["reason"] == "unknown_command"
        assert robot.say({"reply": asked["id"], "state": "done"})["reason"] == "bad_reply"


def test_another_device_can_neither_read_nor_answer(device, plant):
    other = plant.device(f"{device.key}-neighbour")
    with device.by_mqtt():
        asked = device.ask("beep")
    topic = f"calha/v1/{device.key}/commands"
    listening = ["mosquitto_sub", "-p", str(device.calha.mqtt_port), "-i", "spy", "-u", other.key, "-P", other.secret]
    heard = subprocess.run([*listening, "-q", "1", "-t", topic, "-W", "2"], capture_output=True, check=False)
    assert heard.stdout == b""
    publish = ["mosquitto_pub", *listening[1:], "-q", "1", "-t", f"{topic}/{asked['id']}/reply"]
    subprocess.run([*publish, "-m", '{"state":"executed"}'], capture_output=True, check=False, timeout=120)
    assert other.by_http("GET", device.path)[0] == 403
    assert other.by_http("GET", f"{device.path}/{asked['id']}")[0] == 403
    assert other.by_http("POST", f"{device.path}/{asked['id']}/reply", {"state": "executed"})[0] == 403
    assert other.by_http("POST", f"{other.path}/{asked['id']}/reply", {"state": "executed"})[0] == 404
    assert device.by_http("POST", device.path, {"command": "beep"})[0] == 403, "nor may a device command itself"
    assert device.by_http("POST", f"{device.path}/{asked['id']}/cancel")[0] == 403
    with other.by_tcp() as robot:
        assert robot.say({"reply": asked["id"], "state": "executed"})["reason"] == "unknown_command"
    assert device.command(asked["id"])["state"] == "sent"


def test_the_same_key_gets_the_same_command_and_another_request_with_it_is_refused(device):
    def ask(parameters, key):
        body = json.dumps({"command": "set", "parameters": parameters}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            with urllib.request.urlopen(device.calha.request(device.path, body, headers, "POST")) as answer:
                return answer.status, json.loads(answer.read())["id"]
        except urllib.error.HTTPError as error:
            return error.code, None

    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask({"speed": 1}, "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert len({command_id for _, command_id in answers}) == 1
    assert ask({"speed": 2}, "k")[0] == 409
    assert ask({"speed": 2}, "other")[0] == 201
    assert len(device.calha.get(device.path)["items"]) == 2


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"command": "fly"}, 404, "no command 'fly'; there are: start, set, beep, blast"),
        ({"command": "set"}, 422, "'speed' is missing; allowed: a number from 0 to 3000 rpm"),
        (
            {"command": "set", "parameters": {"speed": 4000}},
            422,
            "'speed' is 4000; allowed: a number from 0 to 3000 rpm",
        ),
        ({"command": "beep", "offline": "refuse"}, 409, "is offline"),
        ({"command": "beep", "offline": "maybe"}, 422, ""),
        ({"command": "beep", "expires_s": 0}, 422, ""),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(device, body, status, said):
    refused = device.calha.send("POST", device.path, body)
    assert refused[0] == status
    assert said in refused[1]["detail"]


def test_a_command_of_two_people_waits_until_another_one_agrees(calha, device):
    ana, bruno = Person(calha, "Ana", {"role": "operator"}), Person(calha, "Bruno", {"role": "operator"})
    carla = Person(calha, "Carla", {"role": "viewer"})
    with device.by_mqtt() as robot:
        status, asked = ana.send("POST", device.path, {"command": "blast"})
        assert (status, asked["state"]) == (201, "awaiting_approval")
        assert [one["id"] for one in bruno.get("/api/v1/commands?state=awaiting_approval")["items"]] == [asked["id"]]
        approve = f"{device.path}/{asked['id']}/approve"
        assert ana.send("POST", approve)[0] == 403
        assert carla.send("POST", approve)[0] == 403
        assert calha.send("POST", approve)[0] == 403, "only a person can"
        assert robot.hears_nothing()
        status, approved = bruno.send("POST", approve)
        assert (status, approved["approved_by"]) == (200, bruno.login.lower())
        assert robot.next_order()["id"] == asked["id"]
        assert bruno.send("POST", approve)[0] == 409
        status, asked = ana.send("POST", device.path, {"command": "beep", "needs_approval": True})
        assert asked["state"] == "awaiting_approval"
        assert ana.send("POST", f"{device.path}/{asked['id']}/cancel")[1]["state"] == "cancelled"
        assert bruno.send("POST", f"{device.path}/{asked['id']}/approve")[0] == 409
    entries = calha.get(f"/api/v1/audit?target=device%20{device.key}")["items"]
    audited = [(one["actor"], one["action"]) for one in entries]
    assert {
        (ana.login.lower(), "command.requested"),
        (bruno.login.lower(), "command.approved"),
        (ana.login.lower(), "command.cancelled"),
    } <= set(audited)


def test_whoever_made_a_key_cannot_approve_what_it_asked_for(calha, device):
    dora = Person(calha, "Dora", {"role": "administrator"})
    status, key = dora.send(
        "POST", "/api/v1/keys", {"name": "robot arm", "role": "operator", "scopes": ["view", "operate"]}
    )
    assert status == 201, key
    asked = sent(calha, key["key"], device.path, {"command": "blast"})
    assert dora.send("POST", f"{device.path}/{asked['id']}/approve")[0] == 403


def test_whoever_made_a_key_cannot_approve_what_it_asked_for_under_another_name(calha, device):
    emil = Person(calha, "Emil", {"role": "administrator"})
    wanted = {"name": "arm", "role": "administrator", "scopes": ["view", "operate", "administer"]}
    first = emil.send("POST", "/api/v1/keys", wanted)[1]["key"]
    second = sent(calha, first, "/api/v1/keys", {**wanted, "role": "operator", "scopes": ["view", "operate"]})["key"]
    asked = sent(calha, second, device.path, {"command": "blast"})
    assert emil.send("PATCH", "/api/v1/account", {"user_name": f"{emil.login}-2"})[0] == 200
    approve = f"{device.path}/{asked['id']}/approve"
    status, refused = emil.send("POST", approve)
    assert (status, refused["reason"]) == (403, "own_request")
    other = Person(calha, "Fia", {"role": "operator"})
    assert other.send("PATCH", "/api/v1/account", {"user_name": emil.login})[0] == 200
    assert other.send("POST", approve)[0] == 200, "another person, who has his former name"


def sent(calha, key, path, body):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(calha.request(path, json.dumps(body).encode(), headers, "POST")) as answer:
        return json.loads(answer.read())


def test_lists_have_pages_and_filters(device):
    ids = [device.ask("beep")["id"] for _ in range(5)]
    device.calha.send("POST", f"{device.path}/{ids[0]}/cancel")
    first = device.calha.get(f"{device.path}?limit=3")
    rest = device.calha.get(f"{device.path}?limit=3&after={first['next']}")
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    assert [one["id"] for one in device.calha.get(f"{device.path}?state=cancelled,expired")["items"]] == ids[:1]
    assert device.calha.send("GET", f"{device.path}?state=done")[0] == 422


def test_too_many_open_commands_are_refused(device):
    for _ in range(100):
        device.ask("beep")
    assert device.calha.send("POST", device.path, {"command": "beep"})[0] == 409


def test_live_streams_tell_each_new_state_to_those_who_see_the_device(calha, device):
    _, site = calha.send("POST", "/api/v1/sites", {"name": f"far from {device.key}"})
    told: dict[str, list] = {"all": [], "far": []}
    far = Person(calha, "Far", {"role": "viewer", "site_id": site["id"]})
    tokens = {"all": calha.key, "far": far.token}

    is_open = {name: threading.Event() for name in told}
    is_over = threading.Event()

    def listen(name):
        """Until all three states are told; or, when they have been told to another, until the next status."""
        headers = {"Authorization": f"Bearer {tokens[name]}"}
        with urllib.request.urlopen(calha.request("/api/v1/live", headers=headers), timeout=60) as stream:
            kind = ""
            for line in stream:
                if line.startswith(b"event:"):
                    kind = line.split()[1].decode()
                elif line.startswith(b"data:") and kind == "command":
                    told[name].append(json.loads(line[5:]))
                elif line.startswith(b"data:") and kind == "status":
                    is_open[name].set()
                    if is_over.is_set():
                        return
                if len(told[name]) == 3:
                    return

    threads = {name: threading.Thread(target=listen, args=[name], daemon=True) for name in told}
    for name, thread in threads.items():
        thread.start()
        assert is_open[name].wait(60)
    asked = device.ask("beep")
    device.by_http("POST", f"{device.path}/{asked['id']}/reply", {"state": "executed"})
    threads["all"].join(60)
    is_over.set()
    threads["far"].join(60)
    assert not any(thread.is_alive() for thread in threads.values())
    assert [(one["id"], one["state"]) for one in told["all"]] == [
        (asked["id"], state) for state in ("queued", "sent", "executed")
    ]
    assert told["far"] == []
