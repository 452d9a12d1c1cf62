"""Who is connected to one voice channel, and how they are told of each other."""

from collections.abc import Iterator

from discord_sim.voice.codes import Op
from discord_sim.voice.session import Json, Session


class Room:
    """Whose socket is severed is still in `sessions`, because their session may be resumed and UDP goes on; to the
    others they have left."""

    def __init__(self, channel_id: int) -> None:
        self.channel_id = channel_id
        self.sessions: dict[int, Session] = {}
        self._severed: set[int] = set()

    @property
    def present(self) -> set[int]:
        return self.sessions.keys() - self._severed

    def others(self, session: Session) -> Iterator[Session]:
        return (other for other in list(self.sessions.values()) if other is not session)

    def broadcast(self, op: int, data: Json, *, but: Session | None = None) -> None:
        for session in list(self.sessions.values()):
            if session is not but:
                session.tell(op, data)

    def enter(self, session: Session) -> None:
        self.sessions[session.user_id] = session
        self._severed.discard(session.user_id)
        present = sorted(self.present - {session.user_id})
        if present:
            session.tell(Op.CLIENTS_CONNECT, {"user_ids": [str(user_id) for user_id in present]})
        for user_id in present:
            session.tell(Op.CLIENT_FLAGS, {"user_id": str(user_id), "flags": 0})
            session.tell(Op.CLIENT_PLATFORM, {"user_id": str(user_id), "platform": 0})
        self._announce(session)

    def sever(self, session: Session) -> None:
        """The socket broke: to the others, this one has left."""
        if session.user_id in self.present:
            self._severed.add(session.user_id)
            self._announce_departure(session)

    def rejoin(self, session: Session) -> None:
        """A severed session was resumed."""
        if session.user_id in self._severed:
            self._severed.discard(session.user_id)
            self._announce(session)

    def leave(self, session: Session) -> bool:
        """False when the same user is there with another session instead."""
        if self.sessions.get(session.user_id) is not session:
            return False
        was_present = session.user_id in self.present
        del self.sessions[session.user_id]
        self._severed.discard(session.user_id)
        if was_present:
            self._announce_departure(session)
        return True

    def _announce(self, session: Session) -> None:
        self.broadcast(Op.CLIENTS_CONNECT, {"user_ids": [str(session.user_id)]}, but=session)

    def _announce_departure(self, session: Session) -> None:
        self.broadcast(Op.CLIENT_DISCONNECT, {"user_id": str(session.user_id)}, but=session)

    def introduce_speakers(self, session: Session) -> None:
        """A newcomer learns whose packets are whose."""
        for other in self.others(session):
            if other.speaking:
                session.tell(Op.SPEAKING, speaking_of(other))


def speaking_of(session: Session) -> Json:
    return {"speaking": session.speaking, "ssrc": session.ssrc, "user_id": str(session.user_id)}
