"""A person's part in the encryption of their room: answers what the voice server says about epochs."""

import asyncio

import structlog

from discord_sim.voice.codes import Op
from discord_sim.voice.epochs import AT_ONCE, PROTOCOL_VERSION, Epochs
from discord_sim.voice.members import Member, Rejected
from discord_sim.voice.session import Json, Session

log = structlog.get_logger()


class Membership:
    def __init__(self, session: Session, *, epochs: Epochs, member: Member) -> None:
        self.sealing = asyncio.Event()
        """Set while frames are sealed."""
        self.sealed_for: bytes | None = None
        """The authenticator of the epoch for which they are sealed: the same for all who are in it."""
        self._session = session
        self._epochs = epochs
        self._member = member
        self._users = {session.user_id}
        self._version = PROTOCOL_VERSION
        self._prepared: dict[int, int] = {}
        self._in_group = False

    def seal(self, frame: bytes) -> bytes:
        return self._member.encrypt(frame) if self.sealing.is_set() else frame

    def told(self, op: int, data: Json) -> None:
        match op:
            case Op.SESSION_DESCRIPTION:
                self._version = data["dave_protocol_version"]
                if self._version:
                    self._restart()
            case Op.CLIENTS_CONNECT:
                self._users |= {int(user_id) for user_id in data["user_ids"]}
            case Op.CLIENT_DISCONNECT:
                self._users.discard(int(data["user_id"]))
            case Op.PREPARE_TRANSITION:
                self._prepare(data["transition_id"], version=data["protocol_version"])
            case Op.EXECUTE_TRANSITION:
                self._execute(data["transition_id"])
            case Op.PREPARE_EPOCH:
                self._restart()
            case _:
                pass

    def told_binary(self, op: int, payload: bytes) -> None:
        match op:
            case Op.EXTERNAL_SENDER:
                self._member.external_sender(payload)
            case Op.PROPOSALS:
                self._commit(payload)
            case Op.ANNOUNCE_COMMIT | Op.WELCOME:
                self._enter_epoch(op, payload)
            case _:
                pass

    def _commit(self, proposals: bytes) -> None:
        try:
            made = self._member.proposals(proposals, self._users)
        except Rejected as rejected:
            log.info("proposals.rejected", user_id=self._session.user_id, reason=str(rejected))
        else:
            if made:
                self._epochs.commit(self._session, made)

    def _enter_epoch(self, op: int, payload: bytes) -> None:
        transition, message = int.from_bytes(payload[:2], "big"), payload[2:]
        try:
            if op == Op.WELCOME:
                self._member.welcome(message, self._users)
            else:
                self._member.commit(message)
        except Rejected as rejected:
            log.info("commit.rejected", user_id=self._session.user_id, reason=str(rejected))
            self._restart()
        else:
            self._in_group = True
            self._prepare(transition, version=PROTOCOL_VERSION)

    def _prepare(self, transition: int, *, version: int) -> None:
        self._prepared[transition] = version
        if transition == AT_ONCE:
            self._execute(transition)
        else:
            self._epochs.ready(self._session, transition)

    def _execute(self, transition: int) -> None:
        self._version = self._prepared.pop(transition, self._version)
        self.sealed_for = self._member.authenticator() if self._version and self._in_group else None
        if self.sealed_for:
            self._member.execute()
            self.sealing.set()
        else:
            self.sealing.clear()

    def _restart(self) -> None:
        """A new group from nothing; until it stands, frames go out as they are."""
        self.sealing.clear()
        self.sealed_for, self._in_group = None, False
        self._epochs.key_package(self._session, self._member.restart())
