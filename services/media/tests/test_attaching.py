"""Uploads become part of messages, are deleted, swept, and go with what they were part of."""

from uuid import UUID

import aiohttp
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.events import Envelope
from contracts.ids import ChannelId, SpaceId, new_id
from contracts.messaging import ChannelDeleted, MessageDeleted, MessageEdited, MessagePosted, SpaceDeleted
from contracts.problems import Unavailable
from contracts.times import now
from media.clients.objects import Objects
from media.events import concerns_media
from media.settings import Settings
from media.usecases.sweeping import Sweepers
from testkit.tokens import Signer

from .conftest import Sweep, long_since
from .files import (
    File,
    a_png,
    ask_to_attach,
    attach,
    complete,
    delete_message,
    deleted_message,
    is_gone,
    let_time_pass,
    message,
    post,
    refusal_of,
    release,
    reserve,
    send,
    upload,
    used_bytes,
)
from .people import Asking, Community, Json, Person, hear


class TestAttach:
    async def test_attaches_all_and_can_be_repeated(
        self, community: Community, http: aiohttp.ClientSession, messaging: Asking
    ) -> None:
        two = [await upload(community.ben, http, community.space_id, a_png()) for _ in range(2)]
        channel_id = ChannelId(new_id())

        assert [await attach(messaging, community, channel_id, *two) for _ in range(2)] == [[], []]

    async def test_says_what_the_files_are_in_the_order_asked(
        self, community: Community, http: aiohttp.ClientSession, messaging: Asking
    ) -> None:
        picture = await upload(community.ben, http, community.space_id, a_png())
        text = await upload(community.ben, http, community.space_id, File(content=b"words", content_type="text/plain"))

        answer = await ask_to_attach(messaging, community, ChannelId(new_id()), text, picture)

        assert [one["id"] for one in answer["files"]] == [text["id"], picture["id"]]
        assert answer["files"][1]["content_type"] == "image/png"
        assert answer["files"][1]["size"] == picture["size"]
        assert answer["files"][1]["filename"] == picture["filename"]

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
        await post(messaging, community, ChannelId(new_id()), ready)
        assert await attach(messaging, community, ChannelId(new_id()), ready) == [ready["id"]]

    async def test_is_for_services(self, community: Community) -> None:
        assert await refusal_of(attach(community.ben, community, ChannelId(new_id()))) in {
            "forbidden",
            "unauthenticated",
        }


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
        posted = await post(messaging, community, channel_id, attached)
        await hear(engine, deleted_message(ChannelId(new_id()), attached))  # of another channel: means nothing
        assert await used_bytes(engine, community.space_id) == 3000

        await hear(
            engine,
            {
                "message": MessageDeleted(**posted),
                "channel": ChannelDeleted(id=channel_id, space_id=community.space_id),
                "parent": ChannelDeleted(id=ChannelId(new_id()), space_id=community.space_id, threads=(channel_id,)),
                "space": SpaceDeleted(id=community.space_id),
            }[whole],
        )
        await sweep()

        assert await used_bytes(engine, community.space_id) == 0
        assert (await community.ben.ask("GET", f"/api/v1/files/{attached['id']}")).status_code == 404
        await is_gone(objects, attached)


class TestMessagesThatShowIt:
    async def test_the_last_one_that_is_deleted_takes_it_along_and_none_before(
        self,
        community: Community,
        http: aiohttp.ClientSession,
        engine: AsyncEngine,
        messaging: Asking,
        objects: Objects,
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        channel_id = ChannelId(new_id())
        first, second = [await post(messaging, community, channel_id, shown) for _ in range(2)]

        await delete_message(engine, first)
        after_one = (await community.ben.ask("GET", f"/api/v1/files/{shown['id']}")).status_code
        await delete_message(engine, second)

        assert after_one == 200
        assert (await community.ben.ask("GET", f"/api/v1/files/{shown['id']}")).status_code == 404
        assert await used_bytes(engine, community.space_id) == 0

    async def test_one_that_is_about_to_come_keeps_it(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        channel_id = ChannelId(new_id())
        first = await post(messaging, community, channel_id, shown)
        await attach(messaging, community, channel_id, shown)

        await delete_message(engine, first)
        await hear(engine, MessagePosted(**message(channel_id, shown)))

        assert (await community.ben.ask("GET", f"/api/v1/files/{shown['id']}")).status_code == 200

    async def test_news_of_them_may_come_in_any_order(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        channel_id = ChannelId(new_id())
        await attach(messaging, community, channel_id, shown)
        posted = message(channel_id, shown)

        await delete_message(engine, posted)
        await hear(engine, MessagePosted(**posted))

        assert await used_bytes(engine, community.space_id) == 0

    async def test_one_that_was_edited_before_it_was_heard_of_keeps_it(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking, sweep: Sweep
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        channel_id = ChannelId(new_id())
        await attach(messaging, community, channel_id, shown)

        await hear(engine, MessageEdited(**message(channel_id, shown)))
        await let_time_pass(engine, shown, hours=25)
        await sweep()

        assert (await community.ben.ask("GET", f"/api/v1/files/{shown['id']}")).status_code == 200

    async def test_one_that_was_refused_gives_it_back(
        self,
        community: Community,
        http: aiohttp.ClientSession,
        engine: AsyncEngine,
        messaging: Asking,
        objects: Objects,
        sweep: Sweep,
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        refused_in, channel_id = ChannelId(new_id()), ChannelId(new_id())
        await attach(messaging, community, refused_in, shown)
        assert await attach(messaging, community, channel_id, shown) == [shown["id"]]

        await release(messaging, community, refused_in, shown)

        assert await attach(messaging, community, channel_id, shown) == []
        await release(messaging, community, channel_id, shown)
        await let_time_pass(engine, shown, hours=25)
        await sweep()
        assert await used_bytes(engine, community.space_id) == 0
        await is_gone(objects, shown)

    async def test_one_that_never_came_keeps_no_quota(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking, sweep: Sweep
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        await attach(messaging, community, ChannelId(new_id()), shown)
        await let_time_pass(engine, shown, hours=25)

        await sweep()

        assert await used_bytes(engine, community.space_id) == 0

    async def test_of_which_no_news_came_is_asked_of_messaging(
        self,
        community: Community,
        http: aiohttp.ClientSession,
        engine: AsyncEngine,
        messaging: Asking,
        objects: Objects,
        settings: Settings,
    ) -> None:
        shown, unshown, unsaid = [await upload(community.ben, http, community.space_id, a_png()) for _ in range(3)]
        channel_id = ChannelId(new_id())
        await attach(messaging, community, channel_id, shown, unshown, unsaid)
        for one in (shown, unshown, unsaid):
            await let_time_pass(engine, one, hours=25)

        async def shows(channel: ChannelId, upload_id: UUID) -> bool:
            if str(upload_id) == unsaid["id"]:
                raise Unavailable
            return channel == channel_id and str(upload_id) == shown["id"]

        await Sweepers(engine, objects, settings, hearing=long_since(), shows=shows).sweep()

        assert await used_bytes(engine, community.space_id) == 6000
        assert await refusal_of(community.ben.do("GET", f"/api/v1/files/{unshown['id']}")) == "not_found"
        await hear(engine, deleted_message(channel_id, shown))
        assert await used_bytes(engine, community.space_id) == 3000

    async def test_are_left_no_dead_id_by_deleting_the_file(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking
    ) -> None:
        shown = await upload(community.ben, http, community.space_id, a_png())
        channel_id = ChannelId(new_id())
        await attach(messaging, community, channel_id, shown)

        before = await refusal_of(community.ben.do("DELETE", f"/api/v1/uploads/{shown['id']}"))
        posted = message(channel_id, shown)
        await hear(engine, MessagePosted(**posted))
        after = await refusal_of(community.ann.do("DELETE", f"/api/v1/uploads/{shown['id']}"))
        await delete_message(engine, posted)

        assert (before, after) == ("upload_attached", "upload_attached")
        assert await used_bytes(engine, community.space_id) == 0

    def test_without_attachments_cost_no_transaction(self) -> None:
        def posted(*uploads: Json) -> Envelope:
            event = MessagePosted(**message(ChannelId(new_id()), *uploads))
            data = msgspec.Raw(msgspec.json.encode(event))
            return Envelope(id=new_id(), type=event.TYPE, topic="", seq=1, at=now(), data=data)

        assert not concerns_media(posted())
        assert concerns_media(posted({"id": str(new_id())}))


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
        await post(messaging, community, ChannelId(new_id()), attached)
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
