"""media's internal API for recorders, and the store that its addresses point to."""

import aiohttp
import msgspec

from chassis.http import Answer, ServiceClient, Tokens
from contracts.ids import RecordingId
from contracts.media import (
    Claimed,
    ClaimWanted,
    Orders,
    RecorderReport,
    Recording,
    SegmentAcknowledged,
    SegmentReserved,
    SegmentWanted,
)
from contracts.problems import ProblemBody, Unavailable


class Refused(Exception):
    """media's answer is no, and will be at the next try as well; `code` and `detail` say why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class Media:
    """Every call raises Refused, or Unavailable when media is away and the call may be tried again."""

    def __init__(self, http: aiohttp.ClientSession, *, url: str, tokens: Tokens, upload_seconds_max: float) -> None:
        self._http = http
        self._service = ServiceClient(http, "media", url, tokens=tokens)
        self._timeout = aiohttp.ClientTimeout(total=upload_seconds_max)

    async def claimable(self, holder: str) -> list[Recording]:
        answer = await self._service.ask("GET", "/internal/recordings/claimable", params={"holder": holder})
        return _well(answer).decode(list[Recording])

    async def claim(self, recording_id: RecordingId, wanted: ClaimWanted) -> Claimed:
        return _well(await self._post(recording_id, "claim", wanted)).decode(Claimed)

    async def report(self, recording_id: RecordingId, report: RecorderReport) -> Orders:
        return _well(await self._post(recording_id, "reports", report)).decode(Orders)

    async def reserve(self, recording_id: RecordingId, segment: SegmentWanted) -> SegmentReserved:
        return _well(await self._post(recording_id, "segments", segment)).decode(SegmentReserved)

    async def put(self, reserved: SegmentReserved, data: bytes) -> None:
        """The bytes, with exactly the headers that were signed."""
        try:
            async with self._http.put(
                reserved.url or "",
                data=data,
                headers=reserved.headers,
                skip_auto_headers=("Content-Type",),
                timeout=self._timeout,
            ) as response:
                status, text = response.status, (await response.text(errors="replace"))[:200]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the store does not answer: {type(error).__name__}") from error
        if status >= 300:
            raise Unavailable(f"the store answered {status}: {text}")

    async def acknowledge(self, recording_id: RecordingId, segment: SegmentWanted) -> SegmentAcknowledged:
        path = f"segments/{segment.id}/acknowledge"
        return _well(await self._post(recording_id, path, None)).decode(SegmentAcknowledged)

    async def _post(self, recording_id: RecordingId, path: str, body: msgspec.Struct | None) -> Answer:
        return await self._service.ask("POST", f"/internal/recordings/{recording_id}/{path}", body=body)


def _well(answer: Answer) -> Answer:
    if answer.status < 300:
        return answer
    try:
        problem = answer.decode(ProblemBody)
    except msgspec.MsgspecError:
        raise Unavailable(f"media answered {answer.status}") from None
    if answer.status in {401, 429}:
        raise Unavailable(f"media answered {problem.code}")
    raise Refused(problem.code, problem.detail or problem.title)
