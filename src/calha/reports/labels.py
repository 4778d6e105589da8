"""Labels for devices: a QR code that leads to claiming, and the same in words."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from calha.reports.pdf import made_pdf

LabelFormat = Literal["a4-24", "a4-10", "single"]
LabelLanguage = Literal["pt-BR", "en"]

MAX_LABELS = 1_000
PER_PAGE = {"a4-24": 24, "a4-10": 10, "single": 1}
TEMPLATE = "labels.typ"
_WORDS = {
    "pt-BR": {"key": "Dispositivo", "serial": "Série", "code": "Código", "hint": "Aponte a câmera para assumir"},
    "en": {"key": "Device", "serial": "Serial", "code": "Code", "hint": "Scan to claim"},
}


@dataclass(frozen=True, slots=True)
class Label:
    """address: what the QR code says. code: as people read it."""

    name: str
    key: str
    serial: str | None
    code: str
    address: str


def labels_pdf(labels: Sequence[Label], format_: LabelFormat, language: LabelLanguage, skip: int = 0) -> bytes:
    """A PDF of labels; `skip` places at the beginning of the first sheet stay empty."""
    assert len(labels) <= MAX_LABELS
    content = {
        "format": format_,
        "language": language,
        "words": _WORDS[language],
        "skip": skip % PER_PAGE[format_],
        "labels": [asdict(label) | {"qr": qr_svg(label.address)} for label in labels],
    }
    return made_pdf(TEMPLATE, content)


def qr_svg(text: str) -> str:
    """A QR code (error correction M) as an SVG picture."""
    import segno

    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", border=0, xmldecl=False, unit="mm")
    return picture.getvalue().decode()
