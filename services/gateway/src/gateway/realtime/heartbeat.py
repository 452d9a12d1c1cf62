"""Pings for all sockets from one task: each is asked every `heartbeat_seconds`, and gone `pong_seconds` later."""

import asyncio
from collections import deque
from typing import Final

from chassis.background import Worker, every
from gateway.realtime.hub import Hub
from gateway.realtime.session import Session
from gateway.settings import Settings

TICK_SECONDS: Final = 1.0


class Heartbeat:
    """Sockets are dealt out over the seconds of a round, so that ten thousand pings never go out at once."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._settings = settings
        self._second = 0
        self._asked: deque[tuple[float, list[Session]]] = deque()

    def worker(self) -> Worker:
        """One beat a second."""
        return Worker("heartbeat", self._step, wait=every(TICK_SECONDS))

    async def _step(self) -> None:
        self._second = (self._second + 1) % self._settings.heartbeat_seconds
        self.beat(self._second, asyncio.get_running_loop().time())

    def beat(self, second: int, now: float) -> None:
        """Ask those whose second it is, and part with those who did not answer in time."""
        due = [one for one in self._hub.sessions if one.number % self._settings.heartbeat_seconds == second]
        for session in due:
            session.socket.send(session.codec.ping, count=0)
        self._asked.append((now, due))
        while self._asked and self._asked[0][0] <= now - self._settings.pong_seconds:
            asked_at, sessions = self._asked.popleft()
            for session in sessions:
                if session.socket.heard_at < asked_at and not session.socket.closed:
                    session.socket.abort()
