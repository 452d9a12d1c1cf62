"""The environment of our programs: what was given, and what we have to make up."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from embedded import postgres, seaweedfs, secret_files, valkey
from launcher.credentials import key_file
from launcher.programs import IMAGE

WEB_FOLDER = IMAGE.parents[1] / "services" / "web" / "dist"
"""Where the web client is built to, in a checkout and in the image alike."""


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
    """Settings as the services read them; what was given wins, but for the ports of servers that are ours."""
    made = {
        "ENVIRONMENT": "development",
        "LOG_FORMAT": "json",
        "SERVICE_JWKS_FILE": str(jwks),
        "PUBLIC_URL": f"http://127.0.0.1:{ports['gateway']}",
        "GATEWAY_WEB_FOLDER": str(WEB_FOLDER),
        "AUTH_MASTER_KEY": secret_files.read_or_generate(secrets, "auth-master.key"),
    }
    for server in servers:
        made |= _server_settings(server, ports[server], secrets)
    for service in services:
        port = given.get(variable(service, "PORT")) or str(ports[service])
        made[variable(service, "PORT")] = port
        made[variable(service, "URL")] = f"http://127.0.0.1:{port}"
        made[variable(service, "SERVICE_KEY_FILE")] = str(key_file(secrets, service))
    if given.get("ENVIRONMENT", made["ENVIRONMENT"]) == "development":
        made["AUTH_REQUIRE_VERIFIED_EMAIL"] = "false"
        made["AUTH_MAIL_FOLDER"] = str(secrets.parent / "mail")
    if "seaweedfs" in servers:  # on loopback: browsers come to it through the gateway
        made["S3_PUBLIC_URL"] = given.get("PUBLIC_URL") or made["PUBLIC_URL"]
    server_ports = {variable(server, "PORT"): str(ports[server]) for server in servers}
    return made | {name: value for name, value in given.items() if value} | server_ports


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
