"""Answers that go out compressed."""

import gzip
from typing import Any

import msgspec
import pytest

from .conftest import Gateway

LONG = "/api/v1/spaces?untagged&filling=5000"
GZIP = {"Accept-Encoding": "br, gzip"}


async def fetch(gateway: Gateway, path: str, headers: dict[str, str]) -> tuple[Any, bytes]:
    async with gateway.http.get(gateway.url + path, headers=headers) as response:
        return response, await response.read()


class TestCompressing:
    @pytest.mark.parametrize("filling", [1024, 5000, 700_000])
    async def test_sends_long_json_to_those_who_take_it(self, gateway: Gateway, filling: int) -> None:
        path = f"/api/v1/spaces?untagged&filling={filling}"

        packed, body = await fetch(gateway, path, GZIP)
        plain, whole = await fetch(gateway, path, {"Accept-Encoding": "identity"})

        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "accept-encoding"
        assert len(body) < len(whole) / 2
        assert msgspec.json.decode(gzip.decompress(body))["filling"] == msgspec.json.decode(whole)["filling"]
        assert "content-encoding" not in plain.headers

    @pytest.mark.parametrize(
        "path",
        ["/api/v1/spaces?untagged", "/api/v1/auth/me?untagged&filling=5000", "/api/v1/spaces?filling=5000",
         "/api/v1/files/1/stream?chunks=1"],
    )  # fmt: skip
    async def test_leaves_short_answers_those_of_auth_tagged_ones_and_files_alone(
        self, gateway: Gateway, path: str
    ) -> None:
        response, _ = await fetch(gateway, path, GZIP)

        assert response.status == 200
        assert "content-encoding" not in response.headers

    @pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "deflate"])
    async def test_sends_none_to_those_who_do_not_take_it(self, gateway: Gateway, accepted: str) -> None:
        response, body = await fetch(gateway, LONG, {"Accept-Encoding": accepted})

        assert "content-encoding" not in response.headers
        assert len(msgspec.json.decode(body)["filling"]) == 5000

    async def test_has_the_documents_too(self, gateway: Gateway) -> None:
        response, body = await fetch(gateway, "/api/asyncapi.json", GZIP)

        assert response.headers["content-encoding"] == "gzip"
        assert msgspec.json.decode(gzip.decompress(body))["asyncapi"] == "3.0.0"
