"""PDFs by typst: a template that lies here, and its content as JSON, which is shown as text and never part of the markup."""

import json
import threading
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_one_at_a_time = threading.Lock()  # a compiler takes some tens of MB while it works


def made_pdf(template: str, content: Mapping[str, Any], *, tagged: bool = True) -> bytes:
    """template: name of the file; it finds `content` in `sys.inputs.content`.

    tagged: for screen readers; a long table takes ten times the space with it.
    """
    import typst  # 40 MB that an idle Calha does without

    source = files(__package__).joinpath(template).read_bytes()
    with _one_at_a_time:
        made: bytes = typst.compile(
            source,
            format="pdf",
            sys_inputs={"content": json.dumps(content)},
            ignore_system_fonts=True,
            pdf_tags=tagged,
        )
    return made
