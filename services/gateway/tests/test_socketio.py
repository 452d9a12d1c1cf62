"""The unmodified `socket.io-client` from npm on the same edge, and the packets it does not send."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.realtime.frames import CloseCode
from testkit import npm

from .client import Client
from .conftest import Gateway
from .services import Person, Services
from .told import message, messages, revoked

FOLDER = Path(__file__).parent / "socketio"
TOPIC = "channel:1"

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm")


class Journey:
    """A Node process with a real client in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def step(self, step: str) -> dict[str, Any]:
        """The next line, which must be this step."""
        assert self._process.stdout is not None
        async with asyncio.timeout(20):
            line = await self._process.stdout.readline()
        told = msgspec.json.decode(line or b"{}", type=dict[str, Any])
        assert told.get("step") == step, told
        return told

    def do(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n".encode())


StartJourney = Callable[[Gateway, Person], Any]


@pytest.fixture(scope="module")
def installed() -> None:
    npm.installed(FOLDER)


@pytest.fixture
async def start_journey(installed: None) -> AsyncGenerator[StartJourney]:
    started: list[asyncio.subprocess.Process] = []

    async def start(gateway: Gateway, person: Person) -> Journey:
        process = await asyncio.create_subprocess_exec(
            "node", "journey.mjs", gateway.url, person.token, TOPIC,
            cwd=FOLDER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return Journey(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def ada(services: Services) -> Person:
    ada = services.person()
    services.open(TOPIC, ada)
    return ada


class TestUnmodifiedClient:
    async def test_connects_watches_receives_is_acknowledged_and_resumes(
        self, gateway: Gateway, services: Services, ada: Person, start_journey: StartJourney
    ) -> None:
        journey = await start_journey(gateway, ada)
        await journey.step("connected")
        assert (await journey.step("ready"))["user_id"] == str(ada.id)
        assert (await journey.step("watched"))["seq"] == 0
        assert (await journey.step("acknowledged"))["ok"] is True
        journey.do("ping")
        assert (await journey.step("pong"))["n"] == 5

        await services.tell(TOPIC, *messages(2))
        assert [(await journey.step("event"))["seq"] for _ in range(2)] == [1, 2]
        (session,) = gateway.parts.hub.sessions
        session.socket.abort()
        await services.tell(TOPIC, message("missed"))

        assert (await journey.step("disconnected"))["reason"] == "transport close"
        await journey.step("connected")
        await journey.step("ready")
        assert await journey.step("event") == {"step": "event", "seq": 3, "content": "missed"}
        assert (await journey.step("watched"))["seq"] == 3
        await journey.step("acknowledged")

    async def test_a_bad_token_is_a_connect_error(
        self, gateway: Gateway, services: Services, start_journey: StartJourney
    ) -> None:
        journey = await start_journey(gateway, services.person(seconds=-60))

        refused = await journey.step("refused")

        assert refused["message"] == "token_expired"
        assert refused["data"]["code"] == "token_expired"

    async def test_an_ended_session_does_not_come_back_a_restart_does(
        self, gateway: Gateway, services: Services, ada: Person, start_journey: StartJourney
    ) -> None:
        journey = await start_journey(gateway, ada)
        for step in ("connected", "ready", "watched", "acknowledged"):
            await journey.step(step)

        (session,) = gateway.parts.hub.sessions
        session.socket.close(CloseCode.RESTART)
        assert (await journey.step("disconnected"))["reason"] == "transport close"
        for step in ("connected", "ready", "watched", "acknowledged"):
            await journey.step(step)
        await services.tell(f"account:{ada.id}", revoked(ada), stream="auth.events")

        assert (await journey.step("disconnected"))["reason"] == "io server disconnect"


class TestPackets:
    async def connect(self, gateway: Gateway) -> Client:
        client = await gateway.connect("/socket.io/?EIO=4&transport=websocket")
        opened = (await client.socket.receive(5)).data
        assert opened.startswith('0{"sid":"')
        return client

    async def test_nonsense_is_closed_like_any_bad_frame(self, gateway: Gateway, ada: Person) -> None:
        for packet in (
            "", "9", "4", "42", "42[]", '42["watch"]', '42["shout",{}]', '42["ping",{"n":1},2]', "42x[]",
            '429999999999999999999["ping",{"n":1}]', '45-["x"]', '42["ping",{"n":"1"}]', "4" * 1000,
            '42["watch",' + "[" * 1500 + "]" * 1501,
        ):  # fmt: skip
            client = await self.connect(gateway)
            await client.socket.send_str("40" + msgspec.json.encode({"token": ada.token}).decode())
            assert (await client.socket.receive(5)).data.startswith('40{"sid":')
            await client.socket.receive(5)

            await client.socket.send_str(packet)

            assert await client.closed() == CloseCode.BAD_FRAME, packet

    async def test_polling_and_other_versions_are_not_spoken(self, gateway: Gateway) -> None:
        for path in ("/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=3&transport=websocket"):
            async with gateway.http.get(
                gateway.url + path, headers={"Connection": "Upgrade", "Upgrade": "websocket"}
            ) as response:
                assert response.status in {400, 404}
