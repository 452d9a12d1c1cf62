"""Which message is the panel of which recording, in Redis: so panels outlive the process, and none is posted twice."""

from typing import Final, cast

import msgspec
from redis.asyncio import Redis

from contracts.ids import RecordingId

_POSTING_SECONDS: Final = 30
"""Whoever claimed a panel and has not posted it by then is gone."""


class Shown(msgspec.Struct, frozen=True):
    """Where the panel is."""

    channel_id: int
    message_id: int


class Panels:
    """Every call may raise what `streams.bus.OUTAGES` names."""

    def __init__(self, redis: Redis, *, days_max: int) -> None:
        self._redis = redis
        self._seconds = days_max * 86_400

    async def find(self, recording_id: RecordingId) -> Shown | None:
        """None when there is none, or it is being posted right now."""
        kept = cast("bytes | None", await self._redis.get(_key(recording_id)))
        return msgspec.json.decode(kept, type=Shown) if kept else None

    async def claim(self, recording_id: RecordingId) -> bool:
        """Whether the caller is the one to post it."""
        return bool(await self._redis.set(_key(recording_id), b"", nx=True, ex=_POSTING_SECONDS))

    async def keep(self, recording_id: RecordingId, shown: Shown) -> None:
        await self._redis.set(_key(recording_id), msgspec.json.encode(shown), ex=self._seconds)

    async def release(self, recording_id: RecordingId) -> None:
        """It could not be posted; somebody may try again."""
        await self._redis.delete(_key(recording_id))


def _key(recording_id: RecordingId) -> str:
    return f"control-bot:panel:{recording_id}"
