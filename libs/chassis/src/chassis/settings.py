"""Settings: one frozen struct per service, read once from the environment; what is misspelt is refused."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, TypeVar

import msgspec

SHARED: Final = frozenset(
    {
        "auth_url",
        "control_bot_url",
        "database_url",
        "environment",
        "gateway_url",
        "log_format",
        "log_level",
        "media_url",
        "messaging_url",
        "otel_exporter_otlp_endpoint",
        "public_url",
        "record_role",
        "recorder_bot_url",
        "redis_url",
        "s3_access_key",
        "s3_bucket",
        "s3_endpoint",
        "s3_public_url",
        "s3_region",
        "s3_secret_key",
        "service_jwks_file",
    }
)
"""Fields read from the same name in every service (`DATABASE_URL`); all others are `<SERVICE>_<FIELD>`."""


class Secret:
    """A value that must not be seen: it prints as stars and is read only by `reveal()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service can be told."""

    IS_PUBLIC: ClassVar[bool] = False
    """Whether strangers reach its port: then metrics are shown to this machine alone."""

    port: int
    host: str = "127.0.0.1"
    environment: Literal["development", "production"] = "production"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "pretty"] = "auto"
    otel_exporter_otlp_endpoint: str = ""
    service_key_file: str = ""
    """The private key (PEM) by which this service proves itself to the others."""
    body_bytes_max: int = 1_000_000
    drain_seconds: float = 10.0
    write_seconds: float = 30.0
    """A client that takes no part of an answer for so long is given up."""


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class SettingsError(Exception):
    """The environment cannot be used; the text names every variable that is wrong and why."""


def load(settings_type: type[SettingsT], environ: Mapping[str, str], *, service: str) -> SettingsT:
    """Read the settings of `service` from `environ`, or say everything that is wrong with it at once."""
    prefix = service.upper().replace("-", "_") + "_"
    fields = msgspec.structs.fields(settings_type)
    variables = {(f.name.upper() if f.name in SHARED else prefix + f.name.upper()): f for f in fields}
    wrong = [
        f"{name}: no such setting"
        for name in sorted(environ)
        if name.startswith(prefix) and name not in variables and name.lower() not in SHARED
    ]
    values: dict[str, Any] = {}
    for variable, field in variables.items():
        if variable not in environ:
            if field.required:
                wrong.append(f"{variable}: is needed")
            continue
        try:
            values[field.name] = msgspec.convert(environ[variable], field.type, strict=False, dec_hook=_decode)
        except msgspec.ValidationError as error:
            wrong.append(f"{variable}: {error}")
    if wrong:
        raise SettingsError(f"{service} cannot start: " + "; ".join(wrong))
    try:
        return settings_type(**values)
    except ValueError as error:
        raise SettingsError(f"{service} cannot start: {error}") from None


def _decode(wanted: type[Any], value: Any) -> Any:
    if wanted is Secret:
        return Secret(str(value))
    raise NotImplementedError(f"no setting has the type {wanted}")
