"""The gateway's own pages and documents."""

from typing import Any

import aiohttp
import msgspec
import pytest

from contracts.registry import EVENTS

from .conftest import Gateway, StartGateway
from .services import Services


async def fetch(gateway: Gateway, path: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with gateway.http.get(gateway.url + path) as response:
        return response, await response.read()


async def fetch_json(gateway: Gateway, path: str) -> tuple[int, Any]:
    response, body = await fetch(gateway, path)
    return response.status, msgspec.json.decode(body)


class TestStartPage:
    async def test_says_what_runs_here_and_needs_nothing_from_elsewhere(self, gateway: Gateway) -> None:
        response, body = await fetch(gateway, "/")

        page = body.decode()
        assert response.status == 200
        assert "messaging" in page
        assert f"API={gateway.url}/api/v1" in page
        assert "<script" not in page
        assert page.count("http") == page.count(gateway.url), "no address but our own"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"

    async def test_a_hostile_host_header_is_only_text(self, gateway: Gateway) -> None:
        async with gateway.http.get(gateway.url, headers={"Host": "a<script>alert(1)</script>"}) as response:
            assert "<script" not in await response.text()

    async def test_links_mails_only_where_they_are_shown(self, start_gateway: StartGateway) -> None:
        pages = [
            (await fetch(await start_gateway(environment=environment), "/"))[1]
            for environment in ("development", "production")
        ]

        assert [b"/dev/mail" in page for page in pages] == [True, False]


class TestProblemPages:
    async def test_are_where_the_type_of_a_problem_points_to(self, gateway: Gateway) -> None:
        _, problem = await fetch_json(gateway, "/nowhere")

        response, page = await fetch(gateway, problem["type"])

        assert response.status == 200
        assert problem["title"] in page.decode()
        assert b"What to do." in page

    async def test_of_unknown_codes_are_not_found(self, gateway: Gateway) -> None:
        response, _ = await fetch(gateway, "/problems/no_such_thing")

        assert response.status == 404

    async def test_are_listed(self, gateway: Gateway) -> None:
        _, listed = await fetch_json(gateway, "/problems")

        assert "not_found" in listed["problems"]


class TestFavicon:
    async def test_is_an_image(self, gateway: Gateway) -> None:
        response, _ = await fetch(gateway, "/favicon.ico")

        assert (response.status, response.content_type) == (200, "image/svg+xml")


class TestStatus:
    async def test_names_what_answers_what_is_away_and_what_is_absent(
        self, start_gateway: StartGateway, services: Services
    ) -> None:
        gateway = await start_gateway(media_url="")
        services.away = True

        _, told = await fetch_json(gateway, "/api/v1/status")
        ready, checks = await fetch_json(gateway, "/readyz")

        assert told == {
            "status": "degraded",
            "parts": {
                "gateway": "ok", "auth": "away", "messaging": "away", "media": "absent", "redis": "ok",
                "control-bot": "absent", "recorder-bot": "absent",
            },
        }  # fmt: skip
        assert ready == 503
        assert {name for name in checks["checks"] if not name.startswith("worker ")} == {"auth", "messaging", "redis"}
        assert (await fetch_json(gateway, "/livez"))[0] == 200

    async def test_counts_a_bot_that_is_away_but_waits_for_none(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(control_bot_url="http://127.0.0.1:9")

        _, told = await fetch_json(gateway, "/api/v1/status")

        assert (told["status"], told["parts"]["control-bot"]) == ("ok", "away")
        assert (await fetch_json(gateway, "/readyz"))[0] == 200

    async def test_is_ready_when_everything_is(self, gateway: Gateway) -> None:
        assert (await fetch_json(gateway, "/readyz"))[0] == 200
        assert (await fetch_json(gateway, "/startupz"))[0] == 200


class TestDocuments:
    async def test_the_openapi_document_is_made_once_and_known_by_its_tag(self, gateway: Gateway) -> None:
        async with gateway.http.get(gateway.url + "/api/openapi.json") as first:
            tag, document = first.headers["etag"], await first.read()
        async with gateway.http.get(gateway.url + "/api/openapi.json", headers={"If-None-Match": tag}) as again:
            assert (again.status, await again.read()) == (304, b"")
        async with gateway.http.get(gateway.url + "/api/openapi.json", headers={"If-None-Match": '"other"'}) as other:
            assert await other.read() == document

    async def test_one_openapi_of_all_services_without_what_is_internal(self, gateway: Gateway) -> None:
        status, document = await fetch_json(gateway, "/api/openapi.json")

        assert status == 200
        assert {"/api/v1/spaces", "/api/v1/status"} <= set(document["paths"])
        assert not any(path.startswith("/internal") for path in document["paths"])
        assert document["components"]["schemas"]["Space"] == {"type": "object"}
        assert document["x-missing-services"] == []

    async def test_a_service_that_is_away_is_named_as_missing(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(media_url="http://127.0.0.1:9")

        _, document = await fetch_json(gateway, "/api/openapi.json")

        assert document["x-missing-services"] == ["media"]
        assert "/api/v1/spaces" in document["paths"]

    async def test_the_reference_loads_nothing_from_elsewhere(self, gateway: Gateway) -> None:
        response, page = await fetch(gateway, "/api/docs")
        script, packed = await fetch(gateway, "/api/docs/scalar.js")

        assert b"http" not in page
        assert "script-src 'self';" in response.headers["content-security-policy"]
        assert script.headers["content-encoding"] == "gzip"
        assert script.headers["content-type"].startswith("text/javascript")
        assert len(packed) < 2_000_000
        again = await gateway.http.get(
            gateway.url + "/api/docs/scalar.js", headers={"If-None-Match": script.headers["etag"]}
        )
        assert again.status == 304

    async def test_asyncapi_describes_every_event_there_is(self, gateway: Gateway) -> None:
        _, document = await fetch_json(gateway, "/api/asyncapi.json")

        assert document["asyncapi"] == "3.0.0"
        assert len(document["x-event-types"]) == len(EVENTS)


class TestUnknownPaths:
    @pytest.mark.parametrize("path", ["/nothing", "/internal/log?topic=x", "/internal", "/api/v1/nothing"])
    async def test_are_a_404_problem_and_never_forwarded(self, gateway: Gateway, services: Services, path: str) -> None:
        response, body = await fetch(gateway, path)

        assert response.status == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert msgspec.json.decode(body)["code"] == "not_found"
        assert not services.requests
        assert not services.log_calls
