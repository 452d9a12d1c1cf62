"""What happens to recordings whose recorder is lost, and to what was deleted."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.media import Progressed, Stopped
from contracts.times import now
from media.clients.objects import Objects
from media.settings import Settings
from testkit.waiting import eventually
from voice import ogg

from .conftest import Sweep
from .people import (
    Community,
    Json,
    Recorder,
    Refused,
    close_addresses,
    lose,
    make_segment,
    set_column,
    snowflake,
)


@pytest.fixture
async def recording(community: Community) -> Json:
    return await community.request()


class TestARecordingThatIsLost:
    async def test_fails_when_nobody_took_it(
        self, community: Community, recording: Json, engine: AsyncEngine, sweep: Sweep
    ) -> None:
        await lose(engine, recording, seconds=121)

        await sweep()

        shown = await community.show(recording)
        assert (shown["state"], bool(shown["failure"])) == ("failed", True)
        assert (await community.told())[-1] == "recording_failed"

    async def test_fails_when_nobody_joined(
        self, community: Community, recording: Json, recorder: Recorder, engine: AsyncEngine, sweep: Sweep
    ) -> None:
        await recorder.claim(recording)
        await lose(engine, recording)

        await sweep()

        assert (await community.show(recording))["state"] == "failed"

    async def test_is_let_be_until_its_time(
        self, community: Community, recording: Json, recorder: Recorder, engine: AsyncEngine, sweep: Sweep
    ) -> None:
        await recorder.begin(recording)
        await lose(engine, recording, seconds=1700)

        await sweep()

        assert (await community.show(recording))["state"] == "recording"

    @pytest.mark.parametrize("step", ["", "pause", "stop"])
    async def test_is_finished_from_what_was_acknowledged(
        self, community: Community, recording: Json, recorder: Recorder, engine: AsyncEngine, sweep: Sweep, step: str
    ) -> None:
        await recorder.begin(recording)
        await recorder.deliver(recording, make_segment(snowflake(), seconds=3))
        await recorder.report(recording, Progressed(position_ms=2500))
        if step:
            await community.ann.do("POST", f"/{recording['id']}/{step}")
        await lose(engine, recording)

        await sweep()

        shown = await community.show(recording)
        assert (shown["state"], shown["duration_ms"]) == ("ready", 3000)
        assert shown["stop_reason"] == ("asked" if step == "stop" else "recorder_lost")
        assert (await community.told())[-2:] == ["recording_finished", "recording_ready"]
        file = (await community.ben.ask("GET", f"/{recording['id']}/tracks/1/audio")).content
        assert (list(ogg.pages(file))[-1].granule - ogg.PRE_SKIP) / 48 == 3000

    async def test_keeps_the_length_that_its_recorder_told(
        self, community: Community, recording: Json, recorder: Recorder, engine: AsyncEngine, sweep: Sweep
    ) -> None:
        await recorder.begin(recording)
        await recorder.report(recording, Stopped(position_ms=9000))
        await set_column(engine, recording, finished_at=now() - timedelta(seconds=1900))
        await lose(engine, recording)

        await sweep()

        assert (await community.show(recording))["duration_ms"] == 9000

    async def test_takes_nothing_any_more(
        self, recording: Json, recorder: Recorder, engine: AsyncEngine, sweep: Sweep
    ) -> None:
        await recorder.begin(recording)
        await lose(engine, recording)
        await sweep()

        with pytest.raises(Refused) as refusal:
            await recorder.reserve(recording, make_segment(snowflake()))

        assert refusal.value.code == "recording_over"


class TestWhatWasNotAcknowledged:
    async def test_is_not_kept(
        self, community: Community, recording: Json, recorder: Recorder, settings: Settings, sweep: Sweep
    ) -> None:
        shy = snowflake()
        segment = make_segment(shy)
        await recorder.begin(recording)
        await recorder.put(await recorder.reserve(recording, segment), segment.content)
        await community.bot(shy).do("PUT", f"/{recording['id']}/consent", {"choice": "opted_out"})

        await recorder.finish(recording, position_ms=2000)
        await sweep()

        objects = Objects(settings)
        async with objects.connected():
            key = f"recordings/{recording['id']}/1/{segment.wanted.id}.ogg"
            assert await objects.read(key, bytes_max=10) is None


class TestWhatWasDeleted:
    async def test_is_removed_when_it_can_no_longer_be_restored(
        self,
        community: Community,
        recording: Json,
        recorder: Recorder,
        engine: AsyncEngine,
        settings: Settings,
        sweep: Sweep,
    ) -> None:
        segment = make_segment(snowflake())
        await recorder.begin(recording)
        await recorder.deliver(recording, segment)
        await recorder.finish(recording, position_ms=2000)
        await sweep()
        await community.ann.do("DELETE", f"/{recording['id']}")
        await set_column(engine, recording, deleted_at=now() - timedelta(days=31))
        await close_addresses(engine, recording)

        await sweep()

        with pytest.raises(Refused) as refusal:
            await community.ann.do("POST", f"/{recording['id']}/restore")
        assert refusal.value.code == "not_found"
        objects = Objects(settings)
        async with objects.connected():
            key = f"recordings/{recording['id']}/1/{segment.wanted.id}.ogg"
            assert await objects.read(key, bytes_max=10) is None


class TestHealth:
    async def test_names_what_it_stands_on(self, client: httpx.AsyncClient) -> None:
        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await eventually(is_ready)
