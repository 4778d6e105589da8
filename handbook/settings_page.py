"""The configuration reference, written from the settings themselves: default, range, environment name and meaning of each."""

from collections.abc import Iterator
from typing import Any

from calha.config.keys import environment_name
from calha.config.settings import Settings

HEAD = """# Configuration

Every setting, as the program knows it; this page is written anew at each build. A value comes from `calha.toml` in
the working folder (or `--config`), then from the environment, then from flags; the later wins. `calha config show`
prints what is in force, and where each value comes from. A key that does not exist, or a value that is not allowed,
ends the start with exit code 2 and one sentence for each fault.

Sizes are in bytes. Lists are separated by commas in the environment, unless it says otherwise. Secrets are never
shown; rather than into the file they may go into the environment.
"""
COLUMNS = "| Setting | Default | Allowed | Environment | Meaning |\n|---|---|---|---|---|"
PARTS = "| Key | Default | Allowed | Meaning |\n|---|---|---|---|"

Schema = dict[str, Any]


def page() -> str:
    document = Settings.model_json_schema()
    return "\n".join([HEAD, *_sections(document, document, "")])


def _sections(schema: Schema, document: Schema, path: str) -> Iterator[str]:
    settings = {name: one for name, one in schema["properties"].items() if _section(one, document) is None}
    if settings:
        yield f"\n## `[{path}]`\n\n{COLUMNS}"
        for name, one in settings.items():
            key = f"{path}.{name}"
            yield f"| `{name}` | {default(one)} | {allowed(one)} | `{environment_name(key)}` | {_meaning(one)} |"
        for name, one in settings.items():
            yield from _entries(one, document, f"{path}.{name}", 1)
    for name, one in schema["properties"].items():
        if (inner := _section(one, document)) is not None:
            yield from _sections(inner, document, f"{path}.{name}" if path else name)


def _entries(one: Schema, document: Schema, path: str, depth: int) -> Iterator[str]:
    """The keys of a setting that is a list of tables."""
    inner = _resolved(one.get("items", {}), document)
    if "properties" not in inner:
        return
    shown = f"[[{path}]]" if depth == 1 else path
    required = inner.get("required", [])
    yield f"\nEach entry of `{shown}`:\n\n{PARTS}"
    for name, part in inner["properties"].items():
        usual = "must be given" if name in required else default(part)
        yield f"| `{name}` | {usual} | {allowed(part)} | {_meaning(part)} |"
    for name, part in inner["properties"].items():
        yield from _entries(part, document, f"{path}.{name}", depth + 1)


def default(one: Schema) -> str:
    value = one.get("default")
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int) and value >= 1 << 20 and value % (1 << 20) == 0:
        return f"`{value}` ({_size(value)})"
    if value in ("", []):
        return "empty"
    return f"`{', '.join(value)}`" if isinstance(value, list) else f"`{value}`"


def allowed(one: Schema) -> str:
    """What a setting may be, in words."""
    one = next((kind for kind in one.get("anyOf", []) if kind.get("type") != "null"), one) | {"default": None}
    if "enum" in one:
        return ", ".join(f"`{choice}`" for choice in one["enum"])
    kind = one.get("type")
    if kind == "boolean":
        return "`true`, `false`"
    if kind in ("integer", "number"):
        return _range(one)
    if kind == "array":
        return "list" + (f", at most {one['maxItems']:,}" if "maxItems" in one else "")
    if kind == "object":
        return "table"
    return "path" if one.get("format") == "path" else "text"


def _range(one: Schema) -> str:
    least, above, most = one.get("minimum"), one.get("exclusiveMinimum"), one.get("maximum")
    parts = [
        *([f"from {least:,}"] if least is not None else []),
        *([f"above {above:,}"] if above is not None else []),
        *([f"to {most:,}"] if most is not None else []),
    ]
    return " ".join(parts) or one["type"]


def _size(value: int) -> str:
    return f"{value >> 30} GiB" if value % (1 << 30) == 0 else f"{value >> 20} MiB"


def _meaning(one: Schema) -> str:
    return (
        one.get("description", "").replace("\n", " ").replace("|", "\\|").replace("<", "&lt;").replace("[[", "\\[\\[")
    )


def _section(one: Schema, document: Schema) -> Schema | None:
    inner = _resolved(one, document)
    return inner if "properties" in inner else None


def _resolved(one: Schema, document: Schema) -> Schema:
    name = one.get("$ref", "").removeprefix("#/$defs/")
    found: Schema = document["$defs"][name] if name else one
    return found
