"""What can go wrong in Calha's own terms. Raised in the domain, translated at the edge.

CalhaError                 what, where, and what to do
├── Refused                input that is not taken; the sender is told
│   ├── Malformed          cannot be read, or a value is of the wrong kind        → HTTP 422
│   │   ├── UnknownUnit        a unit that nothing is known of                    → HTTP 422
│   │   └── IncompatibleUnits  an amount asked for in a unit of something else    → HTTP 422
│   ├── UnknownDevice      a device that is not registered                        → quarantine; HTTP 404
│   ├── ForeignDevice      a device that does not report through the gateway  → quarantine
│   ├── TooLarge           a payload, batch or list over its limit                → HTTP 413
│   └── TooFast            a device over its message rate                         → HTTP 429
├── NotSignedIn            nobody is signed in, or the proof is not valid         → HTTP 401
├── Forbidden              the caller may not do that there                       → HTTP 403
├── TooManyTries           too many failed sign-ins; wait                         → HTTP 429
├── NotFound               the thing asked for does not exist                     → HTTP 404
├── Conflict               the thing exists, or has changed meanwhile             → HTTP 409
├── InvalidConfiguration   a setting that cannot work                             → exit code 2
├── InvalidProfile         a profile that cannot work, with the line              → HTTP 422
├── InvalidTariff          a tariff that cannot work, or not on that day          → HTTP 422
├── InvalidRule            an alarm rule that cannot work, with the place         → HTTP 422
├── FolderInUse            another Calha holds the data folder                    → exit code 3
├── ConnectionFailed       a connection to another system cannot be made, or ended → HTTP 502
├── LogUnavailable         the log does not answer; nothing was acknowledged      → HTTP 503
│   └── LogFull            the log's disk budget is used up                       → HTTP 503
├── StoreUnavailable       the store cannot write; readings stay in the log        → HTTP 503
├── RegistryUnavailable    the registry's database does not answer               → HTTP 503
├── DiskFull               no room on the disk for what was asked for              → HTTP 507
├── MailFull               too many messages wait to be sent                      → HTTP 503
└── CorruptBatch           bytes that are not a batch
"""

import math


class CalhaError(Exception):
    """Base of all errors that Calha raises on purpose.

    reason: the word under which programs, and texts in other languages, know it. about: what it speaks of, to be put into
    such a text.
    """

    reason = "refused"

    def __init__(self, message: str = "", reason: str = "", **about: object) -> None:
        super().__init__(message)
        self.reason = reason or self.reason
        self.about = {name: str(value) for name, value in about.items()}


class Refused(CalhaError):
    """Input that is not taken. `reason` is also the word under which it is counted and kept in quarantine."""


class Malformed(Refused):
    """The payload cannot be read, or a value is of the wrong kind."""

    reason = "malformed"


class UnknownUnit(Malformed):
    """A unit that nothing is known of."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "unknown_unit")


class IncompatibleUnits(Malformed):
    """An amount was asked for in a unit of something else: litres in kWh, active energy in kvarh."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "incompatible_units")


class UnknownDevice(Refused):
    """A reading named a device that is not registered."""

    reason = "unknown_device"


class ForeignDevice(Refused):
    """A gateway sent a message of a device that does not report through it."""

    reason = "foreign_device"


class TooLarge(Refused):
    """A payload, batch or list is over its limit."""

    reason = "too_large"


class TooFast(Refused):
    """A device sends more messages a second than it may."""

    reason = "too_fast"


class NotSignedIn(CalhaError):
    """Nobody is signed in, or what was given as proof is not valid. `reason` tells a program what is missing."""

    reason = "not_signed_in"


class Forbidden(CalhaError):
    """The caller is known and may not do that there."""

    reason = "forbidden"


class TooManyTries(CalhaError):
    """Too many failed sign-ins; the next may be tried after `retry_after_s`."""

    reason = "too_many_tries"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"too many failed tries; try again in {retry_after_s:.0f} s", seconds=math.ceil(retry_after_s))
        self.retry_after_s = retry_after_s


class NotFound(CalhaError):
    """The thing asked for does not exist."""

    reason = "not_found"


class Conflict(CalhaError):
    """The thing exists already, or has changed since it was read."""

    reason = "conflict"


class InvalidConfiguration(CalhaError):
    """A setting that cannot work; the message names the source, the key and the allowed values."""


class InvalidProfile(CalhaError):
    """A profile that cannot work; the message names the line and the reason."""

    reason = "invalid_profile"


class InvalidTariff(CalhaError):
    """A tariff that cannot work, or not on the day asked for; the message names the place and the reason."""


class InvalidRule(CalhaError):
    """An alarm rule that cannot work; the message names the place and the reason."""

    reason = "invalid_rule"


class FolderInUse(CalhaError):
    """Another Calha holds the data folder."""


class ConnectionFailed(CalhaError):
    """A connection that Calha makes to another system is not made, or ended.

    offered: what the other side would take in place of what it does not.
    """

    reason = "unreachable"

    def __init__(self, message: str, reason: str, offered: tuple[str, ...] = ()) -> None:
        super().__init__(message, reason)
        self.offered = offered


class LogUnavailable(CalhaError):
    """The log does not answer; what was sent has not been acknowledged."""

    reason = "log_unavailable"


class LogFull(LogUnavailable):
    """The log's disk budget is used up; nothing that is stored is discarded to make room."""

    reason = "log_full"


class StoreUnavailable(CalhaError):
    """The store cannot write now (disk full, say); readings stay in the log until it can."""

    reason = "store_unavailable"


class RegistryUnavailable(CalhaError):
    """The registry's database does not answer, or cannot write now; readings go on with what is known of devices."""

    reason = "registry_unavailable"


class DiskFull(CalhaError):
    """There is no room on the disk for what was asked for; nothing was begun, or it was removed again."""

    reason = "disk_full"


class MailFull(CalhaError):
    """As many messages as may wait for the mail server; no further one is taken."""

    reason = "mail_full"


class CorruptBatch(CalhaError):
    """Bytes that are not a batch."""
