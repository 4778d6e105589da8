"""The documentation as a site: what it says of settings and routes is complete, its links lead somewhere, it loads nothing."""

import json
import re
import sys
from pathlib import Path

import pytest

from calha.config.keys import environment_name, keys

TREE = Path(__file__).parents[2]
sys.path.insert(0, str(TREE / "handbook"))

import hooks  # noqa: E402
import http_pages  # noqa: E402
import reasons_page  # noqa: E402
import settings_page  # noqa: E402


@pytest.fixture(scope="module")
def settings():
    """The row of each setting, by its environment name."""
    rows = [line.strip("| ").split(" | ") for line in settings_page.page().splitlines() if line.startswith("| `")]
    return {row[3].strip("`"): row for row in rows if len(row) == 5}


def test_every_setting_is_told_with_its_meaning(settings):
    assert set(settings) == {environment_name(key) for key in keys()}
    assert all(row[4] for row in settings.values())


def test_a_setting_is_told_with_default_range_and_choices(settings):
    assert settings["CALHA_HTTP_PORT"][1:3] == ["`8080`", "from 1 to 65,535"]
    assert settings["CALHA_LOG_DURABILITY"][1:3] == ["`disk`", "`disk`, `interval`"]
    assert settings["CALHA_LOG_MAX_BYTES"][1:3] == ["`10737418240` (10 GiB)", "from 67,108,864"]
    assert settings["CALHA_TLS_KEY"][1:3] == ["not set", "path"]
    assert settings["CALHA_INGEST_MESSAGES_PER_S"][1:3] == ["`200.0`", "above 0"]


def test_every_reason_of_an_error_is_told_in_both_languages():
    rows = [line.strip("| ").split(" | ") for line in reasons_page.page().splitlines() if line.startswith("| `")]
    assert all(len(row) == 3 and all(row) for row in rows)
    assert {"`bad_time`", "`billed_in_part`", "`duplicate_key`"} <= {row[0] for row in rows}
    assert len(rows) > 200


def test_lists_of_tables_are_told_key_by_key():
    page = settings_page.page()
    for entry, key in (
        ("[[edge.plcs]]", "endpoint"),
        ("[[connectors.mqtt]]", "url"),
        ("connectors.mqtt.routes", "topic"),
    ):
        table = page.split(f"Each entry of `{entry}`:", 1)[1].split("\n\n", 2)[1]
        assert f"| `{key}` | must be given |" in table
        assert all(row.rstrip("| ").split(" | ")[3:] for row in table.splitlines()[2:])


def test_every_route_stands_on_the_page_of_its_subject_with_an_example():
    pages = http_pages.pages()
    devices = pages["http/devices.md"].split("## `POST /api/v1/devices`", 1)[1].split("\n## ", 1)[0]
    assert "*Asks for:* engineer or more" in devices
    assert '"key": "pump-1"' in devices
    document = json.loads(pages["http/openapi.json"])
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    asked = {operation["x-requires"]["permission"] for operation in operations if "x-requires" in operation}
    assert asked <= set(http_pages.PERMISSIONS)
    told = re.search(r"(\d+) operations", pages["http/README.md"])
    assert told is not None
    assert int(told[1]) == len(operations) == sum(page.count("\n## `") for page in pages.values())


@pytest.mark.parametrize(
    ("written", "uri", "led"),
    [
        ("[a](docs/operators.md#addresses)", "index.md", "[a](operators.md#addresses)"),
        ("[a](../deploy/compose.yaml)", "deployment.md", "[a](files/deploy/compose.yaml)"),
        ("[a](../../firmware/README.md)", "guides/operator.md", "[a](../firmware.md)"),
        ("[board](../tests/firmware/board)", "firmware.md", "board"),
        ("[moving](docs/moving)", "index.md", "[moving](moving/README.md)"),
        ("[gone](docs/gone.md)", "index.md", "[gone](docs/gone.md)"),
        ("[out](https://example.org)", "index.md", "[out](https://example.org)"),
        ("`[a](docs/edge.md)`", "index.md", "`[a](docs/edge.md)`"),
    ],
)
def test_a_link_of_the_repository_leads_to_its_place_in_the_site(written, uri, led):
    assert hooks.led(written, uri) == led


def test_a_page_that_the_navigation_forgets_stands_under_its_subjects():
    nav = [{"Calha": "index.md"}, {"Subjects": ["…"]}, {"Decisions": "decisions/"}]
    pages = {"index.md", "alarms.md", "decisions/README.md", "decisions/edge.md"}
    assert hooks.with_all(nav, pages) == [
        {"Calha": "index.md"},
        {"Subjects": ["alarms.md"]},
        {"Decisions": ["decisions/README.md", "decisions/edge.md"]},
    ]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://cdn.example.org/a.js"></script>', 1),
        ('<link rel="stylesheet" href="//fonts.example.org/a.css">', 1),
        ("<img alt=x src=https://example.org/a.png>", 1),
        (
            '<link rel="stylesheet" href="assets/a.css"><img src="images/a.png"><a href="https://example.org">there</a>',
            0,
        ),
    ],
)
def test_what_a_page_would_load_from_elsewhere_is_found(html, found):
    assert len(hooks.loaded_from_elsewhere(html)) == found
