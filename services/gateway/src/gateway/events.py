"""Streams in: every gateway sees every event, gives it to the hub, and ends what was revoked."""

from datetime import timedelta

from redis.asyncio import Redis

from chassis.tokens import RevokedSessions
from contracts.events import Envelope
from contracts.tokens import REVOKED_SECONDS
from gateway.realtime.hub import Hub
from streams.subscriber import BroadcastSubscriber

REVOKED_SINCE = timedelta(seconds=REVOKED_SECONDS)
"""Longer than an access token lives: what was revoked before cannot come back."""


def views(redis: Redis, hub: Hub, revoked: RevokedSessions) -> list[BroadcastSubscriber]:
    """The views to keep running."""

    def deliver_of_auth(envelopes: list[Envelope]) -> None:
        for session_id in revoked.apply(envelopes):
            hub.end_session(session_id)
        hub.deliver(envelopes)

    return [
        BroadcastSubscriber(redis, streams=["auth.events"], deliver=deliver_of_auth, since=REVOKED_SINCE),
        BroadcastSubscriber(redis, streams=["messaging.events", "media.events"], deliver=hub.deliver),
    ]
