"""What the edge measures is recorded, each event once for each socket."""

import re

from .conftest import Gateway
from .services import Services
from .told import message


async def metric(gateway: Gateway, name: str) -> float:
    async with gateway.http.get(f"{gateway.url}/metrics") as answer:
        found = re.search(rf"^{re.escape(name)} (\S+)$", await answer.text(), re.MULTILINE)
    return float(found[1]) if found else 0


class TestMeters:
    async def test_count_deliveries_of_several_topics_in_one_write(self, gateway: Gateway, services: Services) -> None:
        ada = services.person()
        services.open("channel:1", ada)
        services.open("channel:2", ada)
        client = await gateway.client(ada)
        await client.watch("channel:1")
        await client.watch("channel:2")
        before = await metric(gateway, "gateway_deliveries_total")
        timed = await metric(gateway, "gateway_fan_out_seconds_count")

        gateway.parts.hub.deliver(
            [*services.write("channel:1", message("one")), *services.write("channel:2", message("two"))]
        )

        assert await metric(gateway, "gateway_deliveries_total") == before + 2
        assert await metric(gateway, "gateway_fan_out_seconds_count") == timed + 1

    async def test_count_sockets_and_how_they_were_closed(self, gateway: Gateway, services: Services) -> None:
        sockets = await metric(gateway, "gateway_sockets")
        closed = await metric(gateway, 'gateway_sockets_closed_total{code="4009"}')
        client = await gateway.client(services.person())
        assert await metric(gateway, "gateway_sockets") == sockets + 1

        await client.socket.send_bytes(b"binary")
        assert await client.closed() == 4009

        assert await metric(gateway, 'gateway_sockets_closed_total{code="4009"}') == closed + 1
        assert await metric(gateway, "gateway_sockets") == sockets
