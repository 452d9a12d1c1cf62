"""What anyone may know of this installation, and which features are on."""

from pathlib import Path

from .conftest import Gateway, StartGateway
from .services import Services
from .test_pages import fetch, fetch_json


class TestShowInstance:
    async def test_tells_a_stranger_what_the_services_say(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(instance_name="Home", bot_application_ids="1234, 5678")

        status, told = await fetch_json(gateway, "/api/v1/instance")

        assert status == 200
        assert told["name"] == "Home"
        assert told["registration"] == "open"
        assert told["passkey_domain"] == "home.example"
        assert told["languages"] == ["en", "de"]
        assert told["limits"]["message_chars_max"] == 4000
        assert told["limits"]["upload_bytes_max"] == 1_000_000
        assert told["development_mail"] is None
        first, second = told["discord"]["bot_invitations"]
        assert "client_id=1234&" in first
        assert "client_id=5678&" in second

    async def test_is_not_sent_again_to_who_has_it(self, gateway: Gateway) -> None:
        response, _ = await fetch(gateway, "/api/v1/instance")

        headers = {"If-None-Match": response.headers["etag"]}
        async with gateway.http.get(gateway.url + "/api/v1/instance", headers=headers) as again:
            assert again.status == 304
            assert await again.read() == b""

    async def test_says_that_nothing_can_be_uploaded_without_media(self, start_gateway: StartGateway) -> None:
        gateway = await start_gateway(media_url="")

        _, told = await fetch_json(gateway, "/api/v1/instance")

        assert told["limits"]["upload_bytes_max"] is None

    async def test_repeats_what_it_knew_while_a_service_is_away(
        self, start_gateway: StartGateway, services: Services
    ) -> None:
        gateway = await start_gateway(instance_kept_seconds=0)
        known = await fetch_json(gateway, "/api/v1/instance")

        services.away = True

        assert await fetch_json(gateway, "/api/v1/instance") == known

    async def test_is_503_before_a_service_ever_answered(self, gateway: Gateway, services: Services) -> None:
        services.away = True

        status, told = await fetch_json(gateway, "/api/v1/instance")

        assert (status, told["code"]) == (503, "unavailable")


class TestShowFlags:
    async def test_a_change_of_the_file_counts_at_once(self, start_gateway: StartGateway, tmp_path: Path) -> None:
        file = tmp_path / "flags.json"
        gateway = await start_gateway(flags='{"voice": true, "theme": "dark"}', flags_file=str(file))
        assert await fetch_json(gateway, "/api/v1/flags") == (200, {"voice": True, "theme": "dark"})

        file.write_text('{"voice": false}')

        assert await fetch_json(gateway, "/api/v1/flags") == (200, {"voice": False, "theme": "dark"})

    async def test_a_broken_file_changes_nothing(self, start_gateway: StartGateway, tmp_path: Path) -> None:
        file = tmp_path / "flags.json"
        file.write_text('{"voice": true}')
        gateway = await start_gateway(flags_file=str(file))
        assert await fetch_json(gateway, "/api/v1/flags") == (200, {"voice": True})

        file.write_text('{"voice": ')

        assert await fetch_json(gateway, "/api/v1/flags") == (200, {"voice": True})
