"""Where reports go: by e-mail through the outbox, and into folders below one that the operator has named."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from calha.domain.errors import MailFull
from calha.domain.report_definitions import ReportLanguage
from calha.mail import Attachment, Letter
from calha.reports.making import MEDIA_TYPES
from calha.store.reports import FileFacts, ReportRunRow, Sending

MAX_MAILED_BYTES = (
    15_000_000  # of one message; many mail servers take no more than 20 MB, of which encoding takes a third
)

_TEXTS: dict[ReportLanguage, dict[str, str]] = {
    "pt-BR": {
        "subject": "Relatório: {name}",
        "attached": "O relatório \u201c{name}\u201d está anexo: {files}.",
        "linked": "O relatório \u201c{name}\u201d está pronto: {files}. É grande demais para um e-mail; baixe-o em:",
        "see": "Ver no Calha:",
    },
    "en": {
        "subject": "Report: {name}",
        "attached": "The report \u201c{name}\u201d is attached: {files}.",
        "linked": "The report \u201c{name}\u201d is ready: {files}. It is too large for an e-mail; download it at:",
        "see": "See it in Calha:",
    },
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """post: takes letters, None without a mail server. root: below which folders lie, None when there are none.

    address: of the web app, for links.
    """

    post: Callable[[Letter], None] | None
    root: Path | None
    address: str

    def send(
        self, run: ReportRunRow, files: Sequence[tuple[FileFacts, Path]], recipients: Sequence[str], folder: str
    ) -> list[Sending]:
        """Send the files of a run; to whom and where they went, or why they could not. One that fails keeps no other back."""
        sent = [self._mail(run, files, one) for one in recipients]
        return [*sent, self._lay_down(files, folder)] if folder else sent

    def _mail(self, run: ReportRunRow, files: Sequence[tuple[FileFacts, Path]], to: str) -> Sending:
        if self.post is None:
            return Sending(way="mail", to=to, problem="no mail server is set up (smtp.host)")
        try:
            self.post(letter(run, files, to, self.address))
        except (MailFull, OSError) as error:
            return Sending(way="mail", to=to, problem=str(error))
        return Sending(way="mail", to=to, problem="")

    def _lay_down(self, files: Sequence[tuple[FileFacts, Path]], folder: str) -> Sending:
        """Each file is there whole, or not at all."""
        if self.root is None:
            return Sending(way="folder", to=folder, problem="no folder for reports is set up (reports.folder)")
        place = self.root / folder
        try:
            place.mkdir(parents=True, exist_ok=True)
            for facts, path in files:
                unfinished = place / f".{facts['name']}.new"
                shutil.copyfile(path, unfinished)
                unfinished.replace(place / facts["name"])
        except OSError as error:
            return Sending(way="folder", to=folder, problem=f"{place}: {error.strerror}")
        return Sending(way="folder", to=folder, problem="")


def letter(run: ReportRunRow, files: Sequence[tuple[FileFacts, Path]], to: str, address: str) -> Letter:
    """The message that brings a report, or tells where it lies when it is too large."""
    words = _TEXTS[run.definition.language]
    names = ", ".join(facts["name"] for facts, _ in files)
    fits = sum(facts["size_bytes"] for facts, _ in files) <= MAX_MAILED_BYTES
    text = words["attached" if fits else "linked"].format(name=run.name, files=names)
    link = f"{address.rstrip('/')}/reports?run={run.id}"
    body = f"{text}\n\n{words['see']} {link}\n" if fits else f"{text}\n{link}\n"
    subject = words["subject"].format(name=" ".join(run.name.split()))
    return Letter("report", to, subject, body, attachments=tuple(_attachments(files)) if fits else ())


def _attachments(files: Sequence[tuple[FileFacts, Path]]) -> Iterator[Attachment]:
    return (Attachment(facts["name"], MEDIA_TYPES[facts["format"]], str(path)) for facts, path in files)
