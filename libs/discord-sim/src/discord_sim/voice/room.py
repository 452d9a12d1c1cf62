"""Who is connected to one voice channel, and how they are told of each other."""

from collections.abc import Iterator

from discord_sim.voice.session import Json, Op, Session


class Room:
    def __init__(self, channel_id: int) -> None:
        self.channel_id = channel_id
        self.sessions: dict[int, Session] = {}

    def others(self, session: Session) -> Iterator[Session]:
        return (other for other in list(self.sessions.values()) if other is not session)

    def broadcast(self, op: int, data: Json, *, but: Session | None = None) -> None:
        for session in list(self.sessions.values()):
            if session is not but:
                session.tell(op, data)

    def enter(self, session: Session) -> None:
        self.sessions[session.user_id] = session
        present = [str(other.user_id) for other in self.others(session)]
        if present:
            session.tell(Op.CLIENTS_CONNECT, {"user_ids": present})
        self.broadcast(Op.CLIENTS_CONNECT, {"user_ids": [str(session.user_id)]}, but=session)

    def leave(self, session: Session) -> bool:
        """False when somebody else, or the same user anew, is there instead."""
        if self.sessions.get(session.user_id) is not session:
            return False
        del self.sessions[session.user_id]
        self.broadcast(Op.CLIENT_DISCONNECT, {"user_id": str(session.user_id)})
        return True

    def introduce_speakers(self, session: Session) -> None:
        """A newcomer learns whose packets are whose."""
        for other in self.others(session):
            if other.speaking:
                session.tell(Op.SPEAKING, speaking_of(other))


def speaking_of(session: Session) -> Json:
    return {"speaking": session.speaking, "ssrc": session.ssrc, "user_id": str(session.user_id)}
