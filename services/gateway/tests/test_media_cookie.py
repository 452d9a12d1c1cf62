"""The cookie by which pictures, sounds and links are asked for."""

from typing import Any

import pytest

from contracts.auth import SessionRevoked
from contracts.times import now
from testkit.waiting import eventually

from .conftest import Gateway, StartGateway
from .services import Person, Services
from .test_forward import ask


def cookie(person: Person, **more: str) -> dict[str, str]:
    return {"Cookie": f"guildhall_device=x; guildhall_media={person.token}"} | more


def authorization(told: dict[str, Any]) -> str | None:
    return told["headers"].get("authorization")


class TestTheMediaCookie:
    @pytest.mark.parametrize("path", ["files/1", "recordings/1/tracks/1/audio", "exports/1"])
    async def test_says_who_reads(self, gateway: Gateway, services: Services, path: str) -> None:
        ann = services.person()

        status, told, headers = await ask(gateway, "GET", f"/api/v1/{path}", headers=cookie(ann))

        assert status == 200
        assert authorization(told) == f"Bearer {ann.token}"
        assert headers["cross-origin-resource-policy"] == "same-origin"

    @pytest.mark.parametrize(
        ("method", "path"),
        [("POST", "recordings"), ("DELETE", "files/1"), ("PUT", "recordings/1/consent"), ("GET", "spaces"),
         ("GET", "uploads/1"), ("GET", "auth/me"), ("GET", "filesystem")],
    )  # fmt: skip
    async def test_lets_nobody_do_anything_else(
        self, gateway: Gateway, services: Services, method: str, path: str
    ) -> None:
        _, told, headers = await ask(gateway, method, f"/api/v1/{path}", headers=cookie(services.person()))

        assert "authorization" not in told.get("headers", {})
        if not path.startswith(("files/", "recordings")):
            assert "cross-origin-resource-policy" not in headers

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    async def test_is_not_for_pages_of_other_origins(self, gateway: Gateway, services: Services, site: str) -> None:
        headers = cookie(services.person()) | {"Sec-Fetch-Site": site}

        _, told, _ = await ask(gateway, "GET", "/api/v1/files/1", headers=headers)

        assert authorization(told) is None

    async def test_gives_way_to_a_token_in_the_header(self, gateway: Gateway, services: Services) -> None:
        ann, ben = services.person(), services.person()
        headers = cookie(ann) | {"Authorization": f"Bearer {ben.token}"}

        _, told, _ = await ask(gateway, "GET", "/api/v1/files/1", headers=headers)

        assert authorization(told) == f"Bearer {ben.token}"

    @pytest.mark.parametrize("value", ["x", "", "a.b.c", '"', "%00"])
    async def test_that_is_garbled_lets_nobody_in(self, gateway: Gateway, value: str) -> None:
        status, told, _ = await ask(gateway, "GET", "/api/v1/files/1", headers={"Cookie": f"guildhall_media={value}"})

        assert status == 401 or authorization(told) is None

    async def test_counts_as_that_user(self, start_gateway: StartGateway, services: Services) -> None:
        gateway = await start_gateway(user_requests_per_minute=2)
        ann = services.person()

        statuses = [(await ask(gateway, "GET", "/api/v1/files/1", headers=cookie(ann)))[0] for _ in range(3)]

        assert statuses == [200, 200, 429]
        assert (await ask(gateway, "GET", "/api/v1/files/1", headers=cookie(services.person())))[0] == 200

    async def test_ends_with_its_session(self, gateway: Gateway, services: Services) -> None:
        ann = services.person()
        await ask(gateway, "GET", "/api/v1/files/1", headers=cookie(ann))
        revoked = SessionRevoked(user_id=ann.id, session_id=ann.session_id, at=now())

        await services.tell(f"account:{ann.id}", revoked, stream="auth.events")

        async def is_over() -> bool:
            return (await ask(gateway, "GET", "/api/v1/files/1", headers=cookie(ann)))[1].get("code") == "session_ended"

        await eventually(is_over)
