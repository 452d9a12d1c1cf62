"""Rate limits per person and per network, counted in Redis for all gateways together.

Each gateway takes its share of a window in handfuls and counts those off by itself, so that most requests cost no round
trip. The limit is never exceeded; somebody whose requests are spread over several gateways may meet it a handful early.
"""

import asyncio
import time
from typing import Any, Final, cast

import msgspec
import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage

from chassis.settings import Secret
from contracts.problems import RateLimited
from gateway.client import Client
from gateway.realtime import meters
from gateway.settings import Settings
from streams import bus

log = structlog.get_logger()

HANDFULS: Final = 20
"""A window's requests are taken in so many parts."""
AWAY_SECONDS: Final = 1.0
"""How long everything passes before Redis is asked again, when it did not answer."""
REDIS_SECONDS_MAX: Final = 0.3
KEPT_MAX: Final = 50_000

Headers = list[tuple[bytes, bytes]]


class Lease(msgspec.Struct):
    """What this gateway may still let pass for one key until `until` (monotonic)."""

    item: RateLimitItem
    until: float = 0.0
    left: int = 0
    left_elsewhere: int = 0
    asking: asyncio.Future[None] | None = None


class Limits:
    """Counts requests. Redis gone: everything passes, it is said once, and counted."""

    def __init__(self, redis_url: Secret, settings: Settings) -> None:
        url = redis_url.reveal()
        self._redis = bus.connect(url, timeout_seconds=REDIS_SECONDS_MAX)
        pool = cast("Any", self._redis.connection_pool)
        self._storage = RedisStorage(
            f"async+{url}", implementation="redispy", key_prefix="gateway.limits", connection_pool=pool
        )
        self._per_user = RateLimitItemPerMinute(settings.user_requests_per_minute)
        self._per_network = RateLimitItemPerMinute(settings.network_requests_per_minute)
        self._leases: dict[str, Lease] = {}
        self._away = False
        self._away_until = 0.0

    async def check(self, client: Client) -> Headers:
        """Count one request; gives the headers that tell how many are left. Raises `RateLimited`."""
        key, item = client.key, self._per_user if client.is_person else self._per_network
        lease = self._leases.get(key)
        if lease is None:
            lease = self._remember(key, Lease(item))
        while (lease.left <= 0 or lease.until <= time.monotonic()) and not self._is_away():
            if lease.left <= 0 < lease.until - time.monotonic() and lease.left_elsewhere <= 0:
                raise RateLimited(retry_after_seconds=lease.until - time.monotonic())
            await self._take_more(key, lease)
        if self._is_away():
            meters.limits_unavailable.add(1)
            return []
        lease.left -= 1
        seconds = max(1, round(lease.until - time.monotonic()))
        return [
            (b"ratelimit-limit", b"%d" % item.amount),
            (b"ratelimit-remaining", b"%d" % (lease.left + lease.left_elsewhere)),
            (b"ratelimit-reset", b"%d" % seconds),
        ]

    def uncount(self, client: Client) -> None:
        """Take the last count back."""
        lease = self._leases.get(client.key)
        if lease is not None:
            lease.left += 1

    async def close(self) -> None:
        await self._redis.aclose()

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _remember(self, key: str, lease: Lease) -> Lease:
        if len(self._leases) >= KEPT_MAX:
            now = time.monotonic()
            self._leases = {kept: one for kept, one in self._leases.items() if one.until > now or one.asking}
        self._leases[key] = lease
        return lease

    async def _take_more(self, key: str, lease: Lease) -> None:
        """Take another handful, once for all who wait for it."""
        if lease.asking is not None:
            await asyncio.shield(lease.asking)
            return
        lease.asking = asyncio.get_running_loop().create_future()
        try:
            await self._ask(key, lease)
        finally:
            lease.asking.set_result(None)
            lease.asking = None

    async def _ask(self, key: str, lease: Lease) -> None:
        handful = max(1, lease.item.amount // HANDFULS)
        try:
            name = lease.item.key_for(key)
            total = await self._storage.incr(name, lease.item.get_expiry(), amount=handful)
            ends_at = await self._storage.get_expiry(name)
        except bus.OUTAGES as error:
            self._redis_is_away(error)
            self._away_until = time.monotonic() + AWAY_SECONDS
            return
        if self._away:
            self._away = False
            log.info("limits.counted_again")
        lease.until = time.monotonic() + max(0.5, ends_at - time.time())
        lease.left = max(0, min(handful, handful - (total - lease.item.amount)))
        lease.left_elsewhere = max(0, lease.item.amount - total)

    def _redis_is_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            log.warning("limits.not_counted", error=repr(error)[:200])
