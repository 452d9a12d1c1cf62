"""What OWASP ASVS 5.0 asks of websockets (4.4), seen from the attacker's side."""

import aiohttp
import pytest

from gateway.realtime.frames import CloseCode

from .conftest import Gateway
from .services import Services


class TestTheHandshake:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
    async def test_asvs_4_4_2_refuses_pages_of_other_origins(self, gateway: Gateway, origin: str) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await gateway.connect(origin=origin)

        assert refused.value.status == 403

    async def test_asvs_4_4_2_lets_its_own_pages_in(self, gateway: Gateway, services: Services) -> None:
        client = await gateway.connect(origin=gateway.url)

        assert (await client.hello(services.person()))["op"] == "ready"

    async def test_asvs_4_4_4_takes_no_token_from_the_address_or_a_cookie(
        self, gateway: Gateway, services: Services
    ) -> None:
        ada = services.person()
        cookie = {"Cookie": f"token={ada.token}; access_token={ada.token}"}
        client = await gateway.connect(f"/api/v1/realtime?token={ada.token}", headers=cookie)

        await client.say("watch", topics={"channel:1": None})

        assert await client.closed() == CloseCode.BAD_FRAME
