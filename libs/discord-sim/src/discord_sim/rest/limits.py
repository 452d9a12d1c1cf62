"""Rate limits with Discord's headers: buckets per route and place, and one limit over everything a bot calls."""

import hashlib
import math
from collections.abc import Callable

import msgspec

from discord_sim.entities import Json

MAJOR = ("channel", "guild", "application", "token")


class Limit(msgspec.Struct, frozen=True):
    calls: int
    seconds: float


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much Discord lets through. Its real figures are secret and change; these are of the kind seen."""

    post_message: Limit = Limit(5, 5.0)
    webhook: Limit = Limit(5, 2.0)
    nickname: Limit = Limit(10, 10.0)
    other: Limit = Limit(50, 1.0)
    everything: Limit = Limit(50, 1.0)

    def of(self, route: str) -> Limit:
        if route.startswith(("POST /channels/{channel}/messages", "PATCH /channels/{channel}/messages/")):
            return self.post_message
        if "/webhooks/" in route:
            return self.webhook
        return self.nickname if route.startswith("PATCH /guilds/{guild}/members/") else self.other


UNLIMITED = Limits(
    **dict.fromkeys(("post_message", "webhook", "nickname", "other", "everything"), Limit(1_000_000, 1.0))
)


class Window(msgspec.Struct):
    used: int
    ends: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    headers: dict[str, str]
    refused: Json | None = None


class RateLimiter:
    def __init__(self, limits: Limits, *, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._windows: dict[str, Window] = {}

    def take(self, route: str, *, path: dict[str, str], caller: str) -> Verdict:
        """Count one call. What answers an interaction stands outside the global limit; its callback has none at all."""
        if route.startswith("POST /interactions"):
            return Verdict(headers={})
        if "/webhooks/" not in route:
            overall, fits = self._count(f"{caller} *", self.limits.everything)
            if not fits:
                return self.refusal(overall.ends - self._clock(), scope="global")
        limit = self.limits.of(route)
        place = ":".join(path[name] for name in MAJOR if name in path)
        window, fits = self._count(f"{caller} {route} {place}", limit)
        after = max(0.0, window.ends - self._clock())
        headers = {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(max(0, limit.calls - window.used)),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }
        return Verdict(headers=headers) if fits else self.refusal(after, scope="user", headers=headers)

    @staticmethod
    def refusal(after: float, *, scope: str, headers: dict[str, str] | None = None) -> Verdict:
        told = {"X-RateLimit-Scope": scope, "Retry-After": str(max(1, math.ceil(after)))}
        if scope == "global":
            told["X-RateLimit-Global"] = "true"
        body: Json = {
            "message": "You are being rate limited.",
            "retry_after": round(max(after, 0.001), 3),
            "global": scope == "global",
        }
        return Verdict(headers=(headers or {}) | told, refused=body)

    def _count(self, key: str, limit: Limit) -> tuple[Window, bool]:
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = Window(0, now + limit.seconds)
        fits = window.used < limit.calls
        window.used += fits
        return window, fits
