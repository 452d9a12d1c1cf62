"""Receives Discord voice for hikari bots: every speaker's Opus, in order, decrypted, every packet accounted for."""

from voice.accounts import Cause, Counts
from voice.connecting import connect
from voice.connection import VoiceConnection
from voice.events import (
    Closed,
    Event,
    Frame,
    Gap,
    Heard,
    Joined,
    Left,
    Listener,
    Moved,
    Reason,
    Reconnected,
    Reconnecting,
    Speaking,
    Transition,
)
from voice.limits import Limits
from voice.mailbox import Mailbox
from voice.receiver import CouldNotConnect, Options

__all__ = [
    "Cause",
    "Closed",
    "CouldNotConnect",
    "Counts",
    "Event",
    "Frame",
    "Gap",
    "Heard",
    "Joined",
    "Left",
    "Limits",
    "Listener",
    "Mailbox",
    "Moved",
    "Options",
    "Reason",
    "Reconnected",
    "Reconnecting",
    "Speaking",
    "Transition",
    "VoiceConnection",
    "connect",
]
