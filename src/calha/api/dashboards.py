"""What the routes of dashboards share: reading one back, carrying it in and out with its files, what may be shown publicly."""

import base64
from collections.abc import Collection, Iterable

from calha.api.schemas_dashboards import MAX_FILE_BYTES, CarriedDashboard, CarriedFile, FileType
from calha.api.services import Services
from calha.dashboards.document import DashboardDocument, ImageWidget, SchematicWidget
from calha.domain.errors import Forbidden, Malformed, TooLarge
from calha.store.dashboards import DashboardRow, Dashboards

LINK_PREFIX = "calha_view_"
_BEGINNINGS: tuple[tuple[bytes, FileType], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_SVG_WITHIN = 4_096


def kept_document(row: DashboardRow) -> DashboardDocument:
    return DashboardDocument.model_validate(row.document)


def type_of(content: bytes) -> FileType:
    """What a file is by its own bytes, whatever its name says. Raises Malformed, TooLarge."""
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge(f"a file has at most {MAX_FILE_BYTES // 1024} KiB; make the picture smaller", "file_too_large")
    for beginning, found in _BEGINNINGS:
        if content.startswith(beginning):
            return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    head = content[:_SVG_WITHIN].lstrip(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"<?xml", b"<svg", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in head:
        return "image/svg+xml"
    raise Malformed("only PNG, JPEG, WebP and SVG pictures can be shown", "no_picture")


def carried(store: Dashboards, row: DashboardRow) -> CarriedDashboard:
    """A dashboard as a file, with the files that it shows."""
    document = kept_document(row)
    files = []
    for one in store.files.list(row.id):
        if one.id in document.files():
            facts, content = store.files.read(row.id, one.id)
            text = base64.b64encode(content).decode()
            files.append(CarriedFile(id=facts.id, name=facts.name, media_type=type_of(content), content=text))
    return CarriedDashboard(name=row.name, document=document, files=files)


def laid_down(store: Dashboards, site_id: int, given: CarriedDashboard, by: str) -> DashboardRow:
    """Keep what was carried here: its files get new ids, which its document then names."""
    contents = [(one, _bytes_of(one)) for one in given.files]
    kinds = [type_of(content) for _, content in contents]
    row = store.boards.add(site_id, given.name, given.document.model_dump(mode="json"), by)
    ids: dict[int, int] = {}
    for (one, content), kind in zip(contents, kinds, strict=True):
        ids[one.id] = store.files.add(row.id, one.name, kind, content, shown=set(ids.values())).id
    if not ids:
        return row
    document = renumbered(given.document, ids)
    return store.boards.change(row.id, row.version, site_id, row.name, document.model_dump(mode="json"), by)


def renumbered(document: DashboardDocument, ids: dict[int, int]) -> DashboardDocument:
    """The same with other ids of files."""
    widgets = [
        one.model_copy(update={"file": ids.get(one.file, one.file)})
        if isinstance(one, ImageWidget | SchematicWidget)
        else one
        for one in document.widgets
    ]
    return document.model_copy(update={"widgets": widgets})


def public_of(services: Services, devices: Iterable[str], site_id: int) -> list[str]:
    """Those that a public link to a dashboard of that site may show: they stand there or below, and have never been
    somebody's, whose readings stay his also when he has given the device back.
    """
    directory, door = services.ingest.directory, services.accounts.door
    below = directory.tree.below([site_id])
    return [one for one in devices if directory.site_of(one) in below and not door.was_ever_owned(one)]


def require_public(services: Services, site_id: int, devices: Collection[str]) -> None:
    """Raises Forbidden for a device that a public link would not show."""
    hidden = sorted(set(devices) - set(public_of(services, devices, site_id)))
    if hidden:
        raise Forbidden(
            f"{', '.join(hidden[:5])}: a public link shows only devices below the dashboard's site that are and were "
            "nobody's own; move the dashboard to a site above, or take them out",
            "not_public",
            devices=", ".join(hidden[:5]),
        )


def _bytes_of(one: CarriedFile) -> bytes:
    try:
        return base64.b64decode(one.content, validate=True)
    except ValueError:  # binascii.Error, and what is no ASCII
        raise Malformed(f"the file {one.name!r} is not written in base64", "bad_base64") from None
