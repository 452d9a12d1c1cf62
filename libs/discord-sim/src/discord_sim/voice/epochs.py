"""A room's end-to-end encryption: key packages in, proposals out, the first good commit wins, then the transition."""

import asyncio
import itertools
from collections.abc import Sequence

import structlog

from discord_sim.voice.delivery import Accepted, Group, Pending, appending, revoking
from discord_sim.voice.faults import Faults
from discord_sim.voice.room import Room
from discord_sim.voice.session import Op, Session

PROTOCOL_VERSION = 1
AT_ONCE = 0
"""The transition that nobody has to be ready for."""

log = structlog.get_logger()


class Epochs:
    """`version` is 1 under DAVE and 0 where the room has fallen back to transport encryption only."""

    def __init__(self, room: Room, *, faults: Faults, transition_seconds: float) -> None:
        self.version = PROTOCOL_VERSION
        self.group = Group(room.channel_id)
        self._room = room
        self._faults = faults
        self._transition_seconds = transition_seconds
        self._transitions = itertools.count(1)
        self._waiting: dict[int, set[int]] = {}
        self._media_flows = False

    def entered(self, session: Session) -> None:
        if self.version:
            session.tell_binary(Op.EXTERNAL_SENDER, self.group.sender.package)

    def key_package(self, session: Session, key_package: bytes) -> None:
        """Somebody can be added to the group now; a member who asks again is taken out and put back."""
        if session.user_id in self.group.joining:
            return
        session.key_package = key_package
        pending: list[Pending] = []
        if session.user_id in self.group.members:
            pending.append(self.group.remove(session.user_id))
        under_way = [p for p in self.group.pending if p.key_package]
        pending.append(self.group.add(session.user_id, key_package=key_package))
        if self.group.epoch:
            self._propose(pending, to=self.group.members - {session.user_id})
            return
        self._propose(pending, to={other.user_id for other in self._room.others(session) if other.key_package})
        if under_way:
            session.tell_binary(Op.PROPOSALS, appending(under_way))

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
        for waiting in self._waiting.values():
            waiting.discard(user_id)
        if user_id in self.group.joining:
            revoked = self.group.revoke(user_id)
            for session in self._room.sessions.values():
                session.tell_binary(Op.PROPOSALS, revoking(revoked))
        if user_id not in self.group.members:
            return
        if len(self._room.sessions) > 1 and self.group.members - {user_id}:
            self._propose([self.group.remove(user_id)], to=self.group.members - {user_id})
        else:
            self._start_over(media_flows=False)
            self._room.broadcast(Op.PREPARE_TRANSITION, {"protocol_version": self.version, "transition_id": AT_ONCE})

    def downgrade(self) -> None:
        """Somebody came who cannot do DAVE: everybody goes on without it."""
        self.version = 0
        transition = next(self._transitions)
        self._room.broadcast(Op.PREPARE_TRANSITION, {"protocol_version": 0, "transition_id": transition})
        self._await_members(transition, members=set(self._room.sessions))
        self.group.reset()

    def upgrade(self) -> None:
        """Everybody can do DAVE again: a new group is made, and used as soon as all are ready."""
        self.version = PROTOCOL_VERSION
        self._start_over(media_flows=True)
        for session in self._room.sessions.values():
            session.tell_binary(Op.EXTERNAL_SENDER, self.group.sender.package)

    def _start_over(self, *, media_flows: bool) -> None:
        self.group.reset()
        self._media_flows = media_flows
        for session in self._room.sessions.values():
            session.key_package = None
        self._room.broadcast(Op.PREPARE_EPOCH, {"protocol_version": self.version, "epoch": 1})

    def _propose(self, pending: Sequence[Pending], *, to: set[int]) -> None:
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
        asyncio.get_running_loop().call_later(self._transition_seconds, self._execute, transition)

    def _execute(self, transition: int) -> None:
        if self._waiting.pop(transition, None) is not None:
            self._room.broadcast(Op.EXECUTE_TRANSITION, {"transition_id": transition})


def _broken(commit: bytes) -> bytes:
    """A commit whose membership tag is wrong."""
    return commit[:-1] + bytes([commit[-1] ^ 0xFF])
