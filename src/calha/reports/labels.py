"""Labels for devices: a QR code that leads to claiming, and the same in words.

What users wrote goes to typst as JSON and is shown as text; it is never part of the markup.
"""

import io
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Literal

LabelFormat = Literal["a4-24", "a4-10", "single"]
LabelLanguage = Literal["pt-BR", "en"]

MAX_LABELS = 1_000
PER_PAGE = {"a4-24": 24, "a4-10": 10, "single": 1}
TEMPLATE = "labels.typ"
_WORDS = {
    "pt-BR": {"key": "Dispositivo", "serial": "Série", "code": "Código", "hint": "Aponte a câmera para assumir"},
    "en": {"key": "Device", "serial": "Serial", "code": "Code", "hint": "Scan to claim"},
}
_one_at_a_time = threading.Lock()  # a compiler takes some tens of MB while it works


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
    import typst  # 40 MB that an idle Calha does without

    assert len(labels) <= MAX_LABELS
    content = {
        "format": format_,
        "language": language,
        "words": _WORDS[language],
        "skip": skip % PER_PAGE[format_],
        "labels": [asdict(label) | {"qr": qr_svg(label.address)} for label in labels],
    }
    template = files(__package__).joinpath(TEMPLATE).read_bytes()
    with _one_at_a_time:
        made: bytes = typst.compile(
            template, format="pdf", sys_inputs={"content": json.dumps(content)}, ignore_system_fonts=True
        )
    return made


def qr_svg(text: str) -> str:
    """A QR code (error correction M) as an SVG picture."""
    import segno

    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", border=0, xmldecl=False, unit="mm")
    return picture.getvalue().decode()
