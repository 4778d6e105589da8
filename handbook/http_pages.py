"""The HTTP API's reference, made of the program's own OpenAPI document: a page for each subject, and the document."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from calha.api.app import create_app

HEAD = """# HTTP API

{count} operations, as the program itself tells them; these pages are written anew at each build. A running Calha
has the same at `/api/docs`, to be tried out, and the document at `/api/openapi.json` ([a copy](openapi.json)). How
readings are sent and fetched is told with examples in [Sending readings](../integrators.md).

**Who asks.** People: the cookie of a session, with `X-CSRF-Token` for changes. Programs: `Authorization: Bearer`
with an [API key or an access token](../security.md#programs), or `X-API-Key`. Devices: their own secret. Each
operation says what it asks of its caller.

**Errors** are problem details (RFC 9457, `application/problem+json`): `title`, `detail`, `reason` as one word for
programs ([all of them](../reasons.md)), and `about`, what it speaks of. 401: not signed in. 403: the role does not
reach. 404: it does not exist, or may not be seen. 409: it contradicts what is there. 413, 422: the body is too
large, or wrong. 429, 503: wait for `Retry-After`.

**Lists** that may be long come in pages: pass on what the answer gives as the place to go on from.

| Subject | Operations |
|---|---|
{subjects}
"""
NAMES = {"eta": "ETA flow", "databutcher": "DataButcher", "hidrometro": "Hidrômetro Inteligente"}
DEEPEST = 5
PERMISSIONS = {
    "view": "a role that sees",
    "operate": "operator or more",
    "configure": "engineer or more",
    "bill": "biller, engineer or administrator",
    "administer": "administrator",
    "send": "a device's own secret, or a key that may send",
    "signed in": "anybody who is signed in",
    "nothing": "nobody in particular",
}
WHERE = {
    "device": "at the device",
    "site": "at the site",
    "installation": "on the whole installation",
    "anywhere": "as far as the role reaches",
    "self": "for oneself",
}

Schema = Mapping[str, Any]


@cache
def pages() -> dict[str, str]:
    """Markdown by place in the site."""
    document = create_app(None).openapi()
    subjects: dict[str, list[str]] = defaultdict(list)
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            subjects[operation["tags"][0]].append("\n".join(_operation(method.upper(), path, operation, document)))
    made = {f"http/{name}.md": f"# {_title(name)}\n\n" + "\n\n".join(told) for name, told in subjects.items()}
    listed = "\n".join(f"| [{_title(name)}]({name}.md) | {len(told)} |" for name, told in sorted(subjects.items()))
    count = sum(map(len, subjects.values()))
    made["http/README.md"] = HEAD.replace("{count}", str(count)).replace("{subjects}", listed)
    made["http/openapi.json"] = json.dumps(document, ensure_ascii=False, indent=1)
    return made


def _title(name: str) -> str:
    return NAMES.get(name, name.capitalize())


def _operation(method: str, path: str, operation: Schema, document: Schema) -> Iterator[str]:
    yield f"## `{method} {path}`\n"
    yield f"{operation.get('description') or operation.get('summary', '')}\n"
    if asked := operation.get("x-requires"):
        permission, where = asked["permission"], asked["where"]
        yield f"*Asks for:* {PERMISSIONS.get(permission, permission)}, {WHERE.get(where, where)}.\n"
    if parameters := operation.get("parameters"):
        yield "| Parameter | In | What | Meaning |\n|---|---|---|---|"
        for one in parameters:
            name = f"`{one['name']}`" + (" (needed)" if one.get("required") and one["in"] != "path" else "")
            schema = one.get("schema", {})
            meaning = _cell(one.get("description", schema.get("description", "")))
            yield f"| {name} | {one['in']} | {_kind(schema, document)} | {meaning} |"
        yield ""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield from _example("Body", kind, content, document)
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            contents = response.get("content", {})
            if not contents:
                yield f"Answer {status}.\n"
            for kind, content in contents.items():
                yield from _example(f"Answer {status}", kind, content, document)


def _example(title: str, kind: str, content: Schema, document: Schema) -> Iterator[str]:
    yield f"{title}, `{kind}`:\n"
    if "json" in kind and content.get("schema"):
        given = content.get("example", example(content["schema"], document))
        yield f"```json\n{json.dumps(given, ensure_ascii=False, indent=2)}\n```\n"


def example(schema: Schema, document: Schema, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """A value as a schema describes it, of the examples that its fields give."""
    schema = _resolved(schema, document)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        kept = [one for one in choices if one.get("type") != "null"]
        return example(kept[0], document, depth) if kept else None
    if schema.get("type") == "array":
        return [] if depth >= DEEPEST else [example(schema.get("items", {}), document, depth + 1)]
    if "properties" in schema:
        return (
            {}
            if depth >= DEEPEST
            else {name: example(one, document, depth + 1) for name, one in schema["properties"].items()}
        )
    return schema.get(
        "default", {"string": "…", "integer": 1, "number": 1.0, "boolean": True}.get(schema.get("type", ""), {})
    )


def _kind(schema: Schema, document: Schema) -> str:
    schema = _resolved(schema, document)
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    one = _resolved(choices[0], document) if choices else schema
    if one.get("enum"):
        return ", ".join(f"`{value}`" for value in one["enum"])
    least, most = one.get("minimum"), one.get("maximum")
    bounds = f", {least:g} to {most:g}" if least is not None and most is not None and most < (1 << 31) - 1 else ""
    usual = f", `{schema['default']}` unless told otherwise" if schema.get("default") not in (None, "") else ""
    return f"{one.get('format') or one.get('type', 'text')}{bounds}{usual}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if len(schema.get("allOf", [])) == 1:
        return _resolved(schema["allOf"][0], document)
    return schema
