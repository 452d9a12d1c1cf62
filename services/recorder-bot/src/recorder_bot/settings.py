"""What the recorder can be told from outside; every limit has its name here."""

from typing import Literal

from chassis.settings import Secret, ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Without `discord_tokens` the recorder idles. Times of the protocol with Discord are in `voice.Limits`."""

    redis_url: Secret
    media_url: str
    auth_url: str
    port: int = 8006
    spool_folder: str

    discord_tokens: Secret = Secret("")
    """One token for each bot account, separated by commas; each can be in one voice channel of a server."""
    discord_rest_url: str = ""
    """Empty: Discord's own."""
    discord_ca_file: str = ""
    """The authority (PEM) that signs the voice servers' certificates, when it is not one that the system trusts."""

    discord_quiet_seconds: float = 30.0
    """After so long without an event the main gateway is asked for one, and opened again when it does not answer."""
    discord_answer_seconds: float = 10.0

    announcement_channel_id: str = ""
    """Empty: the text of the voice channel itself, and if that is not allowed, where the recording was asked for."""
    on_move: Literal["follow", "finish"] = "follow"

    spool_free_bytes_min: int = 256 << 20
    """With less room on its disk the recorder says that it is not ready."""
    failed_seconds: float = 10.0
    """So much later a recording that failed unexpectedly is gone on with."""
    sync_seconds: float = 0.5
    """So much audio is lost at most when the process is killed."""
    segment_seconds: float = 10.0
    progress_seconds: float = 3.0
    poll_seconds: float = 3.0
    """How often media is asked for recordings that the stream has not told of."""
    retry_seconds: float = 1.0
    uploads_at_once_max: int = 4
    upload_seconds_max: float = 60.0
    join_seconds_max: float = 15.0
    rejoin_seconds_max: float = 300.0
    """For coming back into a channel before the recording is given up."""
    rejoin_pause_seconds_max: float = 30.0
    """Between two attempts of it: the pauses double, also over connections that break soon."""
    steady_seconds: float = 30.0
    """A voice connection that held for so long has recovered: the next pause is short again."""

    length_hours_max: float = 12.0
    bytes_max: int = 4 << 30
    silence_minutes_max: float = 60.0
    empty_minutes_max: float = 5.0
    no_audio_seconds: float = 60.0
    latency_ms_max: float = 1000.0
