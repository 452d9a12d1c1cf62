"""What auth can be told by its environment."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from chassis.settings import Secret, ServiceSettings
from contracts.tokens import ACCESS_SECONDS_MAX

MASTER_KEY_LENGTH_MIN: Final = 32


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Limits and lifetimes carry their unit; every limit that refuses somebody is stated in the refusal."""

    database_url: Secret
    redis_url: Secret
    public_url: str = "http://127.0.0.1:8000"
    """Where browsers reach the gateway: the origin that cookies are bound to and mails link to."""
    web_origins: str = ""
    """Other origins whose pages may use the refresh cookie, separated by commas; none in production."""
    master_key: Secret = Secret("")
    """Needed; protects what is stored encrypted, and must not lie beside it. See `docs/runbooks/master-key.md`."""
    master_key_before: Secret = Secret("")
    """The one before, while it is changed."""
    service_jwks_file: str = ""
    """The public halves of the keys by which the other services prove themselves (JWKS)."""
    proxies: str = "127.0.0.0/8,::1/128"
    """Networks the gateway calls from: only these are believed when they say for whom (`X-Forwarded-For`)."""
    database_connections_max: int = 10

    access_seconds: Annotated[int, Meta(ge=1, le=ACCESS_SECONDS_MAX)] = 600
    service_token_seconds: int = 300
    refresh_repeat_seconds: int = 30
    """How long a spent refresh token is answered with the same pair again, before it counts as stolen."""
    session_idle_days: int = 30
    session_days_max: int = 180
    sessions_per_user: Annotated[int, Meta(ge=1)] = 50
    """One more ends the one that lay idle longest."""
    key_days: int = 30
    key_publish_seconds: int = 600
    """How long a new signing key is published before it signs: longer than verifiers keep what they fetched."""

    registration: Literal["open", "closed"] = "open"
    """Closed: nobody makes an account; those that are there go on."""
    require_verified_email: bool = True
    password_length_min: int = 8
    password_length_max: int = 256
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 32 * 1024
    argon2_parallelism: int = 1
    hashes_at_once: int = 2
    hashes_waiting_max: int = 200

    guess_window_seconds: int = 900
    guesses_per_address_and_network: int = 10
    guesses_per_network: int = 100
    guesses_per_device: int = 10
    """For a device on which the address was logged in before; nobody else's guesses count against it."""
    guesses_per_address: int = 100
    """From all unknown devices together (NIST SP 800-63B, 5.2.2)."""
    guess_window_of_address_seconds: int = 3600
    journeys_per_network: int = 100
    """To Discord, in `guess_window_seconds`."""
    registrations_per_network: int = 30
    """In an hour, as the following three."""
    mails_per_address_and_network: int = 5
    mails_per_network: int = 50
    mails_per_address: int = 10
    device_days: int = 365

    step_up_seconds: int = 600
    """How fresh a proof of who one is must be for sensitive changes."""
    totp_steps_back: int = 0
    """Older codes that are still taken, in steps of 30 s; 0 keeps a code's life at 30 s (ASVS 6.5.5)."""
    verification_hours: int = 24
    reset_minutes: int = 10
    challenge_seconds: int = 300
    deletion_grace_days: int = 14
    security_log_days: int = 365

    smtp_url: Secret = Secret("")
    """`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://...`."""
    smtp_seconds: float = 20.0
    mail_from: str = "Guildhall <noreply@guildhall.invalid>"
    mail_folder: str = "var/mail"
    """In development without an SMTP server mails are written here and shown at `/dev/mail`."""
    mail_poll_seconds: float = 1.0
    mail_failures_max: int = 12

    discord_client_id: str = ""
    discord_client_secret: Secret = Secret("")
    discord_url: str = "https://discord.com"
    """Where people agree, and below which (`/api/v10`) codes are exchanged."""
    discord_seconds: float = 10.0
    passkey_domain: str = ""
    """The relying party id; the host of `public_url` when empty."""
    acting_services: str = "messaging,media"
    """Services that may ask who a Discord user is here, to act for them."""

    def __post_init__(self) -> None:
        if len(self.master_key.reveal()) < MASTER_KEY_LENGTH_MIN:
            raise ValueError(
                f"AUTH_MASTER_KEY: {MASTER_KEY_LENGTH_MIN} random characters or more are needed; make them with "
                "`openssl rand -base64 32`, and keep them elsewhere than the database"
            )
