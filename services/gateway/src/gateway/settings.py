"""What the gateway can be told; every limit of the edge has its name here."""

from typing import ClassVar

from chassis.settings import Secret, ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """`GATEWAY_<NAME>` in the environment; addresses of others and Redis have shared names."""

    IS_PUBLIC: ClassVar[bool] = True

    port: int = 8000
    redis_url: Secret
    auth_url: str
    messaging_url: str
    media_url: str = ""
    control_bot_url: str = ""
    recorder_bot_url: str = ""
    """Of the bots that run here, to say how they are; nothing is sent to them."""
    public_url: str = ""
    s3_public_url: str = ""
    """Where this is `public_url`, the store is private (plain HTTP), and browsers come to it through the gateway."""
    s3_endpoint: str = ""
    s3_bucket: str = ""
    web_folder: str = ""
    """The built web client (`services/web/dist`); empty, or without a build: a page that says what runs here."""
    allowed_origins: str = ""
    """Other origins whose pages may use the API and the socket, parted by spaces; none by default."""

    # what this installation says of itself
    instance_name: str = "Guildhall"
    instance_kept_seconds: float = 15.0
    """How long what the services say of themselves is repeated before they are asked again."""
    bot_application_ids: str = ""
    """The Discord applications of the bots, separated by commas: their invitations are shown."""
    flags: str = ""
    """Feature flags as a JSON object; those of `flags_file` win."""
    flags_file: str = ""
    """A file with such an object; a change counts at once."""

    # HTTP
    trusted_proxies: int = 0
    """How many proxies of ours stand in front; the address that the first of them saw is the client's."""
    connections_per_address_max: int = 1_000
    """Of HTTP; where proxies of ours stand in front, all come from their addresses, and this has no effect."""
    connections_unknown_max: int = 10_000
    """On which no valid token was sent yet; beyond it the oldest is closed. At most nine tenths of the descriptors."""
    head_bytes_max: int = 32_768
    head_lines_max: int = 100
    head_seconds: float = 10.0
    """From the opening of a connection, or a request's first byte, to the end of its headers."""
    body_seconds: float = 10.0
    """For a body to arrive; each `body_bytes_per_second_min` bytes of it give another second."""
    body_bytes_per_second_min: int = 4_096
    body_bytes_held_max: int = 262_144
    """Taken in before a service is asked, so that a slow body holds no connection to it."""
    answer_seconds: float = 30.0
    """How long a client may leave what was sent unread."""
    body_bytes_max: int = 16_000_000
    """The services have smaller limits of their own."""
    form_bytes_max: int = 105_906_176
    """For what browsers upload to the store: the largest file that media takes, and a form around it."""
    forms_under_way_max: int = 32
    forms_per_client_max: int = 8
    """To the store, which takes a form whole before it looks at its signature; more wait."""
    user_requests_per_minute: int = 3_000
    network_requests_per_minute: int = 1_200
    """For requests without a valid token, by IPv4 address or IPv6 /64."""
    forward_seconds: float = 30.0
    """How long a service may stay silent, before its answer and within it."""
    upstream_connections_max: int = 256
    upstream_connections_per_client_max: int = 64
    """By person, or by network without a valid token; more wait, and nobody else with them."""
    posts_under_way_max: int = 1_000
    """On the connection to messaging that is kept for posts; more go by HTTP."""
    posts_late_seconds: float = 1.0
    """While an answer is owed there for longer than this, others go by HTTP."""

    # realtime
    hello_seconds: float = 5.0
    heartbeat_seconds: int = 25
    pong_seconds: int = 10
    frame_bytes_max: int = 65_536
    frames_per_second: float = 20.0
    frames_burst: float = 100.0
    topics_per_socket_max: int = 200
    sockets_max: int = 20_000
    sockets_per_user_max: int = 50
    queue_frames_max: int = 256
    queue_bytes_max: int = 1_048_576
    ring_events_max: int = 500
    """How far back a client can resume: one more is a `reset`."""
    ring_margin: int = 100
    """How much further back than asked the log is read, so that those who resume next need not ask it again."""
    held_seconds_max: float = 5.0
    """How long events wait for what is missing before them, or for an audience as new as they are; then the topic is
    reset for its watchers."""
    topic_linger_seconds: float = 300.0
    log_calls_max: int = 32
    close_seconds: float = 5.0
    """How long a closed socket may take over its leave."""
    drain_sockets_seconds: float = 4.0

    # typing and presence
    typing_seconds: float = 8.0
    typing_pause_seconds: float = 1.0
    """What one socket says sooner after its last `typing` is passed over."""
    presence_linger_seconds: float = 5.0
    """How long somebody without a socket still counts as here: they may be coming back."""
    beat_seconds: float = 10.0
    lease_seconds: float = 30.0
    """A gateway that dies is forgotten after `lease_seconds` + `beat_seconds` at most, and its people with it."""
    presence_people_max: int = 200
    """With more people than this in a space presence is not told: the frames would grow with the square. 0: nowhere."""
