"""A bot acts for a Discord user: with that person's permissions, only where it may, and it is written down."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.problems import body_of
from chassis.settings import Secret
from contracts.auth import ActingAsked, Profile
from contracts.ids import new_id
from contracts.problems import NotFound
from messaging.app import create_app
from messaging.settings import Settings
from testkit.servers import Servers
from testkit.serving import serving
from testkit.tokens import Signer

from .people import Person, Place, Refused
from .standin import TOKEN, json, listening


class Auth:
    """As far as it is asked: which Discord user is whom here, and what it has written down."""

    def __init__(self) -> None:
        self.url = ""
        self.away = False
        self.people: dict[str, Profile] = {}
        self.asked: list[ActingAsked] = []

    async def act(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        if self.away:
            return web.Response(status=500)
        asked = msgspec.json.decode(await request.read(), type=ActingAsked)
        self.asked.append(asked)
        found = self.people.get(asked.provider_user_id)
        return json(body_of(NotFound()), status=404) if found is None else json(found)


@pytest.fixture
async def auth() -> AsyncGenerator[Auth]:
    made = Auth()
    async with listening({"/internal/acting": made.act}) as made.url:
        yield made


@pytest.fixture
async def asked_client(
    auth: Auth, database_url: Secret, servers: Servers, signer: Signer, tmp_path: Path
) -> AsyncGenerator[httpx.AsyncClient]:
    """Messaging, with a key of its own and somebody to ask."""
    key_file = tmp_path / "messaging.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    settings = Settings(
        database_url=database_url,
        redis_url=Secret(servers.redis_url),
        auth_url=auth.url,
        service_key_file=str(key_file),
    )
    app = create_app(settings, fetch_keys=signer.fetch_keys)
    async with serving(app, base_url="http://messaging") as client:
        yield client


class InDiscord:
    """Somebody as the control bot knows them."""

    def __init__(self, client: httpx.AsyncClient, signer: Signer, auth: Auth, person: Person | None = None) -> None:
        self.id = str(new_id().int % 10**18)
        if person is not None:
            auth.people[self.id] = person.profile
        self._client = client
        self.headers = {
            "authorization": f"Bearer {signer.service_token('control-bot', audience='messaging')}",
            "x-on-behalf-of-discord": self.id,
        }

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self._client.request(method, f"/api/v1{path}", json=body, headers=self.headers)

    async def link(self, space_id: str, guild_id: str, *, manages: str | None = None) -> httpx.Response:
        """Discord says that they may manage `manages`, the same server if nothing else is said."""
        headers = self.headers | {"x-discord-manages-guild": manages or guild_id}
        body = {"guild_id": guild_id}
        return await self._client.request("PATCH", f"/api/v1/spaces/{space_id}", json=body, headers=headers)

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        response = await self.ask(method, path, body)
        return response.status_code, response.json()["code"]


@pytest.fixture
def ann_there(asked_client: httpx.AsyncClient, signer: Signer, auth: Auth, ann: Person) -> InDiscord:
    """Ann, who has linked her Discord account."""
    return InDiscord(asked_client, signer, auth, ann)


def guild() -> str:
    return str(new_id().int % 10**18)


class TestActForADiscordUser:
    async def test_does_what_they_may_themselves(self, place: Place, ann: Person, ann_there: InDiscord) -> None:
        wanted = guild()

        linked = await ann_there.link(place.id, wanted)
        listed = await ann_there.ask("GET", "/spaces")

        assert (linked.status_code, linked.json()["guild_id"], linked.json()["role"]) == (
            200,
            wanted,
            "owner",
        )
        assert [one["id"] for one in listed.json()] == [place.id]

    async def test_is_written_down_in_the_space_and_for_the_person(
        self, place: Place, ann: Person, ann_there: InDiscord, auth: Auth
    ) -> None:
        await ann_there.link(place.id, guild())

        newest = (await ann.do("GET", f"/spaces/{place.id}/audit"))["items"][0]
        assert (newest["action"], newest["actor_id"]) == ("space.changed", str(ann.id))
        assert [(one.provider_user_id, one.action, one.on_behalf_by) for one in auth.asked] == [
            (ann_there.id, "messaging.space_changed", "control-bot")
        ]

    async def test_does_no_more_than_they_may(
        self, place: Place, ben: Person, eve: Person, asked_client: httpx.AsyncClient, signer: Signer, auth: Auth
    ) -> None:
        member, stranger = (InDiscord(asked_client, signer, auth, person) for person in (ben, eve))

        assert await member.refused("PATCH", f"/spaces/{place.id}", {"name": "Hall"}) == (403, "forbidden")
        assert await stranger.refused("PATCH", f"/spaces/{place.id}", {"name": "Hall"}) == (404, "not_found")

    async def test_needs_a_linked_account(
        self, place: Place, asked_client: httpx.AsyncClient, signer: Signer, auth: Auth
    ) -> None:
        nobody = InDiscord(asked_client, signer, auth)

        assert await nobody.refused("PATCH", f"/spaces/{place.id}", {"name": "Hall"}) == (403, "not_linked")

    async def test_ends_at_once_when_the_account_is_unlinked(
        self, place: Place, ann_there: InDiscord, auth: Auth
    ) -> None:
        before = await ann_there.ask("GET", "/spaces")
        auth.people.clear()

        assert before.status_code == 200
        assert await ann_there.refused("GET", "/spaces") == (403, "not_linked")

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("DELETE", "/spaces/{space}", None),
            ("POST", "/spaces", {"name": "Mine"}),
            ("POST", "/channels/{channel}/messages", {"content": "I never said that"}),
            ("POST", "/spaces/{space}/transfer", {"user_id": "019c0000-0000-7000-8000-00000000dead"}),
        ],
    )
    async def test_is_for_few_operations(
        self, place: Place, ann: Person, ann_there: InDiscord, auth: Auth, method: str, path: str, body: Any
    ) -> None:
        status, _ = await ann_there.refused(method, path.format(space=place.id, channel=place.channel_id), body)

        assert status in {401, 403}
        assert auth.asked == []
        assert await ann.contents(place.channel_id) == []

    async def test_is_for_named_services(self, place: Place, ann_there: InDiscord, auth: Auth, signer: Signer) -> None:
        ann_there.headers["authorization"] = f"Bearer {signer.service_token('recorder-bot', audience='messaging')}"

        assert await ann_there.refused("GET", "/spaces") == (403, "forbidden")
        assert auth.asked == []

    @pytest.mark.parametrize("audience", ["auth", "media", "guildhall"])
    async def test_needs_a_token_for_messaging(self, ann_there: InDiscord, signer: Signer, audience: str) -> None:
        ann_there.headers["authorization"] = f"Bearer {signer.service_token('control-bot', audience=audience)}"

        assert await ann_there.refused("GET", "/spaces") == (401, "unauthenticated")

    async def test_is_not_for_people(self, place: Place, ann_there: InDiscord, ben: Person) -> None:
        with pytest.raises(Refused) as refusal:
            await ben.do("GET", "/spaces", headers={"x-on-behalf-of-discord": ann_there.id})

        assert refusal.value.status == 401

    @pytest.mark.parametrize("discord_id", ["", "ann", "-1", "1" * 21])
    async def test_needs_an_id_of_discords(self, ann_there: InDiscord, auth: Auth, discord_id: str) -> None:
        ann_there.headers["x-on-behalf-of-discord"] = discord_id

        assert await ann_there.refused("GET", "/spaces") == (400, "invalid_input")
        assert auth.asked == []

    async def test_waits_for_auth_to_come_back(self, place: Place, ann_there: InDiscord, auth: Auth) -> None:
        auth.away = True
        away = await ann_there.refused("PATCH", f"/spaces/{place.id}", {"name": "Hall"})
        auth.away = False

        assert away == (503, "unavailable")
        assert (await ann_there.ask("PATCH", f"/spaces/{place.id}", {"name": "Hall"})).status_code == 200


class TestLinkADiscordServer:
    async def test_is_for_those_who_manage_that_server(self, place: Place, ann: Person, ann_there: InDiscord) -> None:
        elsewhere = await ann_there.link(place.id, guild(), manages=guild())
        unsaid = await ann_there.refused("PATCH", f"/spaces/{place.id}", {"guild_id": guild()})

        assert (elsewhere.status_code, unsaid) == (403, (403, "forbidden"))
        assert (await ann.do("GET", f"/spaces/{place.id}"))["guild_id"] is None

    async def test_is_not_done_by_a_persons_own_word(self, place: Place, ann: Person) -> None:
        wanted = guild()
        headers = {"x-discord-manages-guild": wanted}

        with pytest.raises(Refused) as refusal:
            await ann.do("PATCH", f"/spaces/{place.id}", {"guild_id": wanted})
        with pytest.raises(Refused) as forged:
            await ann.do("PATCH", f"/spaces/{place.id}", {"guild_id": wanted}, headers=headers)

        assert (refusal.value.status, forged.value.status) == (403, 403)
        assert (await ann.do("GET", f"/spaces/{place.id}"))["guild_id"] is None

    async def test_is_done_once_and_undone_by_hand(
        self, place: Place, ann: Person, ben: Person, ann_there: InDiscord
    ) -> None:
        wanted, other = guild(), await ann.make_space()
        await ann_there.link(place.id, wanted)

        assert (await ann_there.link(other.id, wanted)).json()["code"] == "guild_taken"
        await ann.do("PATCH", f"/spaces/{place.id}", {"guild_id": None})
        assert (await ann_there.link(other.id, wanted)).status_code == 200
