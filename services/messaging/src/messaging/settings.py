"""What messaging can be told from outside; every limit has its name here."""

from chassis.settings import Secret, ServiceSettings
from contracts.messaging import Role


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Limits end in `_max`; `group_commit` merges concurrent posts into one transaction (else each has its own)."""

    database_url: Secret
    redis_url: Secret
    auth_url: str
    media_url: str = ""
    """Empty: it does not answer; then nothing can be attached."""
    port: int = 8002
    database_connections_max: int = 12
    record_role: Role = Role.MODERATOR
    """The least role that may record; media asks the same setting."""
    acting_services: str = "control-bot"
    """Who may act for Discord users, separated by commas."""

    group_commit: bool = True
    posts_port: int = 0
    """Where gateways bring posts, beside HTTP and on the same host; 0: a free one, which they are told."""
    post_tickets_max: int = 100
    """So many gateways may be on their way to that port at once, and each must be there soon."""
    post_ticket_seconds_max: float = 5.0
    posts_per_commit_max: int = 200
    posts_waiting_max: int = 10_000
    commit_seconds_max: float = 10.0
    ask_seconds_max: float = 2.0
    """For one call to media."""

    idempotency_keys_kept_days: int = 7
    deleted_kept_days: int = 30
    """How long deleted spaces and channels, which nobody sees, stay in the tables."""
    exports_per_person_max: int = 2
    export_seconds_max: float = 3600.0
    """For writing an export and reading all of it."""
    sweep_seconds: float = 60.0
    sweep_rows_max: int = 1000

    thread_update_seconds: float = 2.0
    """How often, at most, readers of a channel hear how one of its threads stands."""
    threads_per_update_max: int = 200

    page_items_default: int = 50
    page_items_max: int = 100
    ids_per_request_max: int = 50
    """So many messages or members are given by their ids at once."""
    log_events_max: int = 1000

    name_chars_max: int = 100
    topic_chars_max: int = 1000
    content_chars_max: int = 4000
    nonce_chars_max: int = 64
    emoji_chars_max: int = 64
    search_seconds_max: float = 5.0
    """For each statement of a search; beyond it the answer is 503."""
    query_chars_max: int = 400
    reason_chars_max: int = 500

    spaces_per_person_max: int = 200
    members_per_space_max: int = 10_000
    bans_per_space_max: int = 10_000
    channels_per_space_max: int = 500
    threads_per_channel_max: int = 1000
    invites_per_space_max: int = 200
    invite_days_max: int = 365
    invite_days_default: int = 7
    invite_uses_max: int = 10_000
    overrides_per_channel_max: int = 100
    attachments_per_message_max: int = 10
    mentions_per_message_max: int = 50
    emojis_per_message_max: int = 20
    reactions_per_message_max: int = 10_000
    pins_per_channel_max: int = 50
    revisions_per_message_max: int = 100
    unread_count_max: int = 100
