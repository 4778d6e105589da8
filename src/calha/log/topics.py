"""MQTT topics ↔ NATS subjects, as nats-server converts them.

topic a/b      a.b        each level is a token
topic /a       /.a        an empty first or last level leaves its slash at that end: a/ is a./
topic a//b     a./.b      so does an empty level in between
topic a.b      a//b       a dot within a level
"""

from calha.domain.errors import Malformed

_NOT_IN_TOPICS = frozenset(" \t\r\n\0")


def to_subject(topic: str) -> str:
    """Subject under which nats-server handles a topic; raises Malformed for one that it refuses."""
    if not topic or _NOT_IN_TOPICS.intersection(topic):
        raise Malformed(f"topic {topic[:80]!r} is empty or contains blanks", "bad_topic")
    subject, last = "", len(topic) - 1
    for place, letter in enumerate(topic):
        if letter == ".":
            subject += "//"
        elif letter != "/":
            subject += letter
        elif place == 0 or subject.endswith("."):
            subject += "/."
        elif place == last or topic[place + 1] == "/":
            subject += "./"
        else:
            subject += "."
    return subject + "/" if subject.endswith(".") else subject


def filter_to_subject(topics: str) -> str:
    """Subject of a topic filter: + becomes *, a last # becomes > (which, unlike #, does not match the parent level)."""
    subject = to_subject(topics)
    return ".".join({"+": "*", "#": ">"}.get(token, token) for token in subject.split("."))


def to_topic(subject: str) -> str:
    """Topic from which `to_subject` made a subject."""
    if "/" not in subject:
        return subject.replace(".", "/")
    topic, place = "", 0
    while place < len(subject):
        letter, following = subject[place], subject[place + 1 : place + 2]
        if letter == ".":
            topic += "/"
        elif letter != "/":
            topic += letter
        elif following in (".", "/"):
            topic += "/" if following == "." else "."
            place += 1
        place += 1
    return topic
