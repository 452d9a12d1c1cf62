"""Tracks as files, while they are recorded and afterwards."""

import base64
import hashlib
import io
import zipfile
from itertools import pairwise

import httpx
import msgspec
import pytest
from jose import jws
from jose.exceptions import JWSError

from contracts.media import Finished, Gap, Missed, PacketCounts, Progressed, Stopped
from media.domain.manifest import SignedManifest, canonical
from testkit.waiting import eventually
from voice import ogg, opus

from .people import Community, Json, Recorder, Segment, make_segment


async def ready(community: Community, recording: Json) -> Json:
    """The recording once it is complete."""
    shown: Json = {}

    async def is_ready() -> bool:
        shown.update(await community.show(recording))
        return shown["state"] == "ready"

    await eventually(is_ready)
    return shown


async def play(community: Community, recording: Json, number: int = 1, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await community.ben.ask("GET", f"/{recording['id']}/tracks/{number}/audio", headers=sent)


def played_ms(file: bytes) -> float:
    """How long players say it is; every page is checked on the way."""
    pages = list(ogg.pages(file))
    assert [page.number for page in pages] == list(range(len(pages)))
    assert pages[0].flags == ogg.FIRST
    assert pages[-1].flags == ogg.LAST
    assert all(first.granule <= second.granule for first, second in pairwise(pages))
    return (pages[-1].granule - ogg.PRE_SKIP) / 48


@pytest.fixture
async def recording(community: Community, recorder: Recorder) -> Json:
    made = await community.request(title="Game night")
    await recorder.begin(made)
    return made


@pytest.fixture
async def segments(recording: Json, recorder: Recorder, community: Community) -> tuple[Segment, Segment]:
    """Ann speaks from 1 s to 3 s and from 5 s to 7 s, in a recording of 10 s that is ready."""
    ann = community.ann.discord_id
    await recorder.hear(recording, ann, "Ann / the first")
    early, late = (make_segment(ann, first_ms=at, seed=at) for at in (1000, 5000))
    await recorder.deliver(recording, late, early)
    await recorder.finish(recording, position_ms=10_000)
    await ready(community, recording)
    return early, late


class TestAReadyTrack:
    async def test_is_exactly_as_long_as_the_recording(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        file = (await play(community, recording)).content

        assert played_ms(file) == 10_000

    async def test_has_every_packet_at_its_moment_and_silence_else(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        early, late = segments

        packets = list(ogg.packets((await play(community, recording)).content))

        silence = [opus.SILENCE] * 50
        spoken = [*silence, *early.packets, *silence, *silence, *late.packets]
        assert packets[: len(spoken)] == spoken
        assert set(packets[len(spoken) :]) == {opus.SILENCE}

    async def test_is_never_shorter_than_its_audio(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        await recorder.deliver(recording, make_segment(community.ann.discord_id, seconds=3))
        await recorder.finish(recording, position_ms=2000)

        assert (await ready(community, recording))["duration_ms"] == 3000
        assert played_ms((await play(community, recording)).content) == 3000

    async def test_takes_a_segment_with_headers_and_an_empty_end(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        writer = ogg.Writer(ogg.Position(9))
        for _ in range(100):
            writer.write(b"\xf8abc")
        content = writer.cut() + writer.finish()
        plain = make_segment(community.ann.discord_id)
        sha256 = hashlib.sha256(content).hexdigest()
        wanted = msgspec.structs.replace(plain.wanted, size=len(content), sha256=sha256)

        await recorder.deliver(recording, Segment(wanted, content, ()))
        await recorder.finish(recording, position_ms=2000)
        await ready(community, recording)

        file = (await play(community, recording)).content
        assert list(ogg.packets(file))[:100] == [b"\xf8abc"] * 100
        assert played_ms(file) == 2000

    async def test_leaves_out_what_overlaps_and_says_so(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        ann = community.ann.discord_id
        await recorder.deliver(recording, make_segment(ann), make_segment(ann, first_ms=1000, seed=2))
        await recorder.finish(recording, position_ms=3000)
        await ready(community, recording)

        manifest = await community.ben.do("GET", f"/{recording['id']}/manifest")

        assert manifest["manifest"]["tracks"][0]["gaps"] == [
            {"start_ms": 2000, "length_ms": 1000, "cause": "overlapped"}
        ]
        assert played_ms((await play(community, recording)).content) == 3000


class TestATrackThatIsBeingRecorded:
    async def test_plays_what_is_certain_so_far(
        self, community: Community, recording: Json, recorder: Recorder
    ) -> None:
        ann = community.ann.discord_id
        first, second = make_segment(ann), make_segment(ann, first_ms=2000, seed=2)
        await recorder.deliver(recording, first)
        await recorder.reserve(recording, second)
        before = await play(community, recording)

        await recorder.deliver(recording, second)
        after = await play(community, recording)

        assert (played_ms(before.content), played_ms(after.content)) == (2000, 4000)
        assert before.headers["etag"] != after.headers["etag"]
        audio = before.content[: before.content.rindex(b"OggS")]
        assert after.content.startswith(audio)


class TestRanges:
    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ("bytes=0-0", slice(0, 1)),
            ("bytes=100-5000", slice(100, 5001)),
            ("bytes=5000-", slice(5000, None)),
            ("bytes=-10", slice(-10, None)),
            ("bytes=0-99999999", slice(0, None)),
            ("bytes=-99999999", slice(0, None)),
        ],
    )
    async def test_give_those_bytes(
        self,
        community: Community,
        recording: Json,
        segments: tuple[Segment, Segment],
        wanted: str,
        expected: slice,
    ) -> None:
        whole = (await play(community, recording)).content

        part = await play(community, recording, range=wanted)

        assert part.status_code == 206
        assert part.content == whole[expected]
        assert int(part.headers["content-length"]) == len(part.content)
        first = whole.index(part.content) if len(part.content) > 1 else 0
        assert part.headers["content-range"] == f"bytes {first}-{first + len(part.content) - 1}/{len(whole)}"

    @pytest.mark.parametrize("wanted", ["bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b", ""])
    async def test_that_nobody_understands_give_everything(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment], wanted: str
    ) -> None:
        answer = await play(community, recording, range=wanted)

        assert answer.status_code == 200
        assert answer.headers["accept-ranges"] == "bytes"

    @pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
    async def test_behind_the_end_are_refused_with_the_size(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment], wanted: str
    ) -> None:
        size = (await play(community, recording)).headers["content-length"]

        answer = await play(community, recording, range=wanted)

        assert (answer.status_code, answer.json()["code"]) == (416, "range_unsatisfiable")
        assert answer.headers["content-range"] == f"bytes */{size}"

    async def test_of_another_version_give_everything(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        answer = await play(community, recording, range="bytes=0-1", if_range='"old"')

        assert answer.status_code == 200

    async def test_that_are_known_are_not_sent_again(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        etag = (await play(community, recording)).headers["etag"]

        answer = await play(community, recording, if_none_match=f'"x", W/{etag}')

        assert (answer.status_code, answer.content) == (304, b"")


class TestWhoMayListen:
    async def test_no_strangers(self, community: Community, recording: Json, segments: tuple[Segment, Segment]) -> None:
        for path in ("tracks/1/audio", "zip", "manifest"):
            assert (await community.eve.ask("GET", f"/{recording['id']}/{path}")).status_code == 404

    async def test_only_to_what_there_is(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        assert (await play(community, recording, number=2)).status_code == 404


class TestTheManifest:
    async def test_adds_up(self, community: Community, recording: Json, recorder: Recorder) -> None:
        ann = community.ann.discord_id
        await recorder.hear(recording, ann, "Ann", ssrc=42)
        missing, there = make_segment(ann, first_ms=2000), make_segment(ann, first_ms=4000)
        await recorder.reserve(recording, missing)
        await recorder.deliver(recording, there)
        await recorder.report(recording, Missed(gap=Gap(start_ms=2000, length_ms=500, cause="restart")))
        counts = PacketCounts(received=105, written=100, dropped={"late": 5}, lost=1)
        await recorder.report(recording, Progressed(position_ms=7000, packets={ann: counts}))
        await recorder.report(recording, Stopped(position_ms=8000))
        await recorder.report(recording, Finished())
        await ready(community, recording)

        manifest = (await community.ben.do("GET", f"/{recording['id']}/manifest"))["manifest"]

        [track] = manifest["tracks"]
        file = (await play(community, recording)).content
        assert track["sha256"] == hashlib.sha256(file).hexdigest()
        assert (track["size"], track["duration_ms"], track["ssrcs"]) == (len(file), 8000, [42])
        assert track["packets"] == msgspec.to_builtins(counts)
        assert [one["sha256"] for one in track["segments"]] == [there.wanted.sha256]
        assert [(gap["start_ms"], gap["length_ms"], gap["cause"]) for gap in track["gaps"]] == [
            (0, 2000, "absent"),
            (2000, 500, "restart"),
            (2000, 2000, "segment_missing"),
            (6000, 2000, "absent"),
        ]

    async def test_is_signed_so_that_anybody_can_check(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        answer = await community.ben.ask("GET", f"/{recording['id']}/manifest")
        made = msgspec.json.decode(answer.content, type=SignedManifest)
        [key] = (await community.ben.do("GET", "/keys"))["keys"]
        header, _, signature = made.signature.jws.split(".")

        def check(payload: bytes) -> bytes:
            encoded = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
            return jws.verify(f"{header}.{encoded}.{signature}", key, ["ES256"])

        payload = canonical(made.manifest)
        assert check(payload) == payload
        with pytest.raises(JWSError):
            check(payload.replace(b"Game night", b"Game light"))

    async def test_is_not_sent_again(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        path = f"/{recording['id']}/manifest"
        etag = (await community.ben.ask("GET", path)).headers["etag"]

        assert (await community.ben.ask("GET", path, headers={"if-none-match": etag})).status_code == 304


class TestTheZip:
    async def test_holds_everything(
        self, community: Community, recording: Json, segments: tuple[Segment, Segment]
    ) -> None:
        await community.ben.do("POST", f"/{recording['id']}/notes", {"text": "Nice", "at_ms": 3_723_004})

        answer = await community.ben.ask("GET", f"/{recording['id']}/zip")

        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        assert archive.namelist() == ["1-Ann _ the first.ogg", "manifest.json", "notes.txt"]
        assert archive.read("1-Ann _ the first.ogg") == (await play(community, recording)).content
        assert msgspec.json.decode(archive.read("manifest.json"))["manifest"]["title"] == "Game night"
        assert archive.read("notes.txt").startswith(b"1:02:03.004  Nice")
        assert answer.headers["content-disposition"].startswith('attachment; filename="Game night.zip"; ')
