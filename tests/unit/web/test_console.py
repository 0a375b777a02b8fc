"""Serving the console's files, on an application of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from yitong_command.web.spa import Console


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Mount("/", Console(tmp_path / "static"))])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def built(tmp_path: Path) -> Path:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>console</title>", encoding="utf-8")
    (static / "assets" / "app-1a2b.js").write_text("let a", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return static


async def test_without_a_console_a_page_says_how_to_build_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/desk")
    assert answer.status_code == 200
    assert "控制台还没有构建" in answer.text
    assert "npm run build" in answer.text
    assert "<script" not in answer.text


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/", "/desk", "/cases/YT20261123-000012"])
async def test_every_page_is_the_start_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert "console" in answer.text


@pytest.mark.usefixtures("built")
async def test_hashed_files_may_be_kept_for_ever(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-1a2b.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text == "let a"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/assets/gone.js", "/api/nothing", "/api", "/health/nothing"])
async def test_a_missing_file_or_address_is_not_the_start_page(
    client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"]
)
async def test_files_outside_are_out_of_reach(client: httpx.AsyncClient, path: str) -> None:
    assert "secret" not in (await client.get(path)).text
