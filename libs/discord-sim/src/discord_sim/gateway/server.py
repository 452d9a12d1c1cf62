"""The gateway itself: who connects, what they may say, what they hear, and what a test does to them."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgspec
from aiohttp import web

from discord_sim import changes, wire
from discord_sim.entities import ALL_INTENTS, Application, ChannelKind, Json
from discord_sim.faults import Faults
from discord_sim.fields import many
from discord_sim.gateway.codes import Close, Op
from discord_sim.gateway.connection import Command, Connection, Hangup
from discord_sim.gateway.dispatches import Dispatch, Reader, dispatch_of, on_shard
from discord_sim.gateway.framing import Framing
from discord_sim.gateway.members import chunks
from discord_sim.gateway.session import Session
from discord_sim.world import World

CLEAN = {1000, 1001}


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    heartbeat_ms: int = 41_250
    resume_within_s: float = 90.0
    """How long a session waits for a client that lost its line."""


class Gateway:
    def __init__(self, world: World, *, faults: Faults, settings: GatewaySettings, url: Callable[[], str]) -> None:
        self.world = world
        self.faults = faults
        self.settings = settings
        self.url = url
        self.sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._unlisten = world.listen(self._changed)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/gateway", self.serve), web.get("/gateway/", self.serve)]

    def is_ready(self, bot_id: int) -> bool:
        """The bot is connected and has been told that it is."""
        return any(session.ready and session.connection for session in self._of(bot_id))

    # What a test does to a bot's connections

    def drop(self, bot_id: int, *, code: int | None = None) -> None:
        """Cut the line, or close it with a code."""
        for session in self._of(bot_id):
            if session.connection:
                session.connection.abort() if code is None else session.connection.close(code)

    def reconnect(self, bot_id: int) -> None:
        """Ask the bot to come again (op 7)."""
        for session in self._of(bot_id):
            if session.connection:
                session.connection.push(Op.RECONNECT)

    def invalidate(self, bot_id: int, *, resumable: bool = False) -> None:
        """Tell the bot that its session is no good (op 9)."""
        for session in self._of(bot_id):
            if session.connection:
                session.connection.push(Op.INVALID_SESSION, resumable)
            if not resumable:
                self._end(session)

    def forget(self, bot_id: int) -> None:
        """Lose the bot's sessions without telling: its next resume meets an invalid session."""
        for session in self._of(bot_id):
            self._end(session)

    def stop(self) -> None:
        """Close every connection as a server does that restarts."""
        self._unlisten()
        for expiry in self._expiries.values():
            expiry.cancel()
        for connection in tuple(self._connections):
            connection.end()
            connection.close(1001)
        self.sessions.clear()

    # A connection's life

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.faults.gateway.refuse_connections:
            return web.Response(status=503)
        compress = request.query.get("compress")
        if request.query.get("encoding", "json") != "json" or compress not in {None, "zlib-stream"}:
            return web.Response(status=400, text="JSON only; no compression or zlib-stream")
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        assert request.transport
        connection = Connection(
            socket,
            transport=request.transport,
            framing=Framing(stream=compress == "zlib-stream"),
            faults=self.faults,
            heartbeat_ms=self.settings.heartbeat_ms,
        )
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        session = None
        try:
            _check_version(request.query.get("v", "10"))
            connection.push(Op.HELLO, {"heartbeat_interval": self.settings.heartbeat_ms, "_trace": ["discord-sim"]})
            connection.beat()
            while command := await connection.read():
                session = self._obey(connection, session, command)
        except Hangup as hangup:
            await connection.hang_up(hangup.code)
        except (KeyError, TypeError, ValueError):
            # A field is missing or of another kind: Discord, too, can't tell what is wanted.
            await connection.hang_up(Close.DECODE_ERROR)
        finally:
            writer.cancel()
            connection.end()
            self._connections.discard(connection)
            if session:
                self._lost(session, connection)
        return socket

    def _obey(self, connection: Connection, session: Session | None, command: Command) -> Session | None:
        match command.op:
            case Op.HEARTBEAT:
                connection.beat()
                if not self.faults.gateway.ignore_heartbeats:
                    connection.push(Op.HEARTBEAT_ACK)
            case Op.IDENTIFY | Op.RESUME if session:
                raise Hangup(Close.ALREADY_AUTHENTICATED)
            case Op.IDENTIFY:
                return self._identify(connection, _object(command.d))
            case Op.RESUME:
                return self._resume(connection, _object(command.d))
            case _ if session is None:
                raise Hangup(Close.NOT_AUTHENTICATED)
            case _:
                self._act(session, command)
        return session

    def _act(self, session: Session, command: Command) -> None:
        """What a client may do once it is known."""
        match command.op:
            case Op.VOICE_STATE_UPDATE:
                self._voice(session, _object(command.d))
            case Op.PRESENCE_UPDATE:
                self._presence(session, _object(command.d))
            case Op.REQUEST_GUILD_MEMBERS:
                self._members(session, _object(command.d))
            case Op.REQUEST_SOUNDBOARD_SOUNDS:
                pass
            case _:
                raise Hangup(Close.UNKNOWN_OPCODE)

    def _identify(self, connection: Connection, asked: Json) -> Session:
        if self.faults.gateway.refuse_identify:
            raise Hangup(self.faults.gateway.refuse_identify)
        application = self._application(asked.get("token"))
        number, count = asked.get("shard") or (0, 1)
        if not 0 <= number < count:
            raise Hangup(Close.INVALID_SHARD)
        intents = asked.get("intents")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            raise Hangup(Close.INVALID_INTENTS)
        if intents & ~application.intents:
            raise Hangup(Close.DISALLOWED_INTENTS)
        connection.framing.payloads = bool(asked.get("compress"))
        reader = Reader(bot_id=application.id, intents=intents, shard=(number, count))
        session = Session(self.world.secret(16), application=application, reader=reader)
        session.connection = connection
        self.sessions[session.id] = session
        self._greet(session)
        return session

    def _greet(self, session: Session) -> None:
        me = session.reader.bot_id
        guilds = [
            guild
            for guild in self.world.guilds.values()
            if me in guild.members and on_shard(session.reader, guild_id=guild.id)
        ]
        ready: Json = {
            "v": 10,
            "user": wire.own_user(session.application.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url(),
            "shard": list(session.reader.shard),
            "application": {"id": str(me), "flags": wire.COMMANDS_BADGE},
            "_trace": ["discord-sim"],
        }
        session.tell(Dispatch("READY", ready))
        for guild in guilds:
            session.tell(Dispatch("GUILD_CREATE", wire.guild_create(guild, world=self.world, me=me)))
        session.ready = True
        self.world.announce(changes.BotConnected(me))

    def _resume(self, connection: Connection, asked: Json) -> Session | None:
        application = self._application(asked.get("token"))
        session = self.sessions.get(str(asked.get("session_id")))
        if session is None or session.application is not application:
            connection.push(Op.INVALID_SESSION, data=False)
            return None
        if not session.can_resume_after(int(asked.get("seq") or 0)):
            raise Hangup(Close.INVALID_SEQ)
        if expiry := self._expiries.pop(session.id, None):
            expiry.cancel()
        session.resume(connection, after=int(asked.get("seq") or 0))
        self.world.announce(changes.BotConnected(application.id))
        return session

    def _application(self, token: Any) -> Application:
        wanted = str(token).removeprefix("Bot ")
        for application in self.world.applications.values():
            if application.token == wanted:
                return application
        raise Hangup(Close.AUTHENTICATION_FAILED)

    def _voice(self, session: Session, asked: Json) -> None:
        """Join, move, (un)mute or leave. What a bot may not do is not answered at all, as at Discord."""
        guild_id, me = int(asked["guild_id"]), session.reader.bot_id
        if self.faults.gateway.unanswered_joins:
            self.faults.gateway.unanswered_joins -= 1
            return
        if asked.get("channel_id") is None:
            self.world.leave_voice(guild_id, user_id=me)
            return
        channel = self.world.channels.get(int(asked["channel_id"]))
        if (
            channel is None
            or channel.kind not in {ChannelKind.VOICE, ChannelKind.STAGE}
            or channel.guild_id != guild_id
        ):
            return
        if self.world.may_join(me, channel=channel):
            self.world.join_voice(
                guild_id,
                user_id=me,
                channel_id=channel.id,
                session_id=session.id,
                self_mute=bool(asked.get("self_mute")),
                self_deaf=bool(asked.get("self_deaf")),
            )

    def _members(self, session: Session, asked: Json) -> None:
        guild = self.world.guilds.get(int(asked["guild_id"]))
        if guild and session.reader.bot_id in guild.members:
            for dispatch in chunks(guild, asked=asked):
                if dispatch.name not in self.faults.gateway.swallow:
                    session.tell(dispatch)

    def _presence(self, session: Session, asked: Json) -> None:
        bot = session.application.bot
        for guild in tuple(self.world.guilds.values()):
            if bot.id in guild.members:
                status, activities = asked.get("status", "online"), many(asked, "activities")
                self.world.announce(changes.PresenceChanged(guild.id, bot, status, activities))

    def _changed(self, change: changes.Change) -> None:
        for session in tuple(self.sessions.values()):
            dispatch = dispatch_of(self.world, session.reader, change)
            if dispatch and dispatch.name not in self.faults.gateway.swallow:
                session.tell(dispatch)

    def _lost(self, session: Session, connection: Connection) -> None:
        """A session whose client said goodbye is over; any other waits for a resume."""
        if session.connection is not connection:
            return
        session.connection = None
        self.world.announce(changes.BotDisconnected(session.reader.bot_id))
        said_goodbye = connection.closed_with is None and connection.socket.close_code in CLEAN
        if said_goodbye or connection.closed_with == Close.SESSION_TIMED_OUT:
            self._end(session)
        elif session.id in self.sessions:
            loop = asyncio.get_running_loop()
            self._expiries[session.id] = loop.call_later(self.settings.resume_within_s, self._end, session)

    def _end(self, session: Session) -> None:
        """The session is gone, and with it the bot's place in voice."""
        self.sessions.pop(session.id, None)
        self._expiries.pop(session.id, None)
        for state in tuple(self.world.voice_states.values()):
            if state.session_id == session.id:
                self.world.leave_voice(state.guild_id, user_id=state.user_id)

    def _of(self, bot_id: int) -> list[Session]:
        return [session for session in self.sessions.values() if session.reader.bot_id == bot_id]


def _check_version(version: str) -> None:
    if version not in {"9", "10"}:
        raise Hangup(Close.INVALID_API_VERSION)


def _object(data: Any) -> Json:
    if not isinstance(data, dict):
        raise Hangup(Close.DECODE_ERROR)
    return cast("Json", data)
