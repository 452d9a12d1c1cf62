"""Accounts: people, their sessions and proofs, keys, mail to be sent, the security log, the log of events."""

import sqlalchemy as sa
from alembic import op

from streams.migration import create_tables

revision = "2026_11_23_0310"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_tables()
    _keys()
    _users()
    _sessions()
    _proofs()
    _mail()
    _security_log()


def _keys() -> None:
    op.create_table("secrets", sa.Column("name", sa.Text, primary_key=True), _bytes("value"))
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text, primary_key=True),
        _bytes("private_pem"),
        _moment("active_from"),
        _moment("ends_at", nullable=True),
    )
    op.create_table("used_assertions", sa.Column("id", sa.Text, primary_key=True), _moment("expires_at"))


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        _text("email", nullable=True),
        sa.Column("email_key", sa.Text, unique=True),
        _moment("email_verified_at", nullable=True),
        _text("display_name"),
        _text("avatar_url", nullable=True),
        _text("password_hash", nullable=True),
        sa.Column("is_admin", sa.Boolean, nullable=False),
        _text("language"),
        _moment("created_at"),
        _moment("activated_at", nullable=True),
        _moment("delete_at", nullable=True),
    )
    op.create_index("users_delete_at", "users", ["delete_at"], postgresql_where=sa.text("delete_at is not null"))
    op.create_table(
        "identities",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("provider_user_id", sa.Text, primary_key=True),
        _user(),
        _text("username"),
        _bytes("tokens"),
        _moment("linked_at"),
        sa.UniqueConstraint("user_id", "provider", name="identities_one_per_provider"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        _user(),
        _text("method"),
        _text("device"),
        _text("network"),
        _moment("created_at"),
        _moment("last_seen_at"),
        _moment("confirmed_at"),
        _moment("expires_at"),
        _bytes("refresh_hash"),
        _moment("rotated_at"),
        sa.Column("spent", sa.LargeBinary, nullable=False),
        _moment("ended_at", nullable=True),
    )
    op.create_index("sessions_user_id", "sessions", ["user_id"])
    op.create_index("sessions_expires_at", "sessions", ["expires_at"])


def _proofs() -> None:
    op.create_table(
        "totp",
        _user(primary_key=True),
        _bytes("secret"),
        _moment("confirmed_at", nullable=True),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_table("recovery_codes", _user(primary_key=True), sa.Column("hash", sa.LargeBinary, primary_key=True))
    op.create_table(
        "passkeys",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        _user(),
        _text("name"),
        _bytes("public_key"),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        _moment("created_at"),
        _moment("last_used_at", nullable=True),
    )
    op.create_index("passkeys_user_id", "passkeys", ["user_id"])
    op.create_table(
        "challenges",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        _text("purpose"),
        _bytes("data"),
        _moment("expires_at"),
    )
    op.create_index("challenges_expires_at", "challenges", ["expires_at"])


def _mail() -> None:
    op.create_table(
        "mail_tokens",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        _user(),
        _text("purpose"),
        _bytes("data"),
        _moment("expires_at"),
    )
    op.create_index("mail_tokens_user_id", "mail_tokens", ["user_id"])
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid, primary_key=True),
        _bytes("data"),
        _moment("send_at"),
        sa.Column("failures", sa.Integer, nullable=False),
    )
    op.create_index("mails_send_at", "mails", ["send_at"])


def _security_log() -> None:
    op.create_table(
        "security_log",
        sa.Column("id", sa.Uuid, primary_key=True),
        _moment("at"),
        sa.Column("user_id", sa.Uuid),
        _text("actor"),
        _text("action"),
        _text("outcome"),
        _text("network"),
        _text("device"),
        sa.Column("session_id", sa.Uuid),
        _text("detail"),
    )
    op.create_index("security_log_user_id", "security_log", ["user_id", "id"])
    op.create_index("security_log_at", "security_log", ["at"])


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=nullable)


def _bytes(name: str) -> "sa.Column[bytes]":
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _user(*, primary_key: bool = False) -> "sa.Column[object]":
    owner = sa.ForeignKey("users.id", ondelete="cascade")
    return sa.Column("user_id", sa.Uuid, owner, nullable=False, primary_key=primary_key)
