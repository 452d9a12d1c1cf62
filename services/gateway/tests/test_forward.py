"""Requests on their way to a service and back."""

from typing import Any

from .conftest import Gateway, StartGateway
from .services import Person, Services


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


async def ask(gateway: Gateway, method: str, path: str, **options: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    async with gateway.http.request(method, gateway.url + path, **options) as response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status, await response.json(content_type=None), headers


class TestForward:
    async def test_carries_method_path_query_and_body(self, gateway: Gateway, services: Services) -> None:
        ada = services.person()

        status, told, headers = await ask(
            gateway,
            "POST",
            "/api/v1/channels/7/messages?status=201&a=%C3%A9",
            json={"content": "hi"},
            headers=bearer(ada),
        )

        assert status == 201
        assert told["method"] == "POST"
        assert told["path"] == "/api/v1/channels/7/messages?status=201&a=%C3%A9"
        assert services.bodies == [b'{"content": "hi"}']
        assert headers["etag"] == '"1"'

    async def test_every_public_prefix_has_its_service(self, gateway: Gateway) -> None:
        for path in (
            "/api/v1/auth/login", "/.well-known/jwks.json", "/dev/mail", "/dev/mail/1", "/api/v1/spaces",
            "/api/v1/invites/x/accept", "/api/v1/search?q=a", "/api/v1/unread", "/api/v1/uploads", "/api/v1/files/1",
            "/api/v1/recordings", "/api/v1/exports/1", "/api/v1/channels/1/messages/2/reactions/%F0%9F%91%8D",
        ):  # fmt: skip
            status, _, _ = await ask(gateway, "GET", path)

            assert status == 200, path

    async def test_a_service_that_is_not_installed_is_named(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(media_url="")

        status, told, _ = await ask(gateway, "GET", "/api/v1/recordings")

        assert (status, told["code"]) == (503, "unavailable")
        assert "media" in told["detail"]

    async def test_leaves_hop_by_hop_and_forged_headers_behind(self, gateway: Gateway) -> None:
        forged = {
            "Connection": "x-secret", "X-Secret": "1", "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil",
            "Forwarded": "for=6.6.6.6", "X-Real-Ip": "6.6.6.6", "TE": "trailers", "X-Kept": "yes",
            "traceparent": "00-11111111111111111111111111111111-2222222222222222-01",
        }  # fmt: skip

        _, told, answered = await ask(gateway, "GET", "/api/v1/spaces", headers=forged)

        heard = told["headers"]
        assert {"x-secret", "te", "forwarded", "x-real-ip"}.isdisjoint(heard)
        assert heard["x-forwarded-for"] == "127.0.0.1"
        assert heard["x-forwarded-host"] == f"127.0.0.1:{gateway.settings.port}"
        assert heard["x-forwarded-proto"] == "http"
        assert heard["x-kept"] == "yes"
        assert heard["traceparent"].split("-")[1] == "1" * 32
        assert {"keep-alive", "server"}.isdisjoint(answered)
        assert answered["x-content-type-options"] == "nosniff"
