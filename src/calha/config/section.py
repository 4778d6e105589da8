"""What the sections of the configuration are made of."""

import json
from typing import Annotated, Protocol, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE

Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not an IANA time zone; write it as in America/Sao_Paulo or UTC")
    ZoneInfo(name)
    return name


def listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_Named)


def of_different_names(found: list[Named]) -> list[Named]:
    if len({one.name for one in found}) < len(found):
        raise ValueError("two of them have the same name")
    return found
