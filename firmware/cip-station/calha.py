"""Calha over MQTT. What is sent is kept until Calha has acknowledged that it is on disk, over any disconnection; when the
memory for it is full the oldest goes. A command is done once, before it expires, and answered."""

import json
import time

from mqtt import Connection

MOST_KEPT = 400
MOST_AT_ONCE = 10  # between two readings
MOST_REMEMBERED = 16
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1, 30


class Calha:
    def __init__(self, host, port, device, secret, act):
        """act(command, parameters) does a command: returns nothing when it is done, else why not."""
        self._where = host, port, device, secret
        self._base = "calha/v1/" + device + "/"
        self._act = act
        self._outbox = []  # (topic, text)
        self._heard = []
        self._done = []  # (id, answer) of the last commands: one may come twice, as its answer was lost
        self._connection = None
        self._pause_s, self._try_at = FIRST_PAUSE_S, 0

    def send(self, values):
        """As of now: the clock has to be right."""
        print(json.dumps(values))
        if len(self._outbox) >= MOST_KEPT:
            self._outbox.pop(0)
        self._outbox.append(("telemetry", json.dumps({"ts": time.time_ns() // 1_000_000, "values": values})))

    def look(self):
        """Hand over what there is and do what is asked for, as far as there is a connection."""
        try:
            if self._connection is None and not self._connect():
                return
            self._connection.look()
            while self._heard:
                self._obey(self._heard.pop(0))
            for _ in range(min(MOST_AT_ONCE, len(self._outbox))):
                topic, text = self._outbox[0]
                self._connection.publish(self._base + topic, text)
                self._outbox.pop(0)  # acknowledged, and not before
        except OSError as error:
            print("no connection:", error)
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._try_at = time.time() + self._pause_s
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _connect(self):
        if time.time() < self._try_at:
            return False
        self._connection = Connection(*self._where, self._heard.append)
        self._connection.subscribe(self._base + "commands")
        self._pause_s = FIRST_PAUSE_S
        return True

    def _obey(self, payload):
        try:
            order = json.loads(payload)
            number, expires_at, what = order["id"], order["expires_at"], (order["command"], order["parameters"])
        except (ValueError, KeyError, TypeError):
            print("no command:", payload)
            return
        answer = [one for known, one in self._done if known == number] or [self._answer(expires_at, what)]
        self._done = self._done[-MOST_REMEMBERED + 1 :] + [(number, answer[0])]
        self._outbox.insert(0, ("commands/" + number + "/reply", answer[0]))

    def _answer(self, expires_at, what):
        now = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*time.gmtime()[:6])
        refusal = "it came too late" if expires_at < now else self._act(*what)
        return json.dumps({"state": "rejected", "detail": refusal} if refusal else {"state": "executed"})
