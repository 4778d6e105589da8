"""The web app's files: what a browser may keep for ever, what it asks for each time, and what is not there."""

import gzip

import httpx
import pytest
from fastapi import FastAPI

from calha.api import files


@pytest.fixture
def browser(tmp_path):
    folder = tmp_path / "web"
    assets = folder / "assets"
    assets.mkdir(parents=True)
    (folder / "index.html").write_text("<title>Calha</title>")
    (tmp_path / "secret.txt").write_text("not the web app's")
    (assets / "app-1.js").write_text("run()")
    (assets / "app-1.js.gz").write_bytes(gzip.compress(b"run()"))
    (assets / "look-1.css").write_text("a { color: red }")
    app = FastAPI()
    files.add_to(app, folder)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://calha")


async def test_an_asset_is_kept_for_ever_and_comes_packed_to_who_takes_it(browser):
    packed = await browser.get("/assets/app-1.js", headers={"Accept-Encoding": "gzip"})
    plain = await browser.get("/assets/app-1.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == "run()"
    for answer in (packed, plain):
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert (await browser.get("/assets/look-1.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("name", ["gone.js", "%2e%2e%2f%2e%2e%2fsecret.txt", "%00.js", "a" * 300])
async def test_only_assets_that_are_there_are_found(browser, name):
    assert (await browser.get(f"/assets/{name}")).status_code == 404


async def test_the_page_itself_is_asked_for_each_time(browser):
    for path in ("/", "/devices/pump-1"):
        answer = await browser.get(path)
        assert answer.headers["cache-control"] == "no-cache"
        assert "Calha" in answer.text
