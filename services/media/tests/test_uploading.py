"""Uploads, from reserved to ready or rejected; what an attacker may try on the way."""

import asyncio
import base64

import aiohttp
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import ChannelId, new_id
from media.clients.objects import Objects
from media.settings import Settings
from testkit.tokens import Signer

from .conftest import StartMedia
from .files import (
    PNG,
    File,
    a_png,
    attach,
    complete,
    deleted_message,
    is_gone,
    put,
    refusal_of,
    reserve,
    send,
    upload,
    used_bytes,
)
from .people import Asking, Community, Json, hear, make_community


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

    async def test_takes_a_file_of_zero_bytes(self, community: Community, http: aiohttp.ClientSession) -> None:
        ready = await upload(community.ben, http, community.space_id, File(content=b"", filename="empty.png"))

        shown = await community.ben.ask("GET", f"/api/v1/files/{ready['id']}")

        assert (ready["state"], ready["content_type"]) == ("ready", "application/octet-stream")
        assert (shown.status_code, shown.content, shown.headers["content-length"]) == (200, b"", "0")

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
