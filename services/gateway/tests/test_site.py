"""The web client's files on the gateway's own origin."""

import gzip
from pathlib import Path

import aiohttp
import pytest

from .conftest import Gateway, StartGateway

PAGE = b"<!doctype html><title>Guildhall</title>"
SCRIPT = b"export const value = 1\n" * 100


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    return tmp_path


@pytest.fixture
async def site(start_gateway: StartGateway, build: Path) -> Gateway:
    return await start_gateway(web_folder=str(build))


async def fetch(gateway: Gateway, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with gateway.http.get(gateway.url + path, headers=named, allow_redirects=False) as response:
        return response, await response.read()


class TestPages:
    @pytest.mark.parametrize("path", ["/", "/sign-in", "/s/1/c/2?m=3", "/invite/abc", "/development"])
    async def test_of_the_client_are_its_first_page(self, site: Gateway, path: str) -> None:
        response, body = await fetch(site, path, Accept="text/html")

        assert (response.status, body) == (200, PAGE)
        assert response.headers["cache-control"] == "no-cache"
        policy = response.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy

    async def test_that_are_known_need_no_body(self, site: Gateway) -> None:
        first, _ = await fetch(site, "/", Accept="text/html")

        again, body = await fetch(site, "/", Accept="text/html", If_None_Match=first.headers["etag"])

        assert (again.status, body) == (304, b"")

    @pytest.mark.parametrize("path", ["/api/v2/nothing", "/api", "/dev/nothing", "/.well-known/nothing"])
    async def test_of_the_client_are_not_what_others_own(self, site: Gateway, path: str) -> None:
        response, body = await fetch(site, path, Accept="text/html")

        assert body != PAGE
        assert response.status >= 400

    async def test_are_for_browsers_that_go_there(self, site: Gateway) -> None:
        response, _ = await fetch(site, "/picture.png", Accept="image/*")

        assert response.status == 404

    async def test_show_a_new_build_without_a_restart(self, site: Gateway, build: Path) -> None:
        await fetch(site, "/", Accept="text/html")
        (build / "index.html").write_bytes(b"new")

        _, body = await fetch(site, "/", Accept="text/html")

        assert body == b"new"

    async def test_to_change_a_password_are_where_managers_look(self, site: Gateway) -> None:
        response, _ = await fetch(site, "/.well-known/change-password")

        assert (response.status, response.headers["location"]) == (302, "/settings/security")


class TestAssets:
    async def test_last_for_ever_and_come_packed(self, site: Gateway) -> None:
        response, body = await fetch(site, "/assets/index-abc.js", Accept_Encoding="gzip")

        assert gzip.decompress(body) == SCRIPT
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["content-type"] == "text/javascript; charset=utf-8"

    async def test_come_plain_to_those_who_take_no_packing(self, site: Gateway) -> None:
        response, body = await fetch(site, "/assets/index-abc.js", Accept_Encoding="identity")

        assert "content-encoding" not in response.headers
        assert body == SCRIPT

    @pytest.mark.parametrize("path", ["/assets/gone.js", "/assets/"])
    async def test_that_are_missing_are_problems(self, site: Gateway, path: str) -> None:
        response, body = await fetch(site, path, Accept="text/html")

        assert response.status == 404
        assert body != PAGE


class TestWithoutABuild:
    async def test_the_first_page_says_how_to_make_one(self, start_gateway: StartGateway, tmp_path: Path) -> None:
        gateway = await start_gateway(web_folder=str(tmp_path))

        _, body = await fetch(gateway, "/", Accept="text/html")

        assert b"make web" in body


class TestAStoreThatBrowsersReachByThemselves:
    async def test_is_in_the_policy(self, start_gateway: StartGateway, build: Path) -> None:
        gateway = await start_gateway(web_folder=str(build), s3_public_url="https://files.example.org/bucket")

        response, _ = await fetch(gateway, "/", Accept="text/html")

        assert "connect-src 'self' https://files.example.org;" in response.headers["content-security-policy"]
