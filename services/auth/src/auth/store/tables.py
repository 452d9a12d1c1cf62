"""Auth's tables; the log's are in `streams.tables`."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid

metadata = MetaData()

_MOMENT = DateTime(timezone=True)

secrets = Table("secrets", metadata, Column("name", Text, primary_key=True), Column("value", LargeBinary))
"""The data key, sealed under the master key."""

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("private_pem", LargeBinary),
    Column("active_from", _MOMENT),
    Column("ends_at", _MOMENT),
)
"""`private_pem` is encrypted."""

used_assertions = Table(
    "used_assertions", metadata, Column("id", Text, primary_key=True), Column("expires_at", _MOMENT)
)
"""Service assertions that were redeemed, until they would have expired: each works once."""

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_verified_at", _MOMENT),
    Column("display_name", Text),
    Column("avatar_url", Text),
    Column("password_hash", Text),
    Column("is_admin", Boolean),
    Column("language", Text),
    Column("created_at", _MOMENT),
    Column("activated_at", _MOMENT),
    Column("delete_at", _MOMENT),
)

identities = Table(
    "identities",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("provider_user_id", Text, primary_key=True),
    Column("user_id", Uuid),
    Column("username", Text),
    Column("tokens", LargeBinary),
    Column("linked_at", _MOMENT),
)
"""Outside accounts, by (provider, id) only; `tokens` is encrypted."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid),
    Column("method", Text),
    Column("device", Text),
    Column("network", Text),
    Column("created_at", _MOMENT),
    Column("last_seen_at", _MOMENT),
    Column("confirmed_at", _MOMENT),
    Column("expires_at", _MOMENT),
    Column("refresh_hash", LargeBinary),
    Column("rotated_at", _MOMENT),
    Column("spent", LargeBinary),
    Column("ended_at", _MOMENT),
)
"""`spent` is MessagePack: the tokens used within the last seconds."""

totp = Table(
    "totp",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("secret", LargeBinary),
    Column("confirmed_at", _MOMENT),
    Column("last_step", BigInteger),
)
"""`secret` is encrypted; `last_step` is the last time step whose code was used."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
)
"""Those not yet used."""

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("user_id", Uuid),
    Column("name", Text),
    Column("public_key", LargeBinary),
    Column("sign_count", BigInteger),
    Column("created_at", _MOMENT),
    Column("last_used_at", _MOMENT),
)

challenges = Table(
    "challenges",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("purpose", Text),
    Column("data", LargeBinary),
    Column("expires_at", _MOMENT),
)
"""Something asked of a browser, to be answered once: a passkey's challenge, the state of an OAuth2 journey."""

mail_tokens = Table(
    "mail_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid),
    Column("purpose", Text),
    Column("data", LargeBinary),
    Column("expires_at", _MOMENT),
)
"""Links that were mailed, by the hash of what they carry; each works once."""

mails = Table(
    "mails",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("data", LargeBinary),
    Column("send_at", _MOMENT),
    Column("failures", Integer),
)
"""Mail to be sent, encrypted; a row is deleted once the mail server has it."""

security_log = Table(
    "security_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", _MOMENT),
    Column("user_id", Uuid),
    Column("actor", Text),
    Column("action", Text),
    Column("outcome", Text),
    Column("network", Text),
    Column("device", Text),
    Column("session_id", Uuid),
    Column("detail", Text),
)
"""Who did what, from where, with what outcome. It has no e-mail address and outlives the account."""
