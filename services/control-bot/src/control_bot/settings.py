"""What the control bot can be told from outside; every limit has its name here."""

from hikari.applications import get_token_id

from chassis.settings import Secret, ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Without `discord_token` the bot idles."""

    redis_url: Secret
    auth_url: str
    media_url: str
    messaging_url: str
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach the web client; links lead there."""
    port: int = 8005

    discord_token: Secret = Secret("")
    discord_rest_url: str = ""
    """Empty: Discord's own."""
    discord_retry_seconds: float = 5.0
    """Between attempts to connect."""

    active_lease_seconds: float = 15.0
    """When the active copy has shown no sign of life for so long, another one takes over."""
    active_ask_seconds: float = 0.5
    """Between two such signs, and how soon another copy takes over from one that stops."""

    call_seconds_max: float = 5.0
    """For one call to a service, and as long for the token that it needs."""
    answer_seconds_max: float = 10.0
    """For all that a command does, once it is its turn; then the person is told to try again."""
    commands_at_once_max: int = 20
    """More are acknowledged, and wait their turn."""
    arrivals_seconds_max: float = 2.0
    """How long work waits for newcomers to be acknowledged first."""
    lease_seconds_max: float = 1.0
    """How long Redis may take to say which copy of the bot answers."""
    suggest_seconds_max: float = 1.0
    """For what is offered while somebody types: it cannot be deferred."""
    suggestions_kept_seconds: float = 30.0
    panel_seconds_min: float = 2.0
    """Between two edits of one panel."""
    panel_days_max: int = 7
    """How long it is remembered which message is whose panel."""
    catch_up_minutes: float = 60.0
    """How far back events are read at start, to put right the panels that nobody kept meanwhile."""
    interactions_remembered_max: int = 10_000
    listed_recordings_max: int = 10

    def __post_init__(self) -> None:
        if token := self.discord_token.reveal():
            try:
                get_token_id(token)
            except ValueError:
                raise ValueError("CONTROL_BOT_DISCORD_TOKEN: the token is not one") from None
