"""Sends the letters of the outbox: at once, and again with back-off until the mail server has taken them.

Rule 1: a letter leaves the outbox when the server has taken it, when it never will, or when it is of no use any more; the
last two are given up, which is counted and told.
Rule 2: a server that is away delays all letters, one that asks for patience with a letter only that one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calha.domain.readings import Micros
from calha.domain.times import DAY_US, SECOND_US
from calha.mail.letters import Letter
from calha.mail.outbox import Kept, Outbox
from calha.mail.smtp import Fate, MailServer, Unreachable, connected, deliver

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
AT_ONCE = 20  # letters on one connection
FIRST_BACK_OFF_S = 5.0
LONGEST_BACK_OFF_S = 900.0
GIVE_UP_US = 3 * DAY_US

GivenUp = Callable[[Letter, str], None]


@dataclass(slots=True)
class MailCounters:
    """Since the start. failures: tries that have not sent a letter. last_error: None once one was sent again."""

    sent: int = 0
    failures: int = 0
    given_up: int = 0
    last_error: str | None = None
    last_error_at: Micros | None = None


@dataclass(slots=True)
class _Patience:
    """When something may be tried again; twice as long after each failure."""

    again_at: float = 0.0
    back_off_s: float = FIRST_BACK_OFF_S

    def wait(self) -> None:
        self.again_at = time.monotonic() + self.back_off_s
        self.back_off_s = min(2 * self.back_off_s, LONGEST_BACK_OFF_S)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.again_at


class PostOffice:
    def __init__(self, server: MailServer, outbox: Outbox, given_up: GivenUp) -> None:
        """given_up: hears of each letter that will not be sent, and why; called in a thread."""
        self.counters = MailCounters()
        self._server = server
        self._outbox = outbox
        self._given_up = given_up
        self._of_server = _Patience()
        self._of_letters: dict[Path, _Patience] = {}

    @property
    def waiting(self) -> int:
        return len(self._outbox)

    def post(self, letter: Letter) -> None:
        """Keep it on disk, to be sent at once if that can be. Raises MailFull."""
        self._outbox.add(letter)

    def withdraw(self, addresses: Collection[str]) -> None:
        """Throw away what waits for these addresses, which are in lower case. Blocks."""
        for kept in self._outbox.read(self._outbox.paths()):
            if kept.letter.to.lower() in addresses:
                self._outbox.remove(kept)

    async def run(self, beat: Callable[[], None]) -> None:
        """Send what waits until cancelled."""
        while True:
            beat()
            work = asyncio.ensure_future(asyncio.to_thread(self.round))
            while not work.done():
                await asyncio.wait([work], timeout=LOOK_EVERY_S)
                beat()
            work.result()
            await asyncio.sleep(LOOK_EVERY_S)

    def round(self) -> None:
        """Try each letter whose time has come. Blocks."""
        paths = self._outbox.paths()
        self._of_letters = {path: self._of_letters[path] for path in paths if path in self._of_letters}
        due = [path for path in paths if path not in self._of_letters or self._of_letters[path].is_over][:AT_ONCE]
        alive = [one for one in self._outbox.read(due) if not self._is_useless(one)]
        if alive and self._of_server.is_over:
            self._send(alive)

    def _send(self, due: Sequence[Kept]) -> None:
        try:
            with connected(self._server) as connection:
                for kept in due:
                    fate, said = deliver(connection, self._server, kept.letter)
                    self._of_server = _Patience()
                    self._note(kept, fate, said)
        except Unreachable as error:
            self._fail(str(error))
            self._of_server.wait()

    def _note(self, kept: Kept, fate: Fate, said: str) -> None:
        if fate is Fate.TAKEN:
            self._outbox.remove(kept)
            self.counters.sent += 1
            self.counters.last_error = self.counters.last_error_at = None
            return
        self._fail(f"{kept.letter.masked_to}: {said}")
        if fate is Fate.REFUSED:
            self._give_up(kept, said)
        else:
            self._of_letters.setdefault(kept.path, _Patience()).wait()

    def _is_useless(self, kept: Kept) -> bool:
        until = kept.letter.useful_until
        is_late = until is not None and until < datetime.now(UTC)
        if is_late or time.time_ns() // 1_000 - kept.posted_at > GIVE_UP_US:
            self._give_up(kept, self.counters.last_error or "it could not be sent in time")
            return True
        return False

    def _give_up(self, kept: Kept, why: str) -> None:
        self._given_up(kept.letter, why)
        self._outbox.remove(kept)
        self.counters.given_up += 1

    def _fail(self, said: str) -> None:
        log.warning("mail could not be sent: %s", said)
        self.counters.failures += 1
        self.counters.last_error = said
        self.counters.last_error_at = round(time.time() * SECOND_US)
