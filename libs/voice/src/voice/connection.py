"""hikari's side of it: the connection that it makes, passes voice events to, and is told of when it closes."""

import asyncio
from collections.abc import Awaitable, Callable

import hikari
import msgspec
import structlog
from hikari.api import VoiceComponent
from hikari.api import VoiceConnection as HikariConnection
from hikari.events import VoiceEvent, VoiceServerUpdateEvent, VoiceStateUpdateEvent

from voice.accounts import Counts
from voice.events import Closed, Moved, Reason
from voice.receiver import Options, Receiver
from voice.session import Identity, Server

log = structlog.get_logger()

OnClose = Callable[["VoiceConnection"], Awaitable[None]]


class VoiceConnection(HikariConnection):
    """Receives everybody in one voice channel.

    It connects in the background, since hikari passes events on only once it has been made; `established` waits for
    the connection to stand.
    """

    def __init__(self, receiver: Receiver, *, shard_id: int, owner: VoiceComponent, on_close: OnClose) -> None:
        self._receiver = receiver
        self._shard_id, self._owner, self._on_close = shard_id, owner, on_close
        self._task = asyncio.create_task(self._run())

    @classmethod
    async def initialize(  # noqa: PLR0913, PLR0917 - hikari's signature
        cls,
        channel_id: hikari.Snowflake,
        endpoint: str | None,
        guild_id: hikari.Snowflake,
        on_close: OnClose,
        owner: VoiceComponent,
        session_id: str,
        shard_id: int,
        token: str,
        user_id: hikari.Snowflake,
        **kwargs: object,
    ) -> "VoiceConnection":
        """`options` is the one further argument of `connect_to`."""
        options = kwargs.get("options")
        if not isinstance(options, Options):
            raise TypeError("connect_to(guild, channel, VoiceConnection, options=voice.Options(...))")
        receiver = Receiver(Identity(int(guild_id), int(channel_id), int(user_id), session_id), options=options)
        receiver.order(Server(endpoint, token) if endpoint else None)
        return cls(receiver, shard_id=shard_id, owner=owner, on_close=on_close)

    @property
    def channel_id(self) -> hikari.Snowflake:
        """Where the connection is now; it may have been moved."""
        return hikari.Snowflake(self._receiver.identity.channel_id)

    @property
    def guild_id(self) -> hikari.Snowflake:
        return hikari.Snowflake(self._receiver.identity.guild_id)

    @property
    def is_alive(self) -> bool:
        return self._receiver.closed is None

    @property
    def shard_id(self) -> int:
        return self._shard_id

    @property
    def owner(self) -> VoiceComponent:
        return self._owner

    @property
    def closed(self) -> Closed | None:
        """Why the connection ended, when it has."""
        return self._receiver.closed

    @property
    def error(self) -> Exception | None:
        """The bug that closed the connection with `Reason.FAILED`, for the owner to raise or report."""
        return self._receiver.error

    @property
    def recoveries(self) -> int:
        """How often we have asked to be put back into the encrypted group."""
        return self._receiver.recoveries

    @property
    def datagrams(self) -> int:
        """Every datagram received so far; the sum of `counts()`."""
        return self._receiver.reception.datagrams

    def counts(self) -> dict[int | None, Counts]:
        """Where every packet went, by user; under None those that belong to no speaker."""
        return self._receiver.reception.counts()

    async def established(self, *, timeout_seconds: float) -> None:
        """Wait until audio can be received; raises CouldNotConnect."""
        await self._receiver.established(timeout_seconds=timeout_seconds)

    async def disconnect(self) -> None:
        """Leave the channel. Everything that was received is delivered before `Closed`."""
        self._receiver.order(Closed(Reason.REQUESTED))
        await self.join()

    async def join(self) -> None:
        await asyncio.wait([self._task])

    async def notify(self, event: VoiceEvent) -> None:
        receiver = self._receiver
        match event:
            case VoiceServerUpdateEvent():
                receiver.order(Server(event.endpoint, event.token) if event.endpoint else None)
            case VoiceStateUpdateEvent() if event.state.user_id == receiver.identity.user_id:
                self._notify_state(event.state)
            case _:
                pass

    def _notify_state(self, state: hikari.VoiceState) -> None:
        receiver = self._receiver
        if state.channel_id is None:
            if not receiver.rejoining:
                receiver.order(Closed(Reason.DISCONNECTED))
            return
        channel_id, before = int(state.channel_id), receiver.identity
        receiver.identity = msgspec.structs.replace(before, channel_id=channel_id, session_id=state.session_id)
        if channel_id != before.channel_id:
            receiver.reception.tell(Moved(channel_id))

    async def _run(self) -> None:
        await self._receiver.run()
        try:
            await self._on_close(self)
        except hikari.ComponentStateConflictError as away:
            # hikari cannot leave the channel for us while its shard is away; Discord has taken us out then.
            log.info("voice.not_left", reason=str(away))
