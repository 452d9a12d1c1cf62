"""The environment of our programs: what was given, and what we have to make up; to each program what is its own."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

from embedded import postgres, seaweedfs, secret_files, valkey
from launcher import mode
from launcher.credentials import key_file
from launcher.programs import IMAGE, Program

WEB_FOLDER: Final = IMAGE.parents[1] / "services" / "web" / "dist"
"""Where the web client is built to, in a checkout and in the image alike."""

SHARED_SECRETS: Final = frozenset({"DATABASE_URL", "REDIS_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY"})
"""Settings that several programs have and that give access by themselves; a program's file names those it needs."""

MASTER_KEY: Final = "auth-master.key"
"""The file of auth's master key among the secrets."""

_PLAIN: Final = frozenset(
    {
        *("ENVIRONMENT", "LOG_FORMAT", "LOG_LEVEL", "PUBLIC_URL", "SERVICE_JWKS_FILE"),
        *("S3_ENDPOINT", "S3_REGION", "S3_BUCKET", "S3_PUBLIC_URL"),
    }
)
_OF_THE_MACHINE: Final = re.compile(
    r"(PATH|HOME|USER|LANG|LANGUAGE|TZ|TMPDIR|SSL_CERT_(FILE|DIR)|LD_LIBRARY_PATH"
    r"|(LC|PYTHON|PEX|MALLOC|OTEL)_?\w*|(?i:https?_proxy|no_proxy))"
)


def variable(program: str, name: str) -> str:
    """`control-bot`, `PORT` -> `CONTROL_BOT_PORT`."""
    return f"{program.upper().replace('-', '_')}_{name}"


def compose(
    given: Mapping[str, str],
    *,
    servers: Collection[str],
    services: Iterable[str],
    ports: Mapping[str, int],
    secrets: Path,
    jwks: Path,
) -> dict[str, str]:
    """Settings of all services; what was given wins, but for the ports of servers that are ours."""
    made = {
        "ENVIRONMENT": mode.choose(given),
        "LOG_FORMAT": "json",
        "SERVICE_JWKS_FILE": str(jwks),
        # Not 127.0.0.1: passkeys need a name.
        "PUBLIC_URL": f"http://localhost:{ports['gateway']}",
        "GATEWAY_WEB_FOLDER": str(WEB_FOLDER),
        "AUTH_MASTER_KEY": secret_files.read_or_generate(secrets, MASTER_KEY),
    }
    for server in servers:
        made |= _server_settings(server, ports[server], secrets)
    for service in services:
        port = given.get(variable(service, "PORT")) or str(ports[service])
        made[variable(service, "PORT")] = port
        made[variable(service, "URL")] = f"http://127.0.0.1:{port}"
        made[variable(service, "SERVICE_KEY_FILE")] = str(key_file(secrets, service))
    if "BIND_HOST" in given:
        made["GATEWAY_HOST"] = given["BIND_HOST"]
    if made["ENVIRONMENT"] == mode.DEVELOPMENT:
        made["AUTH_REQUIRE_VERIFIED_EMAIL"] = "false"
        made["AUTH_MAIL_FOLDER"] = str(secrets.parent / "mail")
    if "seaweedfs" in servers:  # on loopback: browsers come to it through the gateway
        made["S3_PUBLIC_URL"] = given.get("PUBLIC_URL") or made["PUBLIC_URL"]
    server_ports = {variable(server, "PORT"): str(ports[server]) for server in servers}
    return made | {name: value for name, value in given.items() if value} | server_ports


def of_program(program: Program, environ: Mapping[str, str], services: Iterable[str]) -> dict[str, str]:
    """What one program is given of it: its own settings, the shared ones that hold no secret, the secrets it needs."""
    addresses = {variable(service, "URL") for service in services}
    allowed = _PLAIN | addresses | program.secrets
    own = variable(program.name, "")
    return {
        name: value
        for name, value in environ.items()
        if name in allowed or name.startswith(own) or _is_of_the_machine(name)
    }


def of_supervisor(environ: Mapping[str, str]) -> dict[str, str]:
    """What every program may see: nothing of it is a setting of ours."""
    return {name: value for name, value in environ.items() if _is_of_the_machine(name)}


def _is_of_the_machine(name: str) -> bool:
    return bool(_OF_THE_MACHINE.fullmatch(name))


def _server_settings(server: str, port: int, secrets: Path) -> dict[str, str]:
    if server == "postgres":
        return {"DATABASE_URL": postgres.url(port, secrets=secrets)}
    if server == "valkey":
        return {"REDIS_URL": valkey.url(port, secrets=secrets)}
    return {
        "S3_ENDPOINT": seaweedfs.url(port, secrets=secrets),
        "S3_REGION": seaweedfs.REGION,
        "S3_BUCKET": seaweedfs.BUCKET,
        "S3_ACCESS_KEY": secret_files.read_or_generate(secrets, seaweedfs.ACCESS_KEY, length=15),
        "S3_SECRET_KEY": secret_files.read_or_generate(secrets, seaweedfs.PRIVATE_KEY),
    }
