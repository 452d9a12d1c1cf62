"""What newservice can be told; every limit has its name here."""

from chassis.settings import Secret, ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """`NEWSERVICE_<NAME>` in the environment; servers and other services have shared names."""

    database_url: Secret
    redis_url: Secret
    auth_url: str

    note_chars_max: int = 500
