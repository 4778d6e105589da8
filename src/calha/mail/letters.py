"""A message to one person, and how it looks on its way (RFC 5322)."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter. It is read when the letter is sent, and has to be there so long."""

    name: str
    media_type: str
    path: str


@dataclass(frozen=True, slots=True)
class Letter:
    """kind: a word for what it is about, by which it is counted. useful_until: when it may as well be thrown away."""

    kind: str
    to: str
    subject: str
    text: str
    useful_until: datetime | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def masked_to(self) -> str:
        """The address as it may stand where others read: `m…@example.org`."""
        name, _, host = self.to.rpartition("@")
        return f"{name[:1]}…@{host}"


def message_of(letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """The message as a mail server takes it. sender: an address, with a name if you like. Raises OSError (attachments)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note shall answer it
    message.set_content(letter.text)
    for one in letter.attachments:
        kind, _, rest = one.media_type.partition(";")[0].partition("/")
        message.add_attachment(Path(one.path).read_bytes(), maintype=kind, subtype=rest, filename=one.name)
    return message
