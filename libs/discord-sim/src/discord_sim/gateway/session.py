"""A bot's session: it outlives its connections, and remembers what it has said so that it can be resumed."""

from collections import deque

import msgspec

from discord_sim.entities import Application, Json
from discord_sim.gateway.codes import Op
from discord_sim.gateway.connection import Connection
from discord_sim.gateway.dispatches import Dispatch, Reader

REMEMBERED = 1000


class Said(msgspec.Struct, frozen=True):
    seq: int
    name: str
    data: Json


class Session:
    def __init__(self, session_id: str, *, application: Application, reader: Reader) -> None:
        self.id = session_id
        self.application = application
        self.reader = reader
        self.connection: Connection | None = None
        self.ready = False
        self._seq = 0
        self._said: deque[Said] = deque(maxlen=REMEMBERED)

    def tell(self, dispatch: Dispatch) -> None:
        """Number the dispatch, remember it, and send it if anybody is there."""
        self._seq += 1
        said = Said(self._seq, dispatch.name, dispatch.data)
        self._said.append(said)
        self._send(said)

    def can_resume_after(self, seq: int) -> bool:
        oldest = self._said[0].seq if self._said else self._seq + 1
        return oldest - 1 <= seq <= self._seq

    def resume(self, connection: Connection, *, after: int) -> None:
        self.connection = connection
        for said in self._said:
            if said.seq > after:
                self._send(said)
        self.tell(Dispatch("RESUMED", {"_trace": ["discord-sim"]}))

    def _send(self, said: Said) -> None:
        if self.connection:
            self.connection.push(Op.DISPATCH, said.data, seq=said.seq, name=said.name)
