"""What auth can be told by its environment."""

from chassis.settings import Secret, ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Limits and lifetimes carry their unit; every limit that refuses somebody is stated in the refusal."""

    database_url: Secret
    redis_url: Secret
    public_url: str = "http://127.0.0.1:8000"
    """Where browsers reach the gateway: the origin that cookies are bound to and mails link to."""
    master_key: Secret = Secret("")
    """Protects what is stored encrypted; when empty, one is made on first start and kept in the database."""
    service_jwks_file: str = ""
    """The public halves of the keys by which the other services prove themselves (JWKS)."""
    proxies: str = "127.0.0.0/8,::1/128"
    """Networks the gateway calls from: only these are believed when they say for whom (`X-Forwarded-For`)."""
    database_connections_max: int = 10

    access_seconds: int = 600
    service_token_seconds: int = 300
    refresh_repeat_seconds: int = 30
    """How long a spent refresh token is answered with the same pair again, before it counts as stolen."""
    session_idle_days: int = 30
    session_days_max: int = 180
    key_days: int = 30
    key_publish_seconds: int = 600
    """How long a new signing key is published before it signs: longer than verifiers keep what they fetched."""

    require_verified_email: bool = True
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 32 * 1024
    argon2_parallelism: int = 1
    hashes_at_once: int = 2
    hashes_waiting_max: int = 200
