"""`python -m launcher [run | dev SERVICE | servers | migrate]`: the engine of `make run` and of the container."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.failures import EmbeddedError
from launcher import programs, session
from launcher.failures import LaunchError
from launcher.home import Home
from launcher.plan import Plan

DEFAULT_PORT = 8000


def main() -> int:
    """0 when stopped as told, 1 with the reason on standard error otherwise."""
    try:
        session.run(plan_from(os.environ, sys.argv[1:]))
    except (LaunchError, EmbeddedError) as problem:
        print(f"guildhall: {problem}", file=sys.stderr)
        return 1
    return 0


def plan_from(environ: Mapping[str, str], arguments: list[str]) -> Plan:
    """What was asked for, by arguments and environment."""
    parser = argparse.ArgumentParser(prog="launcher", description=__doc__)
    parser.set_defaults(command="run", service="")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="everything (the default)")
    commands.add_parser("dev", help="one service, started again when a file changes").add_argument("service")
    commands.add_parser("servers", help="only PostgreSQL, Valkey and S3; prints how to reach them")
    commands.add_parser("migrate", help="bring every service's tables up to date, then end")
    asked = parser.parse_args(arguments or ["run"])
    files = Path(environ.get("PROGRAMS_DIR", programs.IMAGE / "programs"))
    services = {"run": programs.services(files), "dev": [asked.service], "servers": [], "migrate": []}[asked.command]
    return Plan(
        home=Home(Path(environ.get("DATA_DIR") or "var").absolute()),
        given=environ,
        port=_port(environ.get("GATEWAY_PORT") or environ.get("PORT") or str(DEFAULT_PORT)),
        program_files=files,
        servers=programs.embedded_servers(environ),
        services=services,
        health_path="/livez" if asked.command == "dev" else "/readyz",
        migrate=asked.command == "migrate",
        reload=asked.command == "dev",
        logs_to_stdout=environ.get("LOG") == "stdout" or asked.command == "dev",
    )


def _port(text: str) -> int:
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise LaunchError(f"PORT={text} is not a port: choose one between 1 and 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
