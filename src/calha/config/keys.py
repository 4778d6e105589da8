"""The keys of the settings, and what is said of each.

A key is `section.name`. In the file: `[section]` and `name = …`; in the environment: `CALHA_SECTION_NAME`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from calha.config.section import Section, texts_of
from calha.config.settings import Settings

PREFIX = "CALHA_"


def keys() -> list[str]:
    """All keys, in the order of the sections."""
    return [f"{section}.{name}" for section, kind in sections().items() for name in settings_of(kind)]


def environment_name(key: str) -> str:
    return PREFIX + key.replace(".", "_").upper()


def field_of(key: str) -> Any:  # noqa: ANN401 - pydantic's FieldInfo
    section, _, name = key.rpartition(".")
    return sections()[section].model_fields[name]


def described(key: str) -> str:
    """What a setting is for."""
    section, _, name = key.rpartition(".")
    return texts_of(sections()[section]).get(name, "")


def allowed(key: str) -> str:
    annotation = field_of(key).annotation
    choices = get_args(annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return f" (allowed: {', '.join(choices)})"
    bounds = [
        str(bound).replace("Ge(ge=", "at least ").replace("Le(le=", "at most ").rstrip(")")
        for bound in field_of(key).metadata
        if type(bound).__name__ in ("Ge", "Le")
    ]
    return f" (allowed: {', '.join(bounds)})" if bounds else ""


def near(section: str) -> str:
    if section in sections():
        return f"[{section}] knows {', '.join(settings_of(sections()[section]))}"
    return f"sections are {', '.join(sections())}"


@cache
def sections() -> dict[str, type[Section]]:
    """The sections that hold settings, by their path: `http`, `compat.coiot`."""

    def below(kind: type[Section], path: str) -> Iterator[tuple[str, type[Section]]]:
        for name, one in _sections_in(kind).items():
            yield from below(one, f"{path}.{name}" if path else name)
        if path and settings_of(kind):
            yield path, kind

    return dict(below(Settings, ""))


def settings_of(kind: type[Section]) -> list[str]:
    return [name for name in kind.model_fields if name not in _sections_in(kind)]


def _sections_in(kind: type[Section]) -> dict[str, type[Section]]:
    inner = {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: one for name, one in inner.items() if isinstance(one, type) and issubclass(one, Section)}
