"""What people and the bot that acts for them do to recordings."""

from collections.abc import Awaitable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.auth import IdentityUnlinked
from contracts.ids import new_id
from contracts.messaging import MemberJoined, MemberLeft, MemberUpdated, Role, SpaceDeleted
from contracts.times import now

from .people import Community, Json, Recorder, Refused, hear, make_community, snowflake


async def code_of(asking: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refusal:
        await asking
    return refusal.value.code


class TestRequestRecording:
    async def test_tells_recorders(self, community: Community) -> None:
        recording = await community.request(title=" Game night ")

        assert (recording["state"], recording["title"]) == ("requested", "Game night")
        assert recording["requested_by"] == str(community.ann.id)
        assert await community.told() == ["recording_requested"]

    async def test_with_the_same_key_gives_the_first_recording(self, community: Community) -> None:
        wanted, headers = community.wanted(), {"idempotency-key": "k1"}
        first = await community.ann.ask("POST", "", wanted, headers=headers)

        again = await community.ann.ask("POST", "", wanted, headers=headers)

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert await community.told() == ["recording_requested"]

    async def test_with_the_same_key_and_another_body_is_refused(self, community: Community) -> None:
        headers = {"idempotency-key": "k1"}
        await community.ann.do("POST", "", community.wanted(), headers=headers)

        again = community.ann.do("POST", "", community.wanted(), headers=headers)

        assert await code_of(again) == "idempotency_key_reused"

    async def test_records_a_voice_channel_once(self, community: Community) -> None:
        wanted = community.wanted()
        first = await community.ann.do("POST", "", wanted)

        with pytest.raises(Refused) as refusal:
            await community.ann.do("POST", "", wanted)

        assert refusal.value.code == "already_recording"
        assert first["id"] in refusal.value.body["detail"]

    async def test_may_follow_a_recording_that_has_ended(self, community: Community) -> None:
        wanted = community.wanted()
        first = await community.ann.do("POST", "", wanted)
        await community.ann.do("POST", f"/{first['id']}/stop")

        second = await community.ann.do("POST", "", wanted)

        assert second["id"] != first["id"]

    async def test_needs_a_role(self, community: Community) -> None:
        assert await code_of(community.ben.do("POST", "", community.wanted())) == "forbidden"

    async def test_shows_nothing_to_strangers(self, community: Community) -> None:
        assert await code_of(community.eve.do("POST", "", community.wanted())) == "not_found"

    async def test_needs_a_guild_that_is_linked(self, community: Community) -> None:
        wanted = community.wanted(guild_id=snowflake())

        assert await code_of(community.ann.do("POST", "", wanted)) == "guild_not_linked"

    async def test_needs_the_guild_of_that_space(self, community: Community, engine: AsyncEngine) -> None:
        other = await make_community(community.client, engine, community.signer)
        wanted = community.wanted(guild_id=other.guild_id, space_id=str(community.space_id))

        assert await code_of(community.ann.do("POST", "", wanted)) == "guild_not_linked"

    @pytest.mark.parametrize(
        "wrong",
        [{"guild_id": "x"}, {"voice_channel_id": ""}, {"text_channel_id": "-1"}, {"title": "x" * 201}, {"more": 1}],
        ids=lambda wrong: next(iter(wrong)),
    )
    async def test_refuses_what_it_does_not_understand(self, community: Community, wrong: Json) -> None:
        assert await code_of(community.ann.do("POST", "", community.wanted(**wrong))) == "invalid_input"


class TestActForADiscordUser:
    async def test_who_has_linked_their_account(self, community: Community) -> None:
        recording = await community.bot(community.ann.discord_id).do("POST", "", community.wanted())

        assert recording["requested_by"] == str(community.ann.id)
        assert recording["requested_by_discord"] == community.ann.discord_id

    async def test_who_has_not_is_told_how(self, community: Community) -> None:
        with pytest.raises(Refused) as refusal:
            await community.bot(snowflake()).do("POST", "", community.wanted())

        assert (refusal.value.status, refusal.value.code) == (403, "not_linked")
        assert "/link" in refusal.value.body["detail"]

    async def test_who_manages_the_guild_needs_no_account(self, community: Community) -> None:
        admin = community.bot(snowflake(), **{"x-discord-manages-guild": community.guild_id})

        recording = await admin.do("POST", "", community.wanted())

        assert recording["requested_by"] is None
        assert (await admin.do("POST", f"/{recording['id']}/stop"))["state"] == "failed"

    async def test_who_manages_another_guild_gains_nothing(self, community: Community) -> None:
        recording = await community.request()
        admin = community.bot(snowflake(), **{"x-discord-manages-guild": snowflake()})

        assert await code_of(admin.do("POST", f"/{recording['id']}/stop")) == "not_linked"

    async def test_only_the_control_bot_may(self, community: Community) -> None:
        token = community.signer.service_token("recorder-bot", audience="media")
        headers = {"authorization": f"Bearer {token}"}
        bot = community.bot(community.ann.discord_id)

        assert await code_of(bot.do("POST", "", community.wanted(), headers=headers)) == "forbidden"

    async def test_a_person_may_not(self, community: Community) -> None:
        headers = {"x-on-behalf-of-discord": community.ann.discord_id}

        assert await code_of(community.eve.do("POST", "", community.wanted(), headers=headers)) == "unauthenticated"

    async def test_ends_when_the_account_is_unlinked(self, community: Community, engine: AsyncEngine) -> None:
        ann = community.ann
        gone = IdentityUnlinked(user_id=ann.id, provider="discord", provider_user_id=ann.discord_id, at=now())
        await hear(engine, gone)

        assert await code_of(community.bot(ann.discord_id).do("POST", "", community.wanted())) == "not_linked"


class TestMove:
    async def test_pauses_and_resumes_and_stops(self, community: Community, recorder: Recorder) -> None:
        recording = await community.request()
        await recorder.begin(recording)

        states = [
            (await community.ann.do("POST", f"/{recording['id']}/{step}"))["state"]
            for step in ("pause", "pause", "resume", "resume", "stop", "stop")
        ]

        assert states == ["paused", "paused", "recording", "recording", "finishing", "finishing"]
        assert await community.told() == [
            "recording_requested",
            "recording_claimed",
            "recording_started",
            "recording_paused",
            "recording_resumed",
            "recording_finished",
        ]

    @pytest.mark.parametrize("step", ["pause", "resume"])
    async def test_only_what_has_begun_is_paused(self, community: Community, step: str) -> None:
        recording = await community.request()

        assert await code_of(community.ann.do("POST", f"/{recording['id']}/{step}")) == "not_now"

    async def test_stopped_before_it_began_has_failed(self, community: Community) -> None:
        recording = await community.request()

        stopped = await community.ann.do("POST", f"/{recording['id']}/stop")

        assert stopped["state"] == "failed"
        assert "before" in stopped["failure"]

    @pytest.mark.parametrize("step", ["pause", "resume", "stop"])
    async def test_needs_a_role(self, community: Community, step: str) -> None:
        recording = await community.request()

        assert await code_of(community.ben.do("POST", f"/{recording['id']}/{step}")) == "forbidden"

    async def test_deleted_is_out_of_sight_until_restored(self, community: Community) -> None:
        recording = await community.request()
        path = f"/{recording['id']}"
        await community.ann.do("POST", f"{path}/stop")

        await community.ann.do("DELETE", path)
        await community.ann.do("DELETE", path)

        assert await code_of(community.ann.do("GET", path)) == "not_found"
        assert (await community.ann.do("GET", "", space_id=community.space_id))["items"] == []
        [shown] = (await community.ann.do("GET", "", space_id=community.space_id, deleted=True))["items"]
        assert shown["deleted_at"]
        await community.ann.do("POST", f"{path}/restore")
        assert (await community.ann.do("GET", path))["deleted_at"] is None
        assert (await community.told())[-2:] == ["recording_deleted", "recording_restored"]

    async def test_what_runs_cannot_be_deleted(self, community: Community) -> None:
        recording = await community.request()

        assert await code_of(community.ann.do("DELETE", f"/{recording['id']}")) == "not_now"


class TestShow:
    async def test_pages_newest_first(self, community: Community) -> None:
        made = [(await community.request())["id"] for _ in range(3)]

        first = await community.ben.do("GET", "", guild_id=community.guild_id, limit=2)
        rest = await community.ben.do("GET", "", guild_id=community.guild_id, limit=2, before=first["next_cursor"])

        assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
        assert (first["seq"], rest["next_cursor"]) == (3, None)

    async def test_hides_from_strangers(self, community: Community) -> None:
        recording = await community.request()

        assert await code_of(community.eve.do("GET", f"/{recording['id']}")) == "not_found"
        assert await code_of(community.eve.do("GET", "", space_id=community.space_id)) == "not_found"

    async def test_needs_to_know_where(self, community: Community) -> None:
        assert await code_of(community.ann.do("GET", "")) == "invalid_input"


class TestNotes:
    async def test_stand_at_their_moment(self, community: Community, recorder: Recorder) -> None:
        recording = await community.request()
        await recorder.begin(recording, seconds_ago=60)

        now_note = await community.ben.do("POST", f"/{recording['id']}/notes", {"text": "now"})
        await community.ben.do("POST", f"/{recording['id']}/notes", {"text": "then", "at_ms": 5})

        assert 60_000 <= now_note["at_ms"] < 70_000
        assert [note["text"] for note in (await community.show(recording))["notes"]] == ["then", "now"]
        assert (await community.told())[-1] == "note_added"

    async def test_with_the_same_key_are_one(self, community: Community) -> None:
        recording = await community.request()
        ask = (f"/{recording['id']}/notes", {"text": "hm"})
        headers = {"idempotency-key": "n"}

        notes = [await community.ben.do("POST", *ask, headers=headers) for _ in range(2)]

        assert notes[0] == notes[1]
        assert len((await community.show(recording))["notes"]) == 1

    @pytest.mark.parametrize("wrong", [{"text": " "}, {"text": "x", "at_ms": -1}, {"text": "x" * 2001}])
    async def test_refuse_what_is_none(self, community: Community, wrong: Json) -> None:
        recording = await community.request()

        assert await code_of(community.ben.do("POST", f"/{recording['id']}/notes", wrong)) == "invalid_input"


class TestConsent:
    async def test_is_a_speakers_own_by_their_discord_id(self, community: Community, recorder: Recorder) -> None:
        recording, shy = await community.request(), snowflake()

        await community.bot(shy).do("PUT", f"/{recording['id']}/consent", {"choice": "opted_out"})

        assert (await recorder.claim(recording)).orders.opted_out == (shy,)
        assert (await community.told())[-2:] == ["consent_changed", "recording_claimed"]

    async def test_of_an_account_is_for_its_discord_account(self, community: Community, recorder: Recorder) -> None:
        recording = await community.request()

        await community.ann.do("PUT", f"/{recording['id']}/consent", {"choice": "opted_out"})

        assert (await recorder.claim(recording)).orders.opted_out == (community.ann.discord_id,)

    async def test_without_a_discord_account_says_nothing(self, community: Community) -> None:
        recording = await community.request()
        choice = {"choice": "opted_out"}

        assert await code_of(community.ben.do("PUT", f"/{recording['id']}/consent", choice)) == "not_linked"

    async def test_for_one_recording_leaves_the_next_alone(self, community: Community, recorder: Recorder) -> None:
        first, second, shy = await community.request(), await community.request(), snowflake()
        loud = snowflake()
        choice = {"choice": "opted_out"}

        await community.bot(loud).do("PUT", f"/{first['id']}/consent", choice)
        await community.bot(shy).do("PUT", f"/{first['id']}/consent", choice | {"whole_space": True})

        assert (await recorder.claim(second)).orders.opted_out == (shy,)

    async def test_may_change(self, community: Community, recorder: Recorder) -> None:
        recording, speaker = await community.request(), snowflake()
        for choice in ("opted_out", "opted_in"):
            await community.bot(speaker).do("PUT", f"/{recording['id']}/consent", {"choice": choice})

        assert (await recorder.claim(recording)).orders.opted_out == ()


class TestMembers:
    async def test_come_and_go_as_messaging_tells(self, community: Community, engine: AsyncEngine) -> None:
        recording = await community.request()
        joined = MemberJoined(
            space_id=community.space_id, user=community.eve.profile, role=Role.MEMBER, joined_at=now()
        )

        await hear(engine, joined)
        assert (await community.eve.do("GET", f"/{recording['id']}"))["id"] == recording["id"]
        await hear(engine, MemberLeft(space_id=community.space_id, user_id=community.eve.id))

        assert await code_of(community.eve.do("GET", f"/{recording['id']}")) == "not_found"

    async def test_may_more_with_another_role(self, community: Community, engine: AsyncEngine) -> None:
        promoted = MemberUpdated(
            space_id=community.space_id, user=community.ben.profile, role=Role.ADMIN, joined_at=now()
        )

        await hear(engine, promoted)

        assert (await community.ben.do("POST", "", community.wanted()))["state"] == "requested"

    async def test_of_a_space_that_is_gone_see_nothing(self, community: Community, engine: AsyncEngine) -> None:
        await hear(engine, SpaceDeleted(id=community.space_id))

        assert await code_of(community.ann.do("GET", "", space_id=community.space_id)) == "not_found"

    async def test_are_who_may_watch(self, community: Community, recorder: Recorder) -> None:
        await community.request()
        topic = f"recordings:{community.space_id}"

        page = await recorder.do("GET", "/internal/log", topic=topic, after=0, audience=True)

        assert set(page["audience"]) == {str(community.ann.id), str(community.ben.id)}
        assert page["depends_on"] == f"space:{community.space_id}"
        assert [one["type"] for one in page["events"]] == ["media.recording_requested.v1"]

    async def test_watch_no_topic_that_there_is_not(self, recorder: Recorder) -> None:
        for topic in (f"recordings:{new_id()}", "recordings:x", "space:x"):
            assert await code_of(recorder.do("GET", "/internal/log", topic=topic)) == "not_found"
