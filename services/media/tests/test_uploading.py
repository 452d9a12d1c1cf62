"""Uploads, from reserved to ready, rejected, deleted or swept; what an attacker may try on the way."""

import asyncio
import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import Profile
from contracts.ids import ChannelId, MessageId, SpaceId, UserId, new_id
from contracts.messaging import ChannelDeleted, MessageDeleted, SpaceDeleted
from contracts.times import now
from media.clients.objects import Objects
from media.settings import Settings
from testkit.tokens import Signer
from testkit.waiting import eventually

from .conftest import StartMedia, Sweep
from .files import PNG, File, a_png, complete, put, reserve, send, upload
from .people import Asking, Community, Json, Person, Refused, hear, make_community


async def refusal_of(asking: Any) -> str:
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value.code


async def used_bytes(engine: AsyncEngine, space_id: SpaceId) -> int:
    async with engine.connect() as connection:
        query = text("select used_bytes from quotas where space_id = :space_id")
        return await connection.scalar(query, {"space_id": space_id}) or 0


async def let_time_pass(engine: AsyncEngine, reserved: Json, *, hours: float) -> None:
    """As if it had been reserved so long ago."""
    async with engine.begin() as connection:
        shift = "set expires_at = expires_at - cast(:by as interval), due_at = due_at - cast(:by as interval)"
        values = {"by": timedelta(hours=hours), "id": UUID(reserved["id"])}
        await connection.execute(text(f"update uploads {shift} where id = :id"), values)


@pytest.fixture
def messaging(community: Community) -> Asking:
    return Asking(community.client, community.signer.service_token("messaging", audience="media"))


async def attach(messaging: Asking, community: Community, channel_id: ChannelId, *uploads: Json) -> list[str]:
    """For a message of Ben's: what is missing."""
    wanted = {"space_id": community.space_id, "channel_id": channel_id, "user_id": community.ben.id}
    ids = [one["id"] for one in uploads]
    return (await messaging.do("POST", "/internal/uploads/attach", wanted | {"ids": ids}))["missing"]


async def is_gone(objects: Objects, reserved: Json) -> None:
    async def is_absent() -> bool:
        return await objects.look(f"uploads/{reserved['id']}") is None

    await eventually(is_absent)


class TestReserve:
    async def test_gives_a_form_that_takes_the_file(self, community: Community, http: aiohttp.ClientSession) -> None:
        file = a_png()

        reserved = await reserve(community.ben, community.space_id, file)

        assert (reserved["state"], reserved["method"]) == ("reserved", "POST")
        assert await send(http, reserved, file.content) == 204

    async def test_gives_a_form_that_takes_nothing_else(
        self, community: Community, http: aiohttp.ClientSession, objects: Objects
    ) -> None:
        file, other = a_png(), a_png()
        reserved = await reserve(community.ben, community.space_id, file)
        fields = reserved["fields"]
        policy = base64.b64decode(fields["policy"])
        wider = base64.b64encode(policy.replace(b"3000, 3000", b"0, 300000")).decode()
        foreign = (await reserve(community.ann, community.space_id, other))["fields"]
        assert wider != fields["policy"]

        answers = [
            await send(http, reserved, other.content),
            await send(http, reserved, file.content[:-1]),
            await send(http, reserved, file.content + b"x"),
            await send(http, reserved, other.content, **{"x-amz-checksum-sha256": foreign["x-amz-checksum-sha256"]}),
            await send(http, reserved, other.content, **{"x-amz-checksum-sha256": None}),
            await send(http, reserved, file.content, **{"Content-Type": "text/html"}),
            await send(http, reserved, file.content, key=foreign["key"]),
            await send(http, reserved, file.content, key="recordings/x"),
            await send(http, reserved, file.content, policy=wider),
            await send(http, reserved, file.content, policy=foreign["policy"]),
            await send(http, reserved, file.content, **{"x-amz-signature": "0" * 64}),
            await send(http, reserved, file.content, **{"x-amz-signature": None, "policy": None}),
        ]

        assert set(answers) <= {400, 403}
        assert await objects.look(fields["key"]) is None

    async def test_gives_a_form_that_expires(self, http: aiohttp.ClientSession, objects: Objects) -> None:
        form = await objects.presign_form("uploads/late", size=1, sha256="0" * 64, content_type="x/y", seconds=-1)

        assert await send(http, msgspec.to_builtins(form), b"x") == 403

    async def test_names_the_address_of_browsers(self, community: Community, start: StartMedia) -> None:
        client = await start(s3_public_url="https://guildhall.example/")
        ben = Asking(client, community.ben.headers["authorization"].removeprefix("Bearer "))

        reserved = await reserve(ben, community.space_id, a_png())

        assert reserved["url"] == "https://guildhall.example/media-tests"

    async def test_is_for_members(self, community: Community) -> None:
        assert await refusal_of(reserve(community.eve, community.space_id, a_png())) == "not_found"
        assert await refusal_of(reserve(community.ben, new_id(), a_png())) == "not_found"

    async def test_is_for_accounts(self, community: Community) -> None:
        bot = community.bot("77", **{"x-discord-manages-guild": community.guild_id})

        assert await refusal_of(reserve(bot, community.space_id, a_png())) == "not_linked"

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"size": 104_857_601}, "too_large"),
            ({"size": 0}, "invalid_input"),
            ({"size": -1}, "invalid_input"),
            ({"sha256": "0" * 63}, "invalid_input"),
            ({"sha256": "G" * 64}, "invalid_input"),
            ({"more": 1}, "invalid_input"),
        ],
    )
    async def test_refuses_what_no_upload_is(self, community: Community, values: Json, code: str) -> None:
        assert await refusal_of(reserve(community.ben, community.space_id, a_png(), **values)) == code

    async def test_keeps_a_name_without_folders(self, community: Community) -> None:
        file = File(content=PNG, filename="../../etc/\u202e\0passwd")

        reserved = await reserve(community.ben, community.space_id, file)

        shown = await community.ben.do("GET", f"/api/v1/uploads/{reserved['id']}")
        assert shown["filename"] == "passwd"
        assert reserved["fields"]["key"] == f"uploads/{reserved['id']}"

    async def test_repeated_with_its_key_reserves_once(self, community: Community, engine: AsyncEngine) -> None:
        wanted, key = a_png().wanted(community.space_id), {"Idempotency-Key": "k1"}

        answers = [await community.ben.do("POST", "/api/v1/uploads", wanted, headers=key) for _ in range(2)]

        assert answers[0] == answers[1]
        assert await used_bytes(engine, community.space_id) == 3000


class TestQuota:
    async def test_is_exact_when_a_hundred_reserve_at_once(
        self, start: StartMedia, engine: AsyncEngine, signer: Signer
    ) -> None:
        client = await start(space_upload_bytes_max=70_500)
        community = await make_community(client, engine, signer)

        async def try_it() -> str:
            wanted, answer = a_png(size=1000).wanted(community.space_id), None
            while answer is None or answer.status_code == 503:  # it waited too long for a connection: a busy machine
                answer = await community.ben.ask("POST", "/api/v1/uploads", wanted)
            return "reserved" if answer.status_code == 201 else answer.json()["code"]

        answers = await asyncio.gather(*(try_it() for _ in range(100)))

        assert (answers.count("reserved"), answers.count("space_full")) == (70, 30)
        assert await used_bytes(engine, community.space_id) == 70_000

    async def test_of_nothing_takes_nothing(self, start: StartMedia, engine: AsyncEngine, signer: Signer) -> None:
        client = await start(space_upload_bytes_max=0)
        community = await make_community(client, engine, signer)

        assert await refusal_of(reserve(community.ben, community.space_id, a_png())) == "space_full"

    async def test_is_given_back_once(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking
    ) -> None:
        ready = await upload(community.ben, http, community.space_id, a_png())
        await reserve(community.ben, community.space_id, a_png(size=500))
        channel_id = ChannelId(new_id())
        assert not await attach(messaging, community, channel_id, ready)
        event = deleted_message(channel_id, ready)

        await asyncio.gather(
            *(community.ben.ask("DELETE", f"/api/v1/uploads/{ready['id']}") for _ in range(5)),
            *(hear(engine, event) for _ in range(2)),
        )

        assert await used_bytes(engine, community.space_id) == 500


class TestComplete:
    async def test_says_what_was_found(self, community: Community, http: aiohttp.ClientSession) -> None:
        file = msgspec.structs.replace(a_png(), content_type="application/x-mystery")

        ready = await upload(community.ben, http, community.space_id, file)

        assert (ready["state"], ready["content_type"]) == ("ready", "image/png")

    async def test_reads_more_than_one_part(self, community: Community, http: aiohttp.ClientSession) -> None:
        assert (await upload(community.ben, http, community.space_id, a_png(size=2_500_000)))["state"] == "ready"

    async def test_comes_after_the_upload(self, community: Community) -> None:
        reserved = await reserve(community.ben, community.space_id, a_png())

        assert await refusal_of(complete(community.ben, reserved)) == "upload_missing"

    async def test_repeated_or_at_once_is_one(self, community: Community, http: aiohttp.ClientSession) -> None:
        file = a_png()
        reserved = await reserve(community.ben, community.space_id, file)
        await send(http, reserved, file.content)

        answers = await asyncio.gather(*(complete(community.ben, reserved) for _ in range(5)))

        assert {one["state"] for one in answers} == {"ready"}
        assert await complete(community.ben, reserved) == answers[0]

    async def test_is_for_who_reserved(self, community: Community, http: aiohttp.ClientSession) -> None:
        file = a_png()
        reserved = await reserve(community.ben, community.space_id, file)
        await send(http, reserved, file.content)

        for other in (community.ann, community.eve):
            assert await refusal_of(complete(other, reserved)) == "not_found"

    async def test_rejects_html_that_is_called_png(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, objects: Objects
    ) -> None:
        file = File(content=b"<!doctype html><script>alert(1)</script>")

        rejected = await upload(community.ben, http, community.space_id, file)

        assert (rejected["state"], rejected["reason"]) == ("rejected", "type_differs")
        assert await used_bytes(engine, community.space_id) == 0
        await is_gone(objects, rejected)
        assert (await community.ben.ask("GET", f"/api/v1/files/{rejected['id']}")).status_code == 404

    @pytest.mark.parametrize(
        ("content", "reason"), [(PNG + b"other bytes", "content_differs"), (PNG, "size_differs")], ids=lambda one: one
    )
    async def test_rejects_what_a_store_that_checks_nothing_let_in(
        self, community: Community, objects: Objects, settings: Settings, content: bytes, reason: str
    ) -> None:
        reserved = await reserve(community.ben, community.space_id, File(content=PNG + b"these bytes"))
        await put(objects, settings, reserved, content)

        rejected = await complete(community.ben, reserved)

        assert (rejected["state"], rejected["reason"]) == ("rejected", reason)
        await is_gone(objects, reserved)


class TestAttach:
    async def test_attaches_all_and_can_be_repeated(
        self, community: Community, http: aiohttp.ClientSession, messaging: Asking
    ) -> None:
        two = [await upload(community.ben, http, community.space_id, a_png()) for _ in range(2)]
        channel_id = ChannelId(new_id())

        assert [await attach(messaging, community, channel_id, *two) for _ in range(2)] == [[], []]

    async def test_attaches_none_where_some_are_missing(
        self, community: Community, http: aiohttp.ClientSession, messaging: Asking
    ) -> None:
        file = a_png()
        ready = await upload(community.ben, http, community.space_id, file)
        of_ann = await upload(community.ann, http, community.space_id, file)
        reserved = await reserve(community.ben, community.space_id, file)
        rejected = await upload(community.ben, http, community.space_id, File(content=b"no png"))
        unknown = {"id": str(new_id())}
        wrong = [of_ann, reserved, rejected, unknown]

        missing = await attach(messaging, community, ChannelId(new_id()), ready, *wrong)

        assert missing == [one["id"] for one in wrong]
        assert not await attach(messaging, community, ChannelId(new_id()), ready)

    async def test_knows_one_channel_and_one_space(
        self, community: Community, http: aiohttp.ClientSession, messaging: Asking
    ) -> None:
        ready = await upload(community.ben, http, community.space_id, a_png())
        elsewhere = msgspec.structs.replace(community, space_id=SpaceId(new_id()))

        assert await attach(messaging, elsewhere, ChannelId(new_id()), ready) == [ready["id"]]
        assert not await attach(messaging, community, ChannelId(new_id()), ready)
        assert await attach(messaging, community, ChannelId(new_id()), ready) == [ready["id"]]

    async def test_is_for_services(self, community: Community) -> None:
        assert await refusal_of(attach(community.ben, community, ChannelId(new_id()))) in {
            "forbidden",
            "unauthenticated",
        }


def deleted_message(channel_id: ChannelId, *uploads: Json) -> MessageDeleted:
    ids = tuple(UUID(one["id"]) for one in uploads)
    return MessageDeleted(
        id=MessageId(new_id()),
        channel_id=channel_id,
        seq=1,
        author=Profile(id=UserId(new_id()), display_name="Ben"),
        content="",
        attachments=ids,
        created_at=now(),
    )


class TestDelete:
    async def test_is_for_who_uploaded_it_and_moderators(
        self, community: Community, http: aiohttp.ClientSession, objects: Objects, signer: Signer
    ) -> None:
        of_ann, of_ben, too = [
            await upload(person, http, community.space_id, a_png())
            for person in (community.ann, community.ben, community.ben)
        ]

        async def try_it(person: Person, one: Json) -> int:
            return (await person.ask("DELETE", f"/api/v1/uploads/{one['id']}")).status_code

        assert await try_it(community.eve, of_ben) == 404
        assert await try_it(community.ben, of_ann) == 403
        assert await try_it(community.ben, of_ben) == 204
        assert await try_it(community.ben, of_ben) == 404
        assert await try_it(community.ann, too) == 204
        await is_gone(objects, of_ben)
        await is_gone(objects, too)
        assert await objects.look(f"uploads/{of_ann['id']}") is not None

    @pytest.mark.parametrize("whole", ["message", "channel", "parent", "space"])
    async def test_goes_with_what_it_was_part_of(
        self,
        community: Community,
        http: aiohttp.ClientSession,
        engine: AsyncEngine,
        messaging: Asking,
        objects: Objects,
        sweep: Sweep,
        whole: str,
    ) -> None:
        attached = await upload(community.ben, http, community.space_id, a_png())
        channel_id = ChannelId(new_id())
        await attach(messaging, community, channel_id, attached)
        await hear(engine, deleted_message(ChannelId(new_id()), attached))  # of another channel: means nothing
        assert await used_bytes(engine, community.space_id) == 3000

        await hear(
            engine,
            {
                "message": deleted_message(channel_id, attached),
                "channel": ChannelDeleted(id=channel_id, space_id=community.space_id),
                "parent": ChannelDeleted(id=ChannelId(new_id()), space_id=community.space_id, threads=(channel_id,)),
                "space": SpaceDeleted(id=community.space_id),
            }[whole],
        )
        await sweep()

        assert await used_bytes(engine, community.space_id) == 0
        assert (await community.ben.ask("GET", f"/api/v1/files/{attached['id']}")).status_code == 404
        await is_gone(objects, attached)


class TestSweep:
    async def test_takes_what_was_never_completed(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, objects: Objects, sweep: Sweep
    ) -> None:
        file = a_png()
        reserved = await reserve(community.ben, community.space_id, file)
        await send(http, reserved, file.content)
        await let_time_pass(engine, reserved, hours=1.1)

        await sweep()

        assert await refusal_of(complete(community.ben, reserved)) == "not_found"
        assert await used_bytes(engine, community.space_id) == 0
        await is_gone(objects, reserved)

    async def test_takes_what_was_never_attached(
        self,
        community: Community,
        http: aiohttp.ClientSession,
        engine: AsyncEngine,
        messaging: Asking,
        objects: Objects,
        sweep: Sweep,
    ) -> None:
        attached, loose, new = [await upload(community.ben, http, community.space_id, a_png()) for _ in range(3)]
        await attach(messaging, community, ChannelId(new_id()), attached)
        await let_time_pass(engine, attached, hours=25)
        await let_time_pass(engine, loose, hours=25)

        await sweep()

        await is_gone(objects, loose)
        assert await used_bytes(engine, community.space_id) == 6000
        for kept in (attached, new):
            assert (await community.ben.ask("GET", f"/api/v1/files/{kept['id']}")).status_code == 200

    async def test_takes_again_what_was_sent_after_it_was_over(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, objects: Objects, sweep: Sweep
    ) -> None:
        file = a_png()
        reserved = await reserve(community.ben, community.space_id, file)
        await community.ben.do("DELETE", f"/api/v1/uploads/{reserved['id']}")
        await sweep()
        assert await send(http, reserved, file.content) == 204
        assert await refusal_of(complete(community.ben, reserved)) == "not_found"
        await let_time_pass(engine, reserved, hours=1)

        await sweep()

        await is_gone(objects, reserved)
