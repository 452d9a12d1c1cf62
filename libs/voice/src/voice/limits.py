"""Every limit that a connection has, by name."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for what may still come, how much of it to keep, and when to give up."""

    reorder_seconds: float = 0.2
    """For a packet that was overtaken; also at the start of a stream, whose first packet may be overtaken too."""
    hold_seconds: float = 2.0
    """For the key of a frame, or for word of whose it is."""
    held_packets: int = 500
    """Per SSRC: ten seconds of speech."""
    grace_seconds: float = 2.0
    """How long packets of someone who has left are still taken as theirs."""
    plaintext_seconds: float = 10.0
    """How long frames that are not end-to-end encrypted are still taken once the group stands, and of each speaker once
    they have come: discord.js speaks before it is in the group."""

    connect_seconds: float = 10.0
    """For one attempt to open a socket."""
    move_seconds: float = 5.0
    """After 4014: whether we were moved, or disconnected."""
    server_seconds: float = 60.0
    """For a voice server to be allocated."""
    reconnect_seconds: float = 60.0
    """From the moment when the connection broke until it stands again."""
    resume_attempts: int = 4
    """Then the session counts as lost, and a new one is asked for."""
    first_backoff_seconds: float = 0.1
    longest_backoff_seconds: float = 5.0
