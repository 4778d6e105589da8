"""The effective configuration, gathered from the file, the environment and the flags.

What is wrong is reported with source, key and allowed values, all faults at once.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from calha.config.keys import PREFIX, allowed, described, environment_name, keys, near, sections
from calha.config.settings import Settings
from calha.domain.errors import InvalidConfiguration

FILE_NAME = "calha.toml"


@dataclass(frozen=True, slots=True)
class Configuration:
    settings: Settings
    sources: Mapping[str, str]  # by key; what is not here is built in

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """(key, value as it may be shown, source, what it is for) of every setting; secrets masked."""
        for key in keys():
            yield key, shown(self.value(key)), self.sources.get(key, "built in"), described(key)

    def value(self, key: str) -> object:
        return reduce(getattr, key.split("."), self.settings)


def load(flags: Mapping[str, object] | None = None, file: Path | None = None) -> Configuration:
    """The effective configuration. `flags` by key, None where not given; `file` None: `calha.toml` here, if it exists.

    Raises InvalidConfiguration naming all that is wrong.
    """
    faults: list[str] = []
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for key, value, source in [*_from_file(file, faults), *_from_environment(faults), *_from_flags(flags or {})]:
        values[key] = value
        sources[key] = source
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *path, name = key.split(".")
        reduce(lambda inner, part: inner.setdefault(part, {}), path, nested)[name] = value
    try:
        settings = Settings.model_validate(nested)
    except ValidationError as error:
        faults += [_explain(fault, sources) for fault in error.errors()]
        raise InvalidConfiguration("\n".join(faults)) from None
    if faults:
        raise InvalidConfiguration("\n".join(faults))
    return Configuration(settings, sources)


def shown(value: object) -> str:
    """A value as text; a secret only as its presence."""
    if isinstance(value, SecretStr):
        return "********"
    if value is None:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _from_file(file: Path | None, faults: list[str]) -> Iterator[tuple[str, object, str]]:
    path = file or Path(FILE_NAME)
    if not path.exists():
        if file is not None:
            faults.append(f"{file}: no such file")
        return
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors of Windows put a mark before the text
    except OSError as error:
        faults.append(f"{path}: {error.strerror}")
        return
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path}: not TOML: {error}")
        return
    known = set(keys())
    for key, value in _entries(content):
        section = key.rpartition(".")[0]
        if key in known:
            yield key, value, str(path)
        elif not section:
            faults.append(f"{path}: {key}: belongs into a section; sections are {', '.join(sections())}")
        else:
            faults.append(f"{path}: {key}: unknown; {near(section)}")


def _entries(content: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, object]]:
    """(key, value) of all that stands in a file, however deep its sections lie."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _entries(value, f"{section}{name}.")
        else:
            yield f"{section}{name}", value


def _from_environment(faults: list[str]) -> Iterator[tuple[str, object, str]]:
    by_name = {environment_name(key): key for key in keys()}
    for name, value in sorted(os.environ.items()):
        if name in by_name:
            yield by_name[name], value, f"environment {name}"
        elif name.startswith(PREFIX):
            faults.append(f"environment: {name}: unknown; `calha config show` lists the keys")


def _from_flags(flags: Mapping[str, object]) -> Iterator[tuple[str, object, str]]:
    for key, value in flags.items():
        if value is not None:
            yield key, value, "flag"


def _explain(fault: Any, sources: Mapping[str, str]) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    place = [str(part) for part in fault["loc"]]
    key = next(key for length in range(len(place), 0, -1) if (key := ".".join(place[:length])) in set(keys()))
    given = fault["input"]
    inside = place[key.count(".") + 1 :]
    is_of_a_form = fault["type"] == "string_pattern_mismatch" and not inside
    said = described(key) if is_of_a_form else f"{fault['msg']}{allowed(key)}"
    shown_place = ".".join([key, *(str(int(part) + 1) if part.isdigit() else part for part in inside)])
    return f"{sources.get(key, 'built in')}: {shown_place} = {given!r}: {said}"
