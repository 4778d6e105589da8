"""MQTT 3.1.1 with QoS 1 both ways, in which every wait has an end. OSError says that the connection is of no use any more."""

import select
import socket
import struct
import time

WAIT_S = 5
KEEP_ALIVE_S = 30
CONNACK, PUBLISH, PUBACK, SUBACK = 0x20, 0x30, 0x40, 0x90
PERSISTENT = 0xC0  # user and password, and a session that is kept


class Connection:
    def __init__(self, host, port, device, secret, heard):
        """heard(payload) is called for what arrives; nothing may be published in it."""
        self._heard = heard
        self._number = 0
        self._sent_at = time.time()
        self._socket = socket.socket()
        self._socket.settimeout(WAIT_S)
        try:
            self._socket.connect(socket.getaddrinfo(host, port)[0][-1])
            head = _text("MQTT") + struct.pack("!BBH", 4, PERSISTENT, KEEP_ALIVE_S)
            self._send(0x10, head + _text(device) + _text(device) + _text(secret))
            if self._until(CONNACK)[1] != 0:
                raise OSError("refused: check the device and its secret")
        except OSError:
            self.close()
            raise

    def subscribe(self, topic):
        number = self._next_number()
        self._send(0x82, number + _text(topic) + b"\x01")
        if self._until(SUBACK, number)[2] != 1:
            raise OSError("the subscription is not granted")

    def publish(self, topic, payload):
        """Returns when the other side has acknowledged it."""
        number = self._next_number()
        self._send(PUBLISH | 2, _text(topic) + number + payload.encode())
        self._until(PUBACK, number)

    def look(self):
        """Take what has come, without waiting for more; say that we are here if nothing else has."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while poll.poll(0):
            self._take()
        if time.time() - self._sent_at > KEEP_ALIVE_S // 2:
            self._send(0xC0, b"")

    def close(self):
        self._socket.close()

    def _until(self, kind, number=b""):
        for _ in range(100):  # packets that come before the one that is waited for
            found, body = self._take()
            if found == kind and body.startswith(number):
                return body
        raise OSError("no answer")

    def _take(self):
        first = self._read(1)[0]
        size, shift, more = 0, 0, True
        while more:
            byte = self._read(1)[0]
            size, shift, more = size | (byte & 127) << shift, shift + 7, byte > 127
        body = self._read(size)
        if first & 0xF0 == PUBLISH:
            start = 2 + struct.unpack("!H", body[:2])[0]
            self._heard(body[start + 2 :] if first & 6 else body[start:])
            if first & 6:
                self._send(PUBACK, body[start : start + 2])
        return first & 0xF0, body

    def _read(self, size):
        found = b""
        while len(found) < size:
            part = self._socket.recv(size - len(found))
            if not part:
                raise OSError("closed")
            found += part
        return found

    def _send(self, first, body):
        size, left = b"", len(body)
        while not size or left:
            size, left = size + bytes([left & 127 | (128 if left > 127 else 0)]), left >> 7
        rest = bytes([first]) + size + body
        while rest:
            rest = rest[self._socket.send(rest) :]
        self._sent_at = time.time()

    def _next_number(self):
        self._number = self._number % 65535 + 1
        return struct.pack("!H", self._number)


def _text(text):
    return struct.pack("!H", len(text.encode())) + text.encode()
