"""Messages to people by e-mail: kept on disk until a mail server has taken them, or they are of no use any more."""

from calha.mail.letters import Attachment, Letter
from calha.mail.outbox import Outbox
from calha.mail.post import PostOffice
from calha.mail.smtp import MailServer

__all__ = ["Attachment", "Letter", "MailServer", "Outbox", "PostOffice"]
