"""What a member may try against everybody else, bounded."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.ids import ChannelId, SpaceId, new_id
from contracts.media import Upload, UploadState
from contracts.messaging import MemberLeft, MemberUpdated, Role
from contracts.problems import Unavailable
from contracts.times import now
from media.settings import Settings
from media.usecases.checking import Checks
from testkit.tokens import Signer

from .conftest import StartMedia
from .files import a_png, complete, post, refusal_of, reserve, send, upload, used_bytes
from .people import Asking, Community, Json, Recorder, hear, make_community, make_segment, snowflake

DIGITS = "9" * 5000


@pytest.fixture
async def hanging_endpoint() -> AsyncGenerator[str]:
    """A store that takes connections and never answers."""
    opened: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: opened.append(writer), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in opened:
        writer.close()


def through(client: httpx.AsyncClient, person: Asking) -> Asking:
    """The same person, at another replica."""
    return Asking(client, person.headers["authorization"].removeprefix("Bearer "))


async def make_older(engine: AsyncEngine, reserved: Json, *, seconds: float) -> None:
    async with engine.begin() as connection:
        values = {"by": timedelta(seconds=seconds), "id": UUID(reserved["id"])}
        statement = text("update uploads set created_at = created_at - cast(:by as interval) where id = :id")
        await connection.execute(statement, values)


class TestEndlessNumbers:
    @pytest.mark.parametrize("asked", [f"bytes=0-{DIGITS}", f"bytes={DIGITS}-", f"bytes=-{DIGITS}"])
    async def test_in_a_range_are_ignored(self, community: Community, http: aiohttp.ClientSession, asked: str) -> None:
        ready = await upload(community.ben, http, community.space_id, a_png())

        answer = await community.ben.ask("GET", f"/api/v1/files/{ready['id']}", headers={"range": asked})

        assert (answer.status_code, len(answer.content)) == (200, 3000)

    @pytest.mark.parametrize("name", ["before", "limit", "space_id"])
    async def test_in_a_parameter_are_invalid(self, community: Community, name: str) -> None:
        asked: dict[str, Any] = {"space_id": str(community.space_id)} | {name: DIGITS}

        answer = await community.ben.ask("GET", "", **asked)

        assert answer.status_code == 400


class TestReservations:
    async def test_of_one_person_are_limited_and_leave_room_for_others(
        self, start: StartMedia, engine: AsyncEngine, signer: Signer
    ) -> None:
        client = await start(reservations_per_person_max=2, reserved_bytes_per_person_max=5000)
        community = await make_community(client, engine, signer)
        for _ in range(2):
            await reserve(community.ben, community.space_id, a_png(size=500))

        third = await refusal_of(reserve(community.ben, community.space_id, a_png(size=500)))
        too_large = await refusal_of(reserve(community.ann, community.space_id, a_png(size=5001)))

        assert (third, too_large) == ("reservations_full", "reservations_full")
        assert await reserve(community.ann, community.space_id, a_png(size=5000))

    async def test_at_once_are_limited_too(self, start: StartMedia, engine: AsyncEngine, signer: Signer) -> None:
        client = await start(reservations_per_person_max=3)
        community = await make_community(client, engine, signer)

        async def try_it() -> int:
            wanted = a_png(size=500).wanted(community.space_id)
            return (await community.ben.ask("POST", "/api/v1/uploads", wanted)).status_code

        answers = await asyncio.gather(*(try_it() for _ in range(10)))

        assert (answers.count(201), answers.count(429)) == (3, 7)

    async def test_that_were_not_used_for_long_yield_where_the_space_is_full(
        self, start: StartMedia, http: aiohttp.ClientSession, engine: AsyncEngine, signer: Signer
    ) -> None:
        client = await start(space_upload_bytes_max=3000)
        community = await make_community(client, engine, signer)
        old = await reserve(community.ben, community.space_id, a_png(size=1500))
        new = await reserve(community.ben, community.space_id, file := a_png(size=1500))
        await make_older(engine, old, seconds=601)

        made = await reserve(community.ann, community.space_id, a_png(size=1500))
        refused = await refusal_of(reserve(community.ann, community.space_id, a_png(size=1500)))

        assert (made["state"], refused) == ("reserved", "space_full")
        assert await refusal_of(complete(community.ben, old)) == "not_found"
        await send(http, new, file.content)
        assert (await complete(community.ben, new))["state"] == "ready"
        assert await used_bytes(engine, community.space_id) == 3000


class TestPeopleWhoseRoleEnded:
    async def test_read_none_of_their_files_once_they_left(
        self, community: Community, http: aiohttp.ClientSession, engine: AsyncEngine, messaging: Asking
    ) -> None:
        loose = await upload(community.ben, http, community.space_id, a_png())
        attached = await upload(community.ben, http, community.space_id, a_png())
        begun = await reserve(community.ben, community.space_id, a_png())
        await post(messaging, community, ChannelId(new_id()), attached)

        await hear(engine, MemberLeft(space_id=community.space_id, user_id=community.ben.id))

        for one in (loose, attached):
            assert (await community.ben.ask("GET", f"/api/v1/files/{one['id']}")).status_code == 404
            assert (await community.ben.ask("GET", f"/api/v1/uploads/{one['id']}")).status_code == 404
        assert await refusal_of(complete(community.ben, begun)) == "not_found"

    async def test_no_longer_stop_what_they_asked_for(self, community: Community, engine: AsyncEngine) -> None:
        recording = await community.request()
        at = now()
        demoted = MemberUpdated(space_id=community.space_id, user=community.ann.profile, role=Role.MEMBER, joined_at=at)

        await hear(engine, demoted)

        assert await refusal_of(community.ann.do("POST", f"/{recording['id']}/stop")) == "forbidden"
        assert await refusal_of(community.ann.do("POST", f"/{recording['id']}/pause")) == "forbidden"

    async def test_see_deleted_recordings_only_as_moderators(self, community: Community) -> None:
        ids = {"space_id": str(community.space_id), "deleted": True}

        assert await refusal_of(community.ben.do("GET", "", **ids)) == "forbidden"
        assert (await community.ann.do("GET", "", **ids))["items"] == []


class TestAStoreThatHangs:
    async def test_holds_no_connection_to_the_database(
        self,
        community: Community,
        recorder: Recorder,
        start: StartMedia,
        hanging_endpoint: str,
    ) -> None:
        recording = await community.request()
        segment = make_segment(snowflake())
        await recorder.begin(recording)
        await recorder.deliver(recording, segment)
        client = await start(
            s3_endpoint=hanging_endpoint, s3_seconds=60, database_connections_max=8, sweep_seconds=3600
        )
        ben = through(client, community.ben)
        path, part = f"/{recording['id']}/tracks/1/audio", {"range": "bytes=2000-2100"}

        waiting = [asyncio.create_task(ben.ask("GET", path, headers=part)) for _ in range(30)]
        await asyncio.wait(waiting, timeout=0.5)
        async with asyncio.timeout(4):
            shown = await ben.ask("GET", f"/{recording['id']}")
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

        assert shown.status_code == 200


class TestChecks:
    async def test_of_one_file_are_one_however_many_ask(self, settings: Settings) -> None:
        checks, read = Checks(settings), asyncio.Event()
        begun: list[int] = []

        async def check() -> Upload:
            begun.append(1)
            await read.wait()
            return ready

        upload_id = new_id()
        ready = Upload(
            id=upload_id,
            space_id=SpaceId(new_id()),
            state=UploadState.READY,
            filename="a",
            size=1,
            content_type="x/y",
            created_at=now(),
        )

        asking = [asyncio.create_task(checks.result_of(upload_id, check)) for _ in range(20)]
        await asyncio.wait(asking, timeout=0)
        asking[0].cancel()
        read.set()

        answers = await asyncio.gather(*asking, return_exceptions=True)

        assert answers[1:] == [ready] * 19
        assert begun == [1]

    async def test_that_take_long_or_are_many_are_asked_for_again(self, settings: Settings) -> None:
        few = msgspec.structs.replace(settings, check_wait_seconds=0.01, checks_waiting_max=1)
        checks = Checks(few)

        async def check() -> Upload:
            await asyncio.Event().wait()
            raise AssertionError

        with pytest.raises(Unavailable, match="still"):
            await checks.result_of(new_id(), check)
        with pytest.raises(Unavailable, match="Too many"):
            await checks.result_of(new_id(), check)
        await checks.end()
