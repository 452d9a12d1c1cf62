"""What an event on a space's topic says about who may watch what."""

from typing import Final

import msgspec
import structlog

from contracts.decoding import UNDECODABLE
from contracts.events import Envelope, short_type
from contracts.ids import UserId
from contracts.messaging import ChannelDeleted, MemberLeft
from gateway.realtime import meters

log = structlog.get_logger()

_CHANNEL_EVENTS: Final = frozenset({"channel_created", "channel_updated"})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of access; `only` limits it to one topic, `may_exclude` says that somebody may lose a topic by it."""

    left: UserId | None = None
    gone_topic: str | None = None
    only: str | None = None
    may_exclude: bool = False

    @property
    def excludes(self) -> bool:
        """Whether somebody may lose some topic by it."""
        return self.may_exclude or self.left is not None or self.gone_topic is not None

    def concerns(self, topic: str) -> bool:
        return self.only is None or self.only == topic


class _Channel(msgspec.Struct):
    id: str


def change_of_access(envelope: Envelope) -> Change:
    """Whoever left is named; for everything that is not known to be harmless the owner has to be asked again: so is
    for what cannot be decoded, as a newer release may send.
    """
    try:
        return _change_of(envelope)
    except UNDECODABLE as error:
        meters.undecodable.add(1, {"source": envelope.type})
        log.warning("event.undecodable", type=envelope.type, topic=envelope.topic, error=str(error)[:200])
        return Change(may_exclude=True)


def _change_of(envelope: Envelope) -> Change:
    kind = short_type(envelope.type)
    if envelope.type == MemberLeft.TYPE:
        return Change(left=msgspec.json.decode(envelope.data, type=MemberLeft).user_id)
    if envelope.type == ChannelDeleted.TYPE:
        return Change(gone_topic=f"channel:{msgspec.json.decode(envelope.data, type=ChannelDeleted).id}", only="")
    if kind in _CHANNEL_EVENTS:
        return Change(only=f"channel:{msgspec.json.decode(envelope.data, type=_Channel).id}", may_exclude=True)
    return Change(may_exclude=kind != "member_joined")
