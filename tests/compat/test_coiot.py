"""The meters' and the pages' side of COIOT's dialogue, against a running Calha with its port switched on."""

import json
import socket
import time
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.compat.coiot import consumed
from calha.compat.coiot_wire import HttpRequest, MeterMessage, NotUnderstood, Stream, meter_answer
from calha.domain.register_breaks import Readings
from ports import free_ports
from running import running_calha

ABOVE = "Your energy consumption is above the recommended"
WITHIN = "Your energy consumption is within the recommended"
START = time.time() - 7_200


@contextmanager
def running_coiot(folder, **settings):
    (port,) = free_ports(1)
    given = {"ENABLED": "true", "PORT": str(port)} | settings
    env = {f"CALHA_COMPAT_COIOT_{key}": value for key, value in given.items()}
    others = {"CALHA_DEVICES_ANONYMOUS": "false", "CALHA_REGISTRY_ZONE": "America/Sao_Paulo"}
    with running_calha(folder, env | others) as running:
        running.coiot_port = port
        yield running


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with running_coiot(tmp_path_factory.mktemp("coiot") / "data") as running:
        yield running


def connect(calha, address="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", calha.coiot_port), 60, source_address=(address, 0))


def say(connection, data, answers=1, wait_s=60.0):
    """What comes back within a time in which all answers are there."""
    connection.sendall(data if isinstance(data, bytes) else json.dumps(data).encode())
    return hear(connection, answers, wait_s)


def hear(connection, answers=1, wait_s=60.0):
    connection.settimeout(wait_s)
    told = b""
    while told.count(b"}") + told.count(b"None") < answers and not told.isdigit():
        piece = connection.recv(65536)
        if not piece:
            break
        told += piece
    return told


def local(second):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START - 3 * 3_600 + second))


def report(meter, consumption, second):
    return {"id": meter, "consumption": consumption, "datetime": local(second), "type": "/spent"}


def page(calha, path, body=None, method=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{calha.coiot_port}{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        content = answer.read()
        return json.loads(content) if content else None


def new_meter(calha):
    connection = connect(calha)
    return connection, say(connection, {"id": 0}).decode()


def test_a_meter_gets_its_id_and_each_report_its_answer_as_before(calha):
    connection, meter = new_meter(calha)
    assert meter.isdigit()
    told = say(connection, report(meter, 1.0, 0))
    assert told == (
        f"{{'alert': '{ABOVE}', 'id': '{meter}', 'consumption': 1.0, 'datetime': '{local(0)}'}}".encode()
    ), "the very first says above"
    calha.until_stored()
    assert WITHIN in say(connection, report(meter, 301.0, 1)).decode()
    calha.until_stored()
    assert ABOVE in say(connection, report(meter, 302.0, 2)).decode(), "late by one, as before"
    calha.until_stored()
    assert calha.values(f"coiot-{meter}", "energy") == [1.0, 301.0, 302.0]
    at = calha.get(f"/api/v1/devices/coiot-{meter}/readings?resolution=raw&from=0946684800")["series"][0]["t"]
    assert at[0] // 1000 == int(START), "local time of the site"
    connection.close()


@pytest.mark.parametrize(("clock", "address"), [("UTC", "127.0.8.1"), ("2099", "127.0.8.2"), ("1970", "127.0.8.3")])
def test_a_meter_whose_clock_is_wrong_is_heard_and_billed(calha, clock, address):
    """As the original did, which stored the time as it was said. A clock in UTC is hours ahead of the site's."""
    connection = connect(calha, address)
    meter = say(connection, {"id": 0}).decode()
    before = time.time()
    for number, value in enumerate((0.0, 100.0, 250.0)):
        at = {"UTC": before, "2099": 4_070_908_800, "1970": 60}[clock] + number
        said = report(meter, value, 0) | {"datetime": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))}
        assert f"'consumption': {value}, 'datetime': '{said['datetime']}'" in say(connection, said).decode()
    calha.until_stored()
    path = f"/api/v1/devices/coiot-{meter}/readings?resolution=raw&from=0946684800"
    series = calha.get(path)["series"][0]
    assert series["value"] == [0.0, 100.0, 250.0]
    assert before - 60 <= series["t"][0] / 1_000 <= series["t"][2] / 1_000 <= time.time() + 60, "the time of arrival"
    assert page(calha, f"/invoice/{meter}")["invoice"] == 100.0
    connection.close()


def test_the_operator_says_what_clocks_and_addresses_mean(tmp_path):
    with running_coiot(tmp_path / "data", ZONE="UTC", KNOWN_BY_ADDRESS="false") as calha:
        said = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(START))
        with connect(calha) as connection:
            meter = say(connection, {"id": 0}).decode()
            say(connection, report(meter, 1.0, 0) | {"datetime": said})
        calha.until_stored()
        path = f"/api/v1/devices/coiot-{meter}/readings?resolution=raw&from=0946684800"
        assert calha.get(path)["series"][0]["t"][0] // 1_000 == int(START)
        assert page(calha, f"/historic/{meter}")["historic"] == [[1.0, said]], "as the meter says it"
        with connect(calha) as connection:
            assert say(connection, {"id": 0}).decode() != meter, "behind NAT it may be anybody's"


def test_two_meters_that_ask_at_once_get_two_ids(calha):
    connections = [connect(calha) for _ in range(20)]
    for connection in connections:
        connection.sendall(b'{"id": 0}')
    ids = [hear(connection).decode() for connection in connections]
    assert len(set(ids)) == 20
    for connection in connections:
        connection.close()


def test_many_objects_in_one_segment_and_one_in_many_are_all_answered(calha):
    connection, meter = new_meter(calha)
    many = b"".join(json.dumps(report(meter, float(number), number)).encode() for number in range(10))
    assert say(connection, many, 10).count(b"'alert'") == 10
    whole = json.dumps(report(meter, 10.0, 10)).encode() + b"\r\n"
    for byte in whole:
        connection.sendall(bytes([byte]))
    assert hear(connection).count(b"'alert'") == 1
    calha.until_stored()
    assert calha.values(f"coiot-{meter}", "energy") == [float(number) for number in range(11)]
    connection.close()


def test_of_reports_that_come_at_once_each_gets_its_own_answer(calha):
    meters = [new_meter(calha) for _ in range(30)]
    twin, shared = connect(calha), meters[0][1]
    bad = report(shared, "nonsense", 0)
    for connection, meter in meters:
        connection.sendall(json.dumps(report(meter, float(meter), 0)).encode())
    twin.sendall(json.dumps(bad).encode())
    told = {meter: hear(connection).decode() for connection, meter in meters}
    assert hear(twin) == b"None", "of the same meter, and no reading"
    assert all(f"'id': '{meter}', 'consumption': {float(meter)}" in answer for meter, answer in told.items())
    calha.until_stored()
    assert all(calha.values(f"coiot-{meter}", "energy") == [float(meter)] for meter in told)
    for connection in (twin, *(connection for connection, _ in meters)):
        connection.close()


def test_a_report_said_twice_is_stored_once(calha):
    connection, meter = new_meter(calha)
    for _ in range(3):
        say(connection, report(meter, 5.0, 0))
    calha.until_stored()
    assert calha.values(f"coiot-{meter}", "energy") == [5.0]
    connection.close()


def test_a_meter_that_kept_its_id_from_the_old_server_is_taken_over(calha):
    with connect(calha) as connection:
        assert b"'id': '4711'" in say(connection, report("4711", 7.5, 0))
    calha.until_stored()
    assert calha.values("coiot-4711", "energy") == [7.5]
    with connect(calha) as connection:
        assert int(say(connection, {"id": 0})) > 4711, "ids never collide"


def test_pages_find_what_meters_have_sent(calha):
    connection, meter = new_meter(calha)
    for number, value in enumerate((1.0, 150.5, 301.0)):
        say(connection, report(meter, value, number))
    calha.until_stored()
    assert page(calha, f"/measurer/{meter}") is True
    assert page(calha, "/measurer/999999") is False
    rows = [[1.0, local(0)], [150.5, local(1)], [301.0, local(2)]]
    assert page(calha, f"/historic/{meter}") == {"alert": ABOVE, "historic": rows}
    assert page(calha, f"/invoice/{meter}") == {"alert": ABOVE, "invoice": 120.4}
    asked = {"id": meter, "datetime": local(1)}
    assert page(calha, "/historic", asked)["historic"] == rows[1:2]
    assert page(calha, "/historic/upper", asked)["historic"] == rows[1:]
    assert page(calha, "/historic/lower", asked)["historic"] == rows[:2]
    assert page(calha, "/historic", {"id": meter, "datetime": local(99)}) is None
    assert "'historic'" in say(connection, asked | {"type": "/historic/upper"}).decode()
    posted = page(calha, "/spent", {"id": int(meter), "consumption": 302.0, "datetime": local(3)})
    assert posted == {"alert": ABOVE, "id": int(meter), "consumption": 302.0, "datetime": local(3)}
    calha.until_stored()
    assert calha.values(f"coiot-{meter}", "energy")[-1] == 302.0, "1 and '1' are one meter"
    connection.close()


def test_pages_know_a_meter_from_its_first_report_on(calha):
    connection, meter = new_meter(calha)
    asked = {"id": meter, "datetime": local(0)}
    assert page(calha, f"/measurer/{meter}") is False, "it has an id, and no more"
    assert [page(calha, f"/{one}/{meter}") for one in ("historic", "invoice")] == [None, None]
    assert page(calha, "/historic/upper", asked) is None
    say(connection, report(meter, 0.0, 0))
    assert page(calha, f"/measurer/{meter}") is True, "as soon as it is answered"
    calha.until_stored()
    assert page(calha, f"/invoice/{meter}") == {"alert": WITHIN, "invoice": 0.0}
    connection.close()


def test_a_known_meter_without_entries_beyond_a_time_has_an_empty_list(calha):
    connection, meter = new_meter(calha)
    say(connection, report(meter, 1.0, 10))
    calha.until_stored()
    nothing = {"alert": WITHIN, "historic": []}
    assert page(calha, "/historic/upper", {"id": meter, "datetime": local(11)}) == nothing
    assert page(calha, "/historic/lower", {"id": meter, "datetime": local(9)}) == nothing
    assert page(calha, "/historic/upper", {"id": "999999", "datetime": local(11)}) is None
    connection.close()


@pytest.mark.parametrize(
    "path", ["/", "/historic", "/historic/", "/measurer", "/invoice/none", "/nothing/1", "/historic/9%00"]
)
def test_whatever_is_not_there_is_null(calha, path):
    assert page(calha, path) in (None, False)


def test_http_answers_have_the_bytes_of_the_original(calha):
    with connect(calha) as connection:
        connection.sendall(b"GET /measurer/999999 HTTP/1.1\r\nHost: x\r\n\r\n")
        told = hear_all(connection)
    assert told == (
        b"HTTP/1.1 200 Ok\r\nContent-Type:application/json\r\nContent-Length: 5\r\n"
        b"Access-Control-Allow-Origin: *\r\n\r\nfalse\r\n\r\n"
    )


def hear_all(connection, wait_s=0.7):
    connection.settimeout(wait_s)
    told = b""
    try:
        while piece := connection.recv(65536):
            told += piece
    except TimeoutError:
        pass
    return told


@pytest.mark.parametrize(
    "nasty",
    [
        b"OPTIONS /spent HTTP/1.1\r\nOrigin: http://x\r\n\r\n",
        b"HEAD /measurer/1 HTTP/1.1\r\n\r\n",
        b"PUT /spent HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"DELETE /spent HTTP/1.1\r\n\r\n",
        b"POST /spent HTTP/1.1\r\nContent-Length: 4\r\n\r\nnull",
        b"\xff\xfe\x00",
        b"null",
        b"true",
        b'{"id": "1", "datetime": "2023-03-22 10:00:00", "type": "/spent"}',
        b'{"id": 1-1}',
        b'{"id": __import__("os").kill(__import__("os").getpid(), 9)}',
        b'{"half": ',
        b"{" * 70_000,
        b"POST /spent HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    ],
)
def test_nothing_that_killed_the_original_harms_anybody_here(calha, nasty):
    with connect(calha) as connection:
        connection.sendall(nasty)
        hear_all(connection, 0.3)
    assert page(calha, "/measurer/999999") is False
    restarts = {task["name"]: task["restarts"] for task in calha.get("/api/v1/status")["tasks"]}
    assert restarts["coiot"] == 0


def test_a_connection_that_is_reset_harms_nobody(calha):
    import struct

    connection, _ = new_meter(calha)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(b'{"id": "1"')
    connection.close()
    assert page(calha, "/measurer/999999") is False


def test_what_cannot_be_read_is_kept_with_its_reason(calha):
    with connect(calha) as connection:
        assert say(connection, b'{"id": "5", "type": "/spent"}') == b"None"
        assert say(connection, b'{"id": "6", "consumption": "much", "datetime": "soon", "type": "/spent"}') == b"None"
    kept = calha.get("/api/v1/quarantine?limit=500")["items"]
    assert {one["transport"] for one in kept} == {"coiot"}
    assert '{"id": "5", "type": "/spent"}' in {one["raw"] for one in kept}


def test_a_restarted_meter_keeps_its_id_and_its_bill_goes_on(calha):
    first = connect(calha, "127.0.7.1")
    meter = say(first, {"id": 0}).decode()
    for number, value in enumerate((0.0, 100.0, 200.0)):
        say(first, report(meter, value, number))
    with connect(calha, "127.0.7.2") as neighbour:
        assert say(neighbour, {"id": 0}).decode() != meter
    first.shutdown(socket.SHUT_WR)
    assert first.recv(1) == b"", "Calha has noticed that it is gone"
    again = connect(calha, "127.0.7.1")
    assert say(again, {"id": 0}).decode() == meter
    say(again, report(meter, 10.0, 10))
    say(again, report(meter, 50.0, 11))
    calha.until_stored()
    assert page(calha, f"/invoice/{meter}")["invoice"] == round(250.0 * 0.4, 2)
    say(again, report(meter, 20.0, 10))
    calha.until_stored()
    assert page(calha, f"/invoice/{meter}")["invoice"] == round(250.0 * 0.4, 2), (
        "what comes late, or again, is no restart"
    )
    again.close()


def test_readings_ids_and_whose_they_are_are_known_after_a_kill(calha):
    with connect(calha, "127.0.7.9") as connection:
        meter = say(connection, {"id": 0}).decode()
        say(connection, report(meter, 3.0, 0))
    calha.kill("core")
    until_heard(calha)
    calha.until_stored()
    assert page(calha, f"/historic/{meter}")["historic"] == [[3.0, local(0)]]
    with connect(calha, "127.0.7.10") as stranger, connect(calha, "127.0.7.9") as same:
        assert int(say(stranger, {"id": 0})) > int(meter), "ids are not given twice"
        assert say(same, {"id": 0}).decode() == meter, "a power cut makes no new customer"


def until_heard(calha):
    """Wait until the port is served by a core that was started again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return page(calha, "/measurer/999999")
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_browsers_preflight_is_allowed(calha):
    with connect(calha) as connection:
        connection.sendall(
            b"OPTIONS /spent HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\nAccess-Control-Request-Method: POST\r\n"
            b"Access-Control-Request-Headers: content-type\r\n\r\n"
        )
        told = hear_all(connection)
    assert told.startswith(b"HTTP/1.1 200 Ok\r\n")
    assert b"Access-Control-Allow-Origin: *\r\n" in told
    assert b"Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n" in told
    assert b"Access-Control-Allow-Headers: *\r\n" in told


@pytest.mark.parametrize("headers", [0, 1, 20])
def test_a_meter_and_a_page_take_turns_on_one_connection_whatever_headers_they_send(calha, headers):
    connection, meter = new_meter(calha)
    body = json.dumps({"id": meter, "consumption": 2.0, "datetime": local(1)}).encode()
    more = b"".join(b"X-%d: y\r\n" % number for number in range(headers))
    post = b"POST /spent HTTP/1.1\r\n" + more + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    get = b"GET /measurer/%b HTTP/1.1\r\n%b\r\n" % (meter.encode(), more)
    said = json.dumps(report(meter, 1.0, 0)).encode()
    connection.sendall(said + get + post + said.replace(b"1.0", b"3.0").replace(local(0).encode(), local(2).encode()))
    told = hear(connection, 3)
    while told.count(b"'alert'") < 2:
        told += connection.recv(4_096)
    assert [told.count(one) for one in (b"'alert'", b"\r\n\r\ntrue\r\n\r\n", b'{"alert": ')] == [2, 1, 1]
    calha.until_stored()
    assert calha.values(f"coiot-{meter}", "energy") == [1.0, 2.0, 3.0]
    connection.close()


def test_it_is_switched_off_unless_told(tmp_path):
    from calha.config.settings import Settings

    assert Settings().compat.coiot.enabled is False


def register(*values: float) -> Readings:
    at = np.arange(len(values), dtype=np.int64) * 60_000_000
    return Readings.of(at, np.array(values, np.float64), np.zeros(len(values), np.uint8))


def test_a_bill_goes_on_over_restarts():
    assert consumed(register()) == 0
    assert consumed(register(1.0, 5.0, 5.0)) == 5.0
    assert consumed(register(1.0, 5.0, 0.0, 2.0)) == 7.0
    assert consumed(register(1.0, 500.0, 3.0, 4.0)) == 504.0


def test_a_register_that_falls_a_little_is_not_billed_anew():
    assert consumed(register(0.0, 500.0, 499.9, 501.0)) == 501.0, "rounding, or a report between"
    assert consumed(register(0.0, 500.0, 2.0, 501.0)) == 501.0, "a single wrong report"
    assert consumed(register(0.0, 500.0, 499.9)) == 499.9


def test_an_object_that_comes_byte_by_byte_is_looked_at_once():
    stream, report = Stream(), b'{"id": "1", "note": "' + b'}{\\"' * 10_000 + b'", "type": "/spent"}'
    found = [message for byte in report for message in stream.feed(bytes([byte]))]
    assert [message.raw for message in found] == [report]


@given(
    st.lists(st.sampled_from([b'{"a": 1}', b'{"t": "}{"}', b"GET /x HTTP/1.1\r\n\r\n", b"\r\n"]), max_size=8), st.data()
)
def test_however_messages_are_cut_the_same_ones_come_out(parts, data):
    whole = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    expected = sum(part != b"\r\n" for part in parts)
    stream = Stream()
    found = []
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += list(stream.feed(whole[begin:end]))
    assert len(found) == expected
    assert all(isinstance(one, MeterMessage | HttpRequest) for one in found)


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_not_understood(data):
    try:
        list(Stream().feed(data))
    except NotUnderstood:
        return


def test_answers_are_python_values_as_text():
    assert meter_answer({"alert": "x", "id": "1"}) == b"{'alert': 'x', 'id': '1'}"
    assert meter_answer(None) == b"None"
