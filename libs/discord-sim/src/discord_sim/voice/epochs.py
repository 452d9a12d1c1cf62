"""A room's end-to-end encryption: key packages in, proposals out, the first good commit wins, then the transition."""

import asyncio
import itertools
from collections.abc import Sequence

import msgspec
import structlog

from discord_sim.voice import mls
from discord_sim.voice.codes import Op
from discord_sim.voice.delivery import Accepted, Group, Pending, appending, revoking
from discord_sim.voice.faults import Faults
from discord_sim.voice.room import Room
from discord_sim.voice.session import Session

PROTOCOL_VERSION = 1
AT_ONCE = 0
"""The transition that no one has to be ready for."""

log = structlog.get_logger()


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    gather_seconds: float = 0.02
    """Who comes within this time of another one is proposed together with them."""
    transition_seconds: float = 2.0
    """After this long a transition happens without those who are not ready."""


class Epochs:
    """`version` is 1 under DAVE and 0 where the room has fallen back to transport encryption only."""

    def __init__(self, room: Room, *, faults: Faults, timing: Timing, version: int = PROTOCOL_VERSION) -> None:
        self.version = version
        self.group = Group(room.channel_id)
        self._room = room
        self._faults = faults
        self._timing = timing
        self._arrived: dict[int, Session] = {}
        self._expected: set[int] = set()
        """Before a new group is made from those who are there already, all of them are waited for."""
        self._timer: asyncio.TimerHandle | None = None
        self._transitions = itertools.count(1)
        self._waiting: dict[int, set[int]] = {}
        self._media_flows = False

    @property
    def settled(self) -> bool:
        """Nothing is proposed, and no one is waited for."""
        return not (self._arrived or self.group.pending or self._waiting)

    def entered(self, session: Session) -> None:
        if self.version and not session.knows_sender:
            session.knows_sender = True
            session.tell_binary(Op.EXTERNAL_SENDER, self.group.sender.package)

    def key_package(self, session: Session, key_package: bytes) -> None:
        """A client can be added to the group now. Those who come at about the same time are proposed together."""
        mls.read_key_package(key_package)
        session.key_package = key_package
        self._arrived[session.user_id] = session
        self._expected.discard(session.user_id)
        if not self._expected:
            self._propose_in(self._timing.gather_seconds)

    def commit(self, session: Session, encoded: bytes) -> None:
        first = self.group.epoch == 0
        accepted = self.group.commit(session.user_id, encoded=encoded)
        if accepted is None:
            log.info("commit.ignored", user_id=session.user_id)
            return
        at_once = first and not self._media_flows
        transition = AT_ONCE if at_once else next(self._transitions)
        self._announce(accepted, transition=transition)
        if transition:
            self._await_members(transition, members=self.group.members)
        self._media_flows = True

    def ready(self, session: Session, transition: int) -> None:
        waiting = self._waiting.get(transition)
        if waiting is not None:
            waiting.discard(session.user_id)
            if not waiting:
                self._execute(transition)

    def left(self, user_id: int) -> None:
        self._expected.discard(user_id)
        self._arrived.pop(user_id, None)
        for transition, waiting in list(self._waiting.items()):
            waiting.discard(user_id)
            if not waiting:
                self._execute(transition)
        if user_id in self.group.joining:
            revoked = self.group.revoke(user_id)
            for session in self._room.sessions.values():
                session.tell_binary(Op.PROPOSALS, revoking(revoked))
        if user_id not in self.group.members:
            return
        if len(self._room.present) > 1 and self.group.members - {user_id}:
            self._propose([self.group.remove(user_id)], to=self.group.members - {user_id})
        else:
            self._start_over(media_flows=False)
            self._room.broadcast(Op.PREPARE_TRANSITION, {"protocol_version": self.version, "transition_id": AT_ONCE})

    def downgrade(self) -> None:
        """A client came that cannot do DAVE: everyone goes on without it."""
        self.version = 0
        transition = next(self._transitions)
        self._room.broadcast(Op.PREPARE_TRANSITION, {"protocol_version": 0, "transition_id": transition})
        self._await_members(transition, members=set(self._room.sessions))
        self.group.reset()

    def upgrade(self) -> None:
        """Everybody can do DAVE again: a new group is made, and used as soon as all are ready."""
        self.version = PROTOCOL_VERSION
        for session in self._room.sessions.values():
            self.entered(session)
        self._start_over(media_flows=True)

    def _start_over(self, *, media_flows: bool) -> None:
        self.group.reset()
        self._media_flows = media_flows
        self._expected = set(self._room.present)
        self._propose_in(self._timing.transition_seconds)
        for session in self._room.sessions.values():
            session.key_package = None
        self._room.broadcast(Op.PREPARE_EPOCH, {"protocol_version": self.version, "epoch": 1})

    def _propose_in(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._propose_arrived)

    def _propose_arrived(self) -> None:
        """A member who asks again is taken out and put back."""
        self._timer = None
        self._expected.clear()
        arrived = [session for session in self._arrived.values() if session.key_package and self._is_here(session)]
        self._arrived.clear()
        under_way = [pending for pending in self.group.pending if pending.key_package]
        proposed: dict[int, list[Pending]] = {}
        for session in arrived:
            if session.user_id in self.group.joining or session.key_package is None:
                continue
            removed = [self.group.remove(session.user_id)] if session.user_id in self.group.members else []
            added = self.group.add(session.user_id, key_package=session.key_package)
            proposed[session.user_id] = [*removed, added]
        if self.group.epoch:
            members = self.group.members - proposed.keys()
            self._propose([pending for each in proposed.values() for pending in each], to=members)
        else:
            self._propose_first(proposed, under_way=under_way)

    def _propose_first(self, proposed: dict[int, list[Pending]], *, under_way: list[Pending]) -> None:
        """There is no group: everybody who could make it is told to add all others."""
        for user_id in self.group.joining:
            new = [pending for owner, each in proposed.items() if owner != user_id for pending in each]
            self._propose([*under_way, *new] if user_id in proposed else new, to={user_id})

    def _is_here(self, session: Session) -> bool:
        return self._room.sessions.get(session.user_id) is session

    def _propose(self, pending: Sequence[Pending], *, to: set[int]) -> None:
        if not pending:
            return
        body = appending(list(pending))
        for user_id in to:
            if session := self._room.sessions.get(user_id):
                session.tell_binary(Op.PROPOSALS, body)

    def _announce(self, accepted: Accepted, *, transition: int) -> None:
        prefix = transition.to_bytes(2, "big")
        for user_id in self.group.members:
            session = self._room.sessions.get(user_id)
            if session is None:
                continue
            if welcome := accepted.welcomes.get(user_id):
                session.tell_binary(Op.WELCOME, prefix + welcome)
            elif user_id in self._faults.broken_commits:
                self._faults.broken_commits.discard(user_id)
                session.tell_binary(Op.ANNOUNCE_COMMIT, prefix + _broken(accepted.commit))
            else:
                session.tell_binary(Op.ANNOUNCE_COMMIT, prefix + accepted.commit)

    def _await_members(self, transition: int, *, members: set[int]) -> None:
        self._waiting[transition] = set(members)
        asyncio.get_running_loop().call_later(self._timing.transition_seconds, self._execute, transition)

    def _execute(self, transition: int) -> None:
        if self._waiting.pop(transition, None) is not None:
            self._room.broadcast(Op.EXECUTE_TRANSITION, {"transition_id": transition})


def _broken(commit: bytes) -> bytes:
    """A commit whose membership tag is wrong."""
    return commit[:-1] + bytes([commit[-1] ^ 0xFF])
