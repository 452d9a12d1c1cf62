"""Requests on their way to a service and back."""

import asyncio
import contextlib
from typing import Any

import aiohttp
import pytest

from chassis.settings import Secret
from embedded import Server
from testkit.tokens import private_key

from .conftest import Gateway, StartGateway
from .services import Person, Services


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


async def ask(gateway: Gateway, method: str, path: str, **options: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    async with gateway.http.request(method, gateway.url + path, **options) as response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status, await response.json(content_type=None), headers


async def send_raw(gateway: Gateway, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.settings.port)
    writer.write(request)
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


class TestForward:
    async def test_carries_method_path_query_and_body(self, gateway: Gateway, services: Services) -> None:
        path = "/api/v1/channels/7/messages?status=201&a=%C3%A9"

        status, told, headers = await ask(
            gateway, "POST", path, json={"content": "hi"}, headers=bearer(services.person())
        )

        assert status == 201
        assert (told["method"], told["path"]) == ("POST", path)
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

    async def test_answers_are_kept_by_nobody_unless_the_service_says_so(self, gateway: Gateway) -> None:
        _, _, headers = await ask(gateway, "GET", "/api/v1/spaces")

        assert headers["cache-control"] == "no-store"

    async def test_an_https_address_is_to_be_the_only_one(self, start_gateway: StartGateway) -> None:
        secure = await start_gateway(public_url="https://guildhall.example")
        plain = await start_gateway(public_url="http://localhost:8000")

        _, _, headers = await ask(secure, "GET", "/livez")
        _, _, of_plain = await ask(plain, "GET", "/livez")

        assert headers["strict-transport-security"] == "max-age=31536000"
        assert "strict-transport-security" not in of_plain

    async def test_believes_as_many_proxies_as_it_is_told_of(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(trusted_proxies=1, public_url="https://guildhall.example")

        _, told, _ = await ask(gateway, "GET", "/api/v1/spaces", headers={"X-Forwarded-For": "6.6.6.6, 7.7.7.7"})

        assert told["headers"]["x-forwarded-for"] == "7.7.7.7"
        assert told["headers"]["x-forwarded-proto"] == "https"

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
    async def test_any_method_again_and_again_on_one_connection(self, gateway: Gateway, method: str) -> None:
        for _ in range(3):
            async with gateway.http.request(method, gateway.url + "/api/v1/spaces") as response:
                body = await response.read()

            assert response.status == 200
            assert bool(body) == (method != "HEAD")

    async def test_bodies_are_streamed_both_ways(self, gateway: Gateway, services: Services) -> None:
        async def pieces() -> Any:
            for _ in range(100):
                yield b"y" * 65536

        _, told, _ = await ask(gateway, "POST", "/api/v1/uploads", data=pieces())
        async with gateway.http.get(gateway.url + "/api/v1/files/stream?chunks=200") as response:
            size = sum([len(chunk) async for chunk in response.content.iter_any()])

        assert told["size"] == 100 * 65536
        assert size == 200 * 65536

    async def test_a_body_beyond_the_limit_is_refused(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(body_bytes_max=100_000)

        async def pieces() -> Any:
            for _ in range(10):
                yield b"y" * 65536

        for data in (b"x" * 100_001, pieces()):
            status, told, _ = await ask(gateway, "POST", "/api/v1/uploads", data=data)

            assert (status, told["code"]) == (413, "too_large")
        assert not services.bodies

    async def test_a_cut_answer_is_cut_for_the_client_too(self, gateway: Gateway) -> None:
        async with gateway.http.get(gateway.url + "/api/v1/files/stream?chunks=3&cut=1") as response:
            with pytest.raises(aiohttp.ClientError):
                await response.read()

    async def test_an_impatient_client_harms_nobody(self, gateway: Gateway) -> None:
        async with gateway.http.get(gateway.url + "/api/v1/files/stream?chunks=100000") as response:
            await response.content.readany()
            response.close()

        assert (await ask(gateway, "GET", "/api/v1/spaces"))[0] == 200


class TestServiceAway:
    async def test_is_503_with_retry_after(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(messaging_url="http://127.0.0.1:9")

        for _ in range(7):  # more than opens the circuit
            status, told, headers = await ask(gateway, "GET", "/api/v1/spaces")

            assert (status, told["code"]) == (503, "unavailable")
            assert headers["retry-after"] == "1"

    async def test_silence_is_503_and_only_what_can_be_repeated_is(self, gateway: Gateway, services: Services) -> None:
        for method, tries in (("GET", 2), ("POST", 1)):
            services.requests.clear()
            status, _, _ = await ask(gateway, method, "/api/v1/spaces/silence")

            assert status == 503
            assert len(services.requests) == tries


class TestTokens:
    async def test_bad_ones_go_no_further(self, gateway: Gateway, services: Services) -> None:
        for token, code in (
            (services.person(seconds=-60).token, "token_expired"),
            (services.person(key=private_key()).token, "unauthenticated"),
            (services.person(aud="messaging").token, "unauthenticated"),
            ("nonsense", "unauthenticated"),
        ):
            headers = {"Authorization": f"Bearer {token}"}
            status, told, answered = await ask(gateway, "GET", "/api/v1/spaces", headers=headers)

            assert (status, told["code"]) == (401, code)
            assert answered["www-authenticate"] == "Bearer"
        assert not services.requests

    async def test_auth_judges_for_itself_so_that_one_can_refresh(self, gateway: Gateway, services: Services) -> None:
        expired = services.person(seconds=-60)

        status, _, _ = await ask(gateway, "POST", "/api/v1/auth/refresh", headers=bearer(expired))

        assert status == 200


class TestTricks:
    async def test_paths_that_can_be_read_in_two_ways_are_refused(self, gateway: Gateway, services: Services) -> None:
        for path in (
            "/api/v1/spaces/../../../internal/log", "/api/v1/spaces/%2e%2e/internal", "/api/v1/spaces%2f..%2finternal",
            "//internal/log", "/api/v1//spaces", "/api/v1/spaces/.", "/api/v1/spaces/..", "/api/v1/spaces\\..\\x",
            "/api/v1/spaces/%5c..", "/api/v1/spaces;x=1", "/api/v1/spaces%00", "/api/v1/spaces/%0d%0aX-Evil:1",
        ):  # fmt: skip
            answer = await send_raw(gateway, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

            assert answer.startswith(b"HTTP/1.1 400 "), (path, answer)
        assert not services.requests

    async def test_what_is_internal_is_never_reached(self, gateway: Gateway, services: Services) -> None:
        for target in ("/internal/log?topic=x", "/INTERNAL/log", "http://127.0.0.1/internal/log", "/openapi/x"):
            answer = await send_raw(gateway, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

            assert answer.startswith(b"HTTP/1.1 404 "), target
        assert not services.requests
        assert not services.log_calls

    async def test_smuggled_lengths_are_refused(self, gateway: Gateway, services: Services) -> None:
        for headers in (
            "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4",
            "Transfer-Encoding: chunked, identity", "Content-Length: -1", "Bad Header: 1",
        ):  # fmt: skip
            request = f"POST /api/v1/spaces HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n0\r\n\r\n"
            answer = await send_raw(gateway, request.encode())

            assert answer.startswith(b"HTTP/1.1 400 "), (headers, answer)
        assert not services.bodies


class TestCors:
    async def test_is_off_until_an_origin_is_allowed(self, start_gateway: StartGateway) -> None:
        closed = await start_gateway()
        opened = await start_gateway(allowed_origins="https://app.example")
        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}

        _, _, refused = await ask(closed, "GET", "/api/v1/spaces", headers=asked)
        _, _, foreign = await ask(opened, "GET", "/api/v1/spaces", headers=asked | {"Origin": "https://evil.example"})
        _, _, allowed = await ask(opened, "GET", "/api/v1/spaces", headers=asked)
        async with opened.http.options(opened.url + "/api/v1/spaces", headers=asked) as preflight:
            granted = preflight.headers.get("access-control-allow-methods", "")

        assert "access-control-allow-origin" not in refused
        assert "access-control-allow-origin" not in foreign
        assert allowed["access-control-allow-origin"] == "https://app.example"
        assert preflight.status == 204
        assert "PATCH" in granted


class TestLimits:
    async def test_count_people_and_networks_apart(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(user_requests_per_minute=5, network_requests_per_minute=3)
        ada, bob = services.person(), services.person()

        of_ada = [await ask(gateway, "GET", "/api/v1/spaces", headers=bearer(ada)) for _ in range(6)]
        of_bob = await ask(gateway, "GET", "/api/v1/spaces", headers=bearer(bob))
        of_nobody = [(await ask(gateway, "GET", "/api/v1/spaces"))[0] for _ in range(4)]

        assert [status for status, _, _ in of_ada] == [200] * 5 + [429]
        assert [headers["ratelimit-remaining"] for _, _, headers in of_ada[:5]] == ["4", "3", "2", "1", "0"]
        assert of_ada[0][2]["ratelimit-limit"] == "5"
        assert of_ada[5][1]["code"] == "rate_limited"
        assert 0 < int(of_ada[5][2]["retry-after"]) <= 60
        assert of_bob[0] == 200
        assert of_nobody == [200, 200, 200, 429]

    async def test_are_one_for_all_gateways(self, start_gateway: StartGateway, services: Services) -> None:
        gateways = [await start_gateway(user_requests_per_minute=40) for _ in range(2)]
        ada = services.person()

        async def passed(gateway: Gateway) -> int:
            return sum(
                [(await ask(gateway, "GET", "/api/v1/spaces", headers=bearer(ada)))[0] == 200 for _ in range(40)]
            )

        assert sum(await asyncio.gather(*map(passed, gateways))) == 40

    async def test_let_everything_pass_while_redis_is_gone(
        self, start_gateway: StartGateway, services: Services, own_valkey: Server
    ) -> None:
        gateway = await start_gateway(user_requests_per_minute=5, redis_url=Secret(own_valkey.url))
        ada = services.person()
        own_valkey.pause()
        with contextlib.ExitStack() as resuming:
            resuming.callback(own_valkey.resume)

            statuses = [(await ask(gateway, "GET", "/api/v1/spaces", headers=bearer(ada)))[0] for _ in range(12)]

        assert statuses == [200] * 12
