"""What the sections of the configuration are made of.

What a setting is for stands below it as a docstring. It is read from the source when somebody asks, as pydantic's own
`use_attribute_docstrings` would read all of them at each start, which takes a twentieth of it.
"""

import ast
import inspect
import json
from functools import cache
from itertools import pairwise
from typing import Annotated, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from calha.domain.times import is_zone

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE

Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        properties = handler.resolve_ref_schema(described)["properties"]
        for name, text in texts_of(cls).items():
            properties[name]["description"] = text
        return described


@cache
def texts_of(kind: type[Section]) -> dict[str, str]:
    """What the settings of a section are for, by their names."""
    inherited = [texts_of(base) for base in kind.__bases__ if issubclass(base, Section)]
    found = {name: text for texts in inherited for name, text in texts.items()}
    (written,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(written, ast.ClassDef)
    for field, text in pairwise(written.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                found[name] = inspect.cleandoc(said)
    return found


def known_zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("not an IANA time zone; write it as in America/Sao_Paulo or UTC")
    ZoneInfo(name)
    return name


def listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def without_slash(value: object) -> object:
    """An address as a browser shows it, which ends in one."""
    return value.removesuffix("/") if isinstance(value, str) else value


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
