"""What the site has besides `docs/`: pages that stand elsewhere in the tree, and pages that the program writes of itself.

Rule 1: links are written for those who read the files in the repository. Here each is led to where its target stands in the
site: a page to its page, another file of the repository to a copy, a folder to plain text. What leads nowhere fails the
strict build.
Rule 2: a page that the navigation does not name stands under its subjects (REST), so that none is forgotten.
Rule 3: a page loads nothing from elsewhere; one that does fails the strict build, too.
"""

import logging
import posixpath
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))
import http_pages
import reasons_page
import settings_page

log = logging.getLogger("mkdocs.hooks.handbook")

TREE = Path(__file__).parents[1]
ELSEWHERE = {
    "README.md": "index.md",
    "README.pt-BR.md": "pt-BR/index.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
    "firmware/README.md": "firmware.md",
    "web/public/calha.svg": "calha.svg",
    "handbook/site.css": "site.css",
}
WRITTEN_AT_BUILD = {
    "docs/configuration.md": "configuration.md",
    "docs/reasons.md": "reasons.md",
    "docs/http/README.md": "http/README.md",
}
REST = "…"
_LINK = re.compile(r"\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_LOADED = re.compile(
    r"<(?:script|img|iframe|source|link(?=[^>]*rel=\"?stylesheet))[^>]*?(?:src|href)=\"?(?:https?:)?//[^\s\">]+"
)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    docs = Path(config.docs_dir)
    there = {*ELSEWHERE.values(), *http_pages.pages(), *(str(page.relative_to(docs)) for page in docs.rglob("*.md"))}
    config.nav = with_all(config.nav or [], {uri for uri in there if uri.endswith(".md")})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for source, uri in ELSEWHERE.items():
        if (TREE / source).is_file():
            files.append(File.generated(config, uri, abs_src_path=str(TREE / source)))
    written = {"configuration.md": settings_page.page(), "reasons.md": reasons_page.page(), **http_pages.pages()}
    for uri, content in written.items():
        files.append(File.generated(config, uri, content=content))
    for source in sorted(_copied(files)):
        files.append(File.generated(config, f"files/{source}", abs_src_path=str(TREE / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    return led(markdown, page.file.src_uri)


def on_page_content(html: str, page: Page, **_: object) -> str:
    return f'<div lang="pt-BR">{html}</div>' if page.file.src_uri.startswith("pt-BR/") else html


def on_post_page(output: str, page: Page, **_: object) -> str:
    for loaded in loaded_from_elsewhere(output):
        log.warning("%s loads something from elsewhere: %s", page.file.src_uri, loaded)
    return output


def with_all(nav: list[Any], pages: set[str]) -> list[Any]:
    """The navigation with its folders (`http/`) and REST replaced by the pages that it does not name otherwise."""
    rest = pages - set(_named(nav))

    def filled(entries: list[Any]) -> Iterator[Any]:
        for entry in entries:
            if entry == REST:
                yield from sorted(uri for uri in rest if "/" not in uri)
            elif isinstance(entry, str):
                yield entry
            else:
                [(title, inner)] = entry.items()
                yield {title: _within(inner, rest) if isinstance(inner, str) else list(filled(inner))}

    return list(filled(nav))


def _within(entry: str, rest: set[str]) -> str | list[str]:
    if not entry.endswith("/"):
        return entry
    return sorted((uri for uri in rest if uri.startswith(entry)), key=lambda uri: (not uri.endswith("README.md"), uri))


def _named(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        inner = entry if isinstance(entry, str) else next(iter(entry.values()))
        if isinstance(inner, str):
            yield inner
        else:
            yield from _named(inner)


def loaded_from_elsewhere(html: str) -> list[str]:
    return _LOADED.findall(html)


def led(markdown: str, uri: str) -> str:
    """A page's text with its links led to where their targets stand in the site."""

    def new(found: re.Match[str]) -> str:
        text, link, anchor = found[1], found[2], found[3] or ""
        target = _target(link, uri)
        if target is None:
            return found[0]
        if (place := _place(target)) is None:
            return text
        return f"[{text}]({posixpath.relpath(place, posixpath.dirname(uri) or '.')}{anchor})"

    return _outside_code(markdown, lambda text: _LINK.sub(new, text))


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for code in _CODE.finditer(markdown):
        parts += [change(markdown[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, change(markdown[end:])])


def _copied(files: Files) -> set[str]:
    """The files of the repository that pages speak of and that are no pages."""
    found: set[str] = set()
    for file in files.documentation_pages():
        _outside_code(file.content_string, lambda text, uri=file.src_uri: found.update(_spoken_of(text, uri)) or text)
    return {source for source in found if (TREE / source).is_file() and (_place(source) or "").startswith("files/")}


def _spoken_of(text: str, uri: str) -> list[str]:
    return [target for _, link, _ in _LINK.findall(text) if (target := _target(link, uri)) is not None]


def _target(link: str, uri: str) -> str | None:
    """The path in the repository to which a page's link leads; None if it leads to none."""
    if not link or ":" in link or link.startswith("/"):
        return None
    source = next((one for one, place in ELSEWHERE.items() if place == uri), f"docs/{uri}")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    known = target in WRITTEN_AT_BUILD or (TREE / target).exists()
    return target if known and not target.startswith("..") else None


def _place(target: str) -> str | None:
    """Where a file or folder of the repository stands in the site; None for a folder that has no page."""
    if target in ELSEWHERE:
        return ELSEWHERE[target]
    if target.startswith("docs/"):
        page = f"{target}/README.md" if (TREE / target).is_dir() else target
        return page.removeprefix("docs/") if page in WRITTEN_AT_BUILD or (TREE / page).is_file() else None
    return f"files/{target}" if (TREE / target).is_file() else None
