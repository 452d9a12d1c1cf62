"""Counts attempts in Redis, atomically; while Redis is away, in this process, and says so."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.domain.attempts import Bucket, Standing, TooManyAttempts

log = structlog.get_logger()

AWAY: Final = (RedisError, OSError, TimeoutError)
PREFIX: Final = "auth:attempts:"
CALLS_AT_ONCE: Final = 32
LOCAL_BUCKETS_MAX: Final = 20_000
LOCAL_SECONDS: Final = 5.0
"""How long Redis is left alone after it did not answer."""

# All or nothing: an attempt is counted in every bucket, or, if one is full, in none.
# Gives the number of the bucket that decides, what is left in it, and when it is emptied.
_TAKE: Final = """
local least, least_left, least_ms = 0, nil, 0
for i, key in ipairs(KEYS) do
  local left = tonumber(ARGV[2 * i - 1]) - tonumber(redis.call('GET', key) or '0')
  if left <= 0 then return {i, -1, redis.call('PTTL', key)} end
end
for i, key in ipairs(KEYS) do
  local used = redis.call('INCR', key)
  if used == 1 then redis.call('PEXPIRE', key, tonumber(ARGV[2 * i]) * 1000) end
  local left = tonumber(ARGV[2 * i - 1]) - used
  if least_left == nil or left < least_left then least, least_left, least_ms = i, left, redis.call('PTTL', key) end
end
return {least, least_left, least_ms}
"""
_GIVE_BACK: Final = """
for _, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
end
"""


class Throttle:
    """Lets through as many attempts as fit into every bucket, however many are made at the same moment."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._calls = asyncio.Semaphore(CALLS_AT_ONCE)
        self._local = LocalCounts()
        self._away_until = 0.0

    async def admit(self, buckets: Sequence[Bucket]) -> Standing:
        """Count one attempt; raises `TooManyAttempts` when one of the buckets is full."""
        decisive, left, reset_seconds = await self._ask_redis(buckets) or self._local.take(buckets)
        standing = Standing(buckets[decisive], max(0, left), reset_seconds)
        if left < 0:
            log.info("attempt.refused", bucket=standing.bucket.key, retry_after_seconds=reset_seconds)
            raise TooManyAttempts(standing)
        return standing

    async def give_back(self, buckets: Sequence[Bucket]) -> None:
        """The attempt was a success: it does not count."""
        self._local.give_back(buckets)
        if time.monotonic() >= self._away_until:
            try:
                async with self._calls:
                    await self._give_back(keys=[PREFIX + bucket.key for bucket in buckets])
            except AWAY as error:
                self._degrade(error)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _ask_redis(self, buckets: Sequence[Bucket]) -> tuple[int, int, float] | None:
        if time.monotonic() < self._away_until:
            return None
        keys = [PREFIX + bucket.key for bucket in buckets]
        limits = [number for bucket in buckets for number in (bucket.limit, bucket.seconds)]
        try:
            async with self._calls:
                number, left, milliseconds = cast("list[int]", await self._take(keys=keys, args=limits))
        except AWAY as error:
            self._degrade(error)
            return None
        return number - 1, left, milliseconds / 1000

    def _degrade(self, error: Exception) -> None:
        self._away_until = time.monotonic() + LOCAL_SECONDS
        log.warning("throttle.degraded", error=repr(error)[:200], local_seconds=LOCAL_SECONDS)


class LocalCounts:
    """The same counting in this process; bounded, the oldest counts go first."""

    def __init__(self, *, buckets_max: int = LOCAL_BUCKETS_MAX) -> None:
        self._buckets_max = buckets_max
        self._used: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._used)

    def take(self, buckets: Sequence[Bucket]) -> tuple[int, int, float]:
        now = time.monotonic()
        used = [self._current(bucket, now) for bucket in buckets]
        for number, (bucket, (count, until)) in enumerate(zip(buckets, used, strict=True)):
            if count >= bucket.limit:
                return number, -1, until - now
        for bucket, (count, until) in zip(buckets, used, strict=True):
            if bucket.key not in self._used and len(self._used) >= self._buckets_max:
                del self._used[next(iter(self._used))]
            self._used[bucket.key] = count + 1, until
        left = [bucket.limit - count - 1 for bucket, (count, _) in zip(buckets, used, strict=True)]
        least = left.index(min(left))
        return least, left[least], used[least][1] - now

    def give_back(self, buckets: Sequence[Bucket]) -> None:
        for bucket in buckets:
            count, until = self._used.get(bucket.key, (0, 0.0))
            if count:
                self._used[bucket.key] = count - 1, until

    def _current(self, bucket: Bucket, now: float) -> tuple[int, float]:
        count, until = self._used.get(bucket.key, (0, 0.0))
        return (count, until) if until > now else (0, now + bucket.seconds)
