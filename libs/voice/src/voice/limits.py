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

    undecryptable_frames: int = 25
    """This many within a second, and none that could be decrypted among them, say that we are out of the group.
    discord.js asks to be put back after 36."""
    first_recovery_seconds: float = 2.0
    """Between the first two requests to be put back; it doubles with each, up to `longest_recovery_seconds`."""
    longest_recovery_seconds: float = 60.0
    recovery_attempts: int = 8
    """Then we ask no more, until something has been decrypted again."""

    ping_seconds: float = 5.0
    """Between two pings by UDP, which also keep our port open in a NAT on the way."""
    lost_pings: int = 3
    """This many unanswered, and nothing else received, say that the UDP path is dead: a new session is asked for. Only
    where the server has answered a ping before."""

    connect_seconds: float = 10.0
    """For one attempt to open a socket, and then for the session on it to stand."""
    answer_seconds: float = 5.0
    """For the main gateway to answer that we join; then we say it again."""
    move_seconds: float = 20.0
    """After 4014 or 4022: whether we were moved, or disconnected."""
    server_seconds: float = 60.0
    """For a voice server to be allocated."""
    reconnect_seconds: float = 60.0
    """From the moment when the connection broke until it stands again."""
    resume_attempts: int = 4
    """Then the session counts as lost, and a new one is asked for."""
    steady_seconds: float = 30.0
    """A connection that breaks sooner has not recovered: the pauses before the next attempts go on growing."""
    first_backoff_seconds: float = 0.1
    longest_backoff_seconds: float = 30.0
