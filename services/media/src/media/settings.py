"""What media can be told from outside; every limit has its name here."""

from chassis.settings import Secret, ServiceSettings
from contracts.messaging import Role


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Limits end in `_max`. The key in `service_key_file` signs manifests too."""

    database_url: Secret
    redis_url: Secret
    auth_url: str
    s3_endpoint: str
    s3_access_key: Secret
    s3_secret_key: Secret
    s3_bucket: str
    s3_region: str = "us-east-1"
    s3_public_url: str = ""
    """Where browsers reach the store; empty: at `s3_endpoint`."""
    messaging_url: str = ""
    """Empty: it does not answer; then only what its events told is known of spaces, and recordings have no channel."""
    port: int = 8003
    database_connections_max: int = 12

    record_role: Role = Role.MODERATOR
    """The least role that may start, stop, pause, resume, delete and restore recordings."""
    acting_services: str = "control-bot"
    """Who may act for Discord users, separated by commas."""

    people_known_seconds: float = 3600.0
    """How long it counts what messaging said of somebody; what its events say counts at once."""
    people_known_max: int = 100_000
    asks_under_way_max: int = 16
    ask_seconds_max: float = 2.0
    """For one call to messaging or auth."""

    lease_seconds: float = 20.0
    unclaimed_seconds: float = 120.0
    """Then a recording that no recorder took has failed."""
    abandoned_seconds: float = 1800.0
    """Then a recording that no recorder went on with is finished from what was acknowledged."""
    unheard_seconds: float = 60.0
    """After so long without its database, or without a process, media gives every recorder its whole time again."""
    sweep_seconds: float = 5.0
    deleted_kept_days: int = 30
    idempotency_keys_kept_days: int = 7
    upload_seconds: int = 300
    """How long a presigned address is good."""
    s3_seconds: float = 10.0
    store_vacuum_url: str = ""
    """A GET here takes the bytes of what was deleted from the store's disk (the embedded SeaweedFS). Empty: the store
    does that by itself."""
    store_vacuum_seconds_max: float = 600.0
    store_settles_seconds: float = 3.0
    """A store that is to be asked for a vacuum lets go of a deleted object's bytes within this time."""

    upload_bytes_max: int = 104_857_600
    """For one file: it comes in one piece."""
    space_upload_bytes_max: int = 10_737_418_240
    """For all files of a space, those that are only reserved included; 0: nobody uploads anything."""
    jpeg_pixels_max: int = 50_000_000
    picture_pixels_max: int = 25_000_000
    """For one picture, by its header; a JPEG takes less memory to show."""
    filename_chars_max: int = 200
    checks_under_way_max: int = 4
    """So many files are read at once to be checked; more wait."""
    checks_waiting_max: int = 200
    check_wait_seconds: float = 20.0
    """How long a request waits for its file to be checked, before it is asked to come again."""
    reservations_per_person_max: int = 200
    reserved_bytes_per_person_max: int = 2_147_483_648
    """What one person may have reserved in a space and not completed."""
    reservation_yields_seconds: int = 600
    """After so long what was reserved and not completed makes room for others, where a space is full."""
    reservation_seconds: int = 1800
    """How long a file may be uploaded; as long again, what was uploaded can be completed."""
    unattached_seconds: int = 86_400
    """Then a file that was attached to no message is removed."""
    attaching_seconds: int = 600
    """How long an upload is kept for the message that is about to show it."""

    page_items_default: int = 50
    page_items_max: int = 100
    log_events_max: int = 1000
    title_chars_max: int = 200
    note_chars_max: int = 2000
    notes_per_recording_max: int = 1000
    warnings_per_recording_max: int = 50
    gaps_per_segment_max: int = 1000
    gaps_per_recording_max: int = 20_000
    recording_hours_max: float = 24.0
    recording_bytes_max: int = 8_000_000_000
    tracks_per_recording_max: int = 200
    ssrcs_per_track_max: int = 100
    segment_bytes_max: int = 4_000_000
    segment_seconds_max: int = 120
