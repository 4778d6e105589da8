"""The words by which programs know an error, with what the web app tells a person of it, in both languages."""

import re
from pathlib import Path

HEAD = """# Error reasons

What an error says as `reason`, for programs, and what the web app says to people; this page is written anew at each build.
`{device}` and the like stand for what the error's `about` names. A program that meets a word that is not here, such as one of
the kinds `malformed`, `not_found`, `conflict`, goes by the status, and shows `detail`.

## Of readings

Why readings were not taken: in answers to those who send, in quarantine, in counters and metrics.
[What became of them](integrators.md#what-comes-back-when-something-is-wrong).

{readings}

## Of the API

{problems}

## Of lines of an imported table

{faults}
"""
TEXTS = Path(__file__).parents[1] / "web" / "src" / "i18n"
COLUMNS = "| Reason | English | Português |\n|---|---|---|"


def page() -> str:
    english, portuguese = (_texts(language) for language in ("en", "pt-BR"))

    def table(kind: str) -> str:
        reasons = sorted(key.removeprefix(f"{kind}.") for key in english if key.startswith(f"{kind}."))
        rows = (f"| `{one}` | {english[f'{kind}.{one}']} | {portuguese[f'{kind}.{one}']} |" for one in reasons)
        return "\n".join([COLUMNS, *rows])

    # Not str.format, as texts have braces.
    told = HEAD
    for place, kind in (("{readings}", "reason"), ("{problems}", "problem"), ("{faults}", "fault")):
        told = told.replace(place, table(kind))
    return told


def _texts(language: str) -> dict[str, str]:
    catalogues = "".join(file.read_text() for file in sorted(TEXTS.glob(f"*{language}.ts")))
    found = re.findall(r'^  "((?:reason|problem|fault)\.\w+)": "((?:[^"\\]|\\.)*)",$', catalogues, re.MULTILINE)
    return {key: re.sub(r"\\(.)", r"\1", text).replace("|", "\\|").replace("<", "&lt;") for key, text in found}
