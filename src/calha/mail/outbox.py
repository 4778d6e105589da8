"""Letters that wait, one file each in a folder that only its owner can read: none is lost when Calha stops.

A file's name begins with when it was posted, so that names sort as letters came.
"""

import json
import logging
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from calha.domain.errors import MailFull
from calha.domain.readings import Micros
from calha.durable import write_whole
from calha.mail.letters import Attachment, Letter

log = logging.getLogger(__name__)

MAX_WAITING = 10_000
SUFFIX, DAMAGED = ".letter", ".damaged"


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter in the outbox."""

    path: Path
    posted_at: Micros
    letter: Letter


class Outbox:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder
        for unfinished in folder.glob("*.new"):  # nobody was told that it is kept
            unfinished.unlink()

    def __len__(self) -> int:
        return sum(1 for _ in self._folder.glob(f"*{SUFFIX}"))

    def add(self, letter: Letter) -> None:
        """Keep it on disk. Raises MailFull."""
        if len(self) >= MAX_WAITING:
            raise MailFull(f"{MAX_WAITING} messages wait to be sent; see on the System page what the mail server says")
        name = f"{time.time_ns() // 1_000:016d}-{secrets.token_hex(4)}"
        content = asdict(letter) | {"useful_until": letter.useful_until and letter.useful_until.isoformat()}
        write_whole(self._folder / f"{name}{SUFFIX}", json.dumps(content).encode(), mode=0o600)

    def paths(self) -> Sequence[Path]:
        """Of the letters that wait, oldest first."""
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def read(self, paths: Iterable[Path]) -> Sequence[Kept]:
        """Letters. A file that is none is set aside, which is said in the log."""
        found = []
        for path in paths:
            try:
                found.append(_read(path))
            except (ValueError, TypeError, KeyError) as error:
                log.error("%s is no letter, and is set aside: %s", path, error)
                path.replace(path.with_suffix(DAMAGED))
        return found

    def remove(self, kept: Kept) -> None:
        kept.path.unlink(missing_ok=True)


def _read(path: Path) -> Kept:
    content = json.loads(path.read_text())
    until = content.pop("useful_until")
    attachments = tuple(Attachment(**one) for one in content.pop("attachments", ()))
    useful_until = datetime.fromisoformat(until).astimezone(UTC) if until else None
    letter = Letter(**content, useful_until=useful_until, attachments=attachments)
    return Kept(path, int(path.name.partition("-")[0]), letter)
