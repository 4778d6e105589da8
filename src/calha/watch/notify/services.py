"""Messaging services through Apprise: which of its addresses are taken, and sending by one.

Rule 1: only services that are listed here. Apprise knows more: some run programs or read files of this machine.
Rule 2: the services of HOSTED go to their provider, whatever the address says. Those of OWN_HOST go where the address says,
        so that an administrator has to name the host (`notifications.hosts`).
Rule 3: of the options behind the `?` only those of OPTIONS, because others make Apprise read files or fetch addresses.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from calha.domain.errors import Malformed
from calha.mail.smtp import Fate
from calha.watch.notify.hosts import Hosts

if TYPE_CHECKING:
    from apprise import NotifyBase

HOSTED: Mapping[str, str] = {
    "tgram": "Telegram",
    "whatsapp": "WhatsApp (Meta)",
    "whapi": "WhatsApp (Whapi.Cloud)",
    "slack": "Slack",
    "discord": "Discord",
    "gchat": "Google Chat",
    "wxteams": "Webex",
    "zoom": "Zoom",
    "line": "LINE",
    "viber": "Viber",
    "pover": "Pushover",
    "pbul": "Pushbullet",
    "twilio": "Twilio (SMS, WhatsApp)",
    "vonage": "Vonage (SMS)",
    "msgbird": "MessageBird (SMS)",
    "sns": "AWS SNS (SMS)",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "splunk": "Splunk On-Call",
    "signl4": "SIGNL4",
    "ifttt": "IFTTT",
}
OWN_HOST: Mapping[str, str] = {
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "workflow": "Microsoft Teams (Workflows)",
    "workflows": "Microsoft Teams (Workflows)",
    "evolution": "WhatsApp (Evolution API)",
    "evolutions": "WhatsApp (Evolution API)",
    "signal": "Signal",
    "signals": "Signal",
    "gotify": "Gotify",
    "gotifys": "Gotify",
    "mmost": "Mattermost",
    "mmosts": "Mattermost",
    "rocket": "Rocket.Chat",
    "rockets": "Rocket.Chat",
    "nctalk": "Nextcloud Talk",
    "nctalks": "Nextcloud Talk",
    "hassio": "Home Assistant",
    "hassios": "Home Assistant",
    "json": "JSON",
    "jsons": "JSON",
}
NAMES: Mapping[str, str] = {**HOSTED, **OWN_HOST}
OPTIONS = frozenset(
    {"to", "from", "format", "priority", "sound", "silent", "preview", "topic", "thread", "footer", "mode", "region"}
    | {"status", "ver", "id", "sig", "sp", "sv", "api-version"}
)
MAX_ADDRESS = 1_000
TIMEOUT_S = 15.0


def require_address(url: str, hosts: Hosts) -> str:
    """The same address, if it is one of ours. Raises Malformed."""
    _service(url, hosts)
    return url.strip()


def shown(url: str, hosts: Hosts) -> str:
    """What it is, with its secrets masked. Raises Malformed."""
    scheme = urlsplit(url.strip()).scheme.lower()
    masked: str = _service(url, hosts).url(privacy=True)  # type: ignore[no-untyped-call]
    return f"{NAMES[scheme]}: {masked.partition('?')[0]}"


def send(url: str, subject: str, text: str, hosts: Hosts) -> tuple[Fate, str]:
    """What became of it, and why. Blocks. Raises Malformed when the address is not allowed any more."""
    from apprise import Apprise, NotifyFormat

    service = _service(url, hosts)
    messenger = Apprise(asset=service.asset)
    messenger.add(service)
    with _complaints() as told:
        is_sent = messenger.notify(body=text, title=subject, body_format=NotifyFormat.TEXT)
    return (Fate.TAKEN, "") if is_sent else (Fate.LATER, "; ".join(told)[:300] or "the service did not take it")


def _service(url: str, hosts: Hosts) -> "NotifyBase":
    from apprise import Apprise, AppriseAsset

    scheme = _scheme_of(url)
    asset = AppriseAsset(app_id="Calha", app_desc="Calha", app_url="", async_mode=False, storage_mode="memory")
    service = Apprise.instantiate(url.strip(), asset=asset, suppress_exceptions=True)
    if service is None or isinstance(service, list):
        raise Malformed(f"this is not an address of {NAMES[scheme]}", "bad_service_address", scheme=scheme)
    if scheme in OWN_HOST:
        hosts.require_named(str(service.host or ""))
    service.redirects = False
    service.verify_certificate = True
    service.socket_connect_timeout = service.socket_read_timeout = TIMEOUT_S
    return service


def _scheme_of(url: str) -> str:
    """Raises Malformed."""
    if len(url) > MAX_ADDRESS:
        raise Malformed(f"an address has {MAX_ADDRESS} characters at most", "bad_address")
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise Malformed("this is not an address", "bad_address") from None
    scheme = parts.scheme.lower()
    if scheme not in HOSTED and scheme not in OWN_HOST:
        raise Malformed(f"messages are not sent by {scheme or 'that'}://", "unknown_service", scheme=scheme)
    options = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if strange := sorted(options - OPTIONS):
        raise Malformed(f"the option {strange[0]!r} of an address is not taken", "unknown_option", option=strange[0])
    return scheme


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What Apprise says in this thread: its only way to tell why something was not sent."""
    told: list[str] = []
    thread = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                told.append(record.getMessage())

    listener, logger = Listener(logging.WARNING), logging.getLogger("apprise")
    logger.addHandler(listener)
    try:
        yield told
    finally:
        logger.removeHandler(listener)
