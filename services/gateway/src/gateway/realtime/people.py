"""Typing and presence: who is told what people do."""

from gateway.realtime.session import Session


class Nobody:
    """Tells nobody."""

    def typed(self, session: Session, channel_id: str) -> None: ...
    def acted(self, session: Session) -> None: ...
