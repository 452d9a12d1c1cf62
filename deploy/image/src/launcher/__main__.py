"""`python -m launcher COMMAND`: the engine of `make run` and of the container."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded.failures import EmbeddedError
from launcher import one_program, programs, session
from launcher.data_directory import DataDirectory
from launcher.failures import LaunchError
from launcher.plan import EDGE, Plan

DEFAULT_PORT = 8000
DEFAULT_READY_SECONDS = 120


def main() -> int:
    """0 when stopped as told, 1 with the reason on standard error otherwise."""
    asked = parse(sys.argv[1:])
    try:
        return obey(asked, plan_from(os.environ, asked))
    except (LaunchError, EmbeddedError) as problem:
        print(f"guildhall: {problem}", file=sys.stderr)
        return 1


def obey(asked: argparse.Namespace, plan: Plan) -> int:
    """Do what was asked for; the answer is the exit code."""
    match asked.command:
        case "serve":
            one_program.serve(plan, asked.name)
        case "exec":
            one_program.execute(plan, asked.name, asked.arguments)
        case "keys":
            print(f"the keys are in {one_program.make_keys(plan)}")
        case "health":
            problem = one_program.health(plan, asked.name)
            print(problem or "ok")
            return 1 if problem else 0
        case _:
            session.run(plan)
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command and its arguments."""
    parser = argparse.ArgumentParser(prog="guildhall", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="everything (the default)")
    commands.add_parser("dev", help="one service, started again when a file changes").add_argument("name")
    commands.add_parser("servers", help="only PostgreSQL, Valkey and S3; prints how to reach them")
    commands.add_parser("migrate", help="bring every service's tables up to date, then end")
    commands.add_parser("serve", help="one program on outside servers, in this process").add_argument("name")
    execute = commands.add_parser("exec", help="a program's command with the settings of the present run")
    execute.add_argument("name")
    execute.add_argument("arguments", nargs=argparse.REMAINDER)
    commands.add_parser("keys", help="make the keys that programs need when they are served apart")
    commands.add_parser("health", help="whether a program is ready").add_argument("name", nargs="?", default=EDGE)
    return parser.parse_args(arguments or ["run"])


def plan_from(environ: Mapping[str, str], asked: argparse.Namespace) -> Plan:
    """The run that was asked for, by arguments and environment."""
    files = Path(environ.get("PROGRAMS_DIR", programs.IMAGE / "programs"))
    develops = asked.command == "dev"
    given = dict(environ)
    if develops and sys.stdout.isatty():
        given.setdefault("LOG_FORMAT", "pretty")
    services = {"run": programs.services(files), "dev": [asked.name] if develops else []}
    return Plan(
        home=DataDirectory(Path(environ.get("DATA_DIR") or "var").absolute()),
        given=given,
        port=_port(environ.get("GATEWAY_PORT") or environ.get("PORT") or str(DEFAULT_PORT)),
        program_files=files,
        servers=programs.embedded_servers(environ),
        services=services.get(asked.command, []),
        health_path="/livez" if develops else "/readyz",
        migrate=asked.command == "migrate",
        reload=develops,
        logs_to_stdout=environ.get("LOG") == "stdout" or develops,
        quiet_servers=develops,
        ready_seconds=float(environ.get("READY_SECONDS") or DEFAULT_READY_SECONDS),
    )


def _port(text: str) -> int:
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise LaunchError(f"PORT={text} is not a port: choose one between 1 and 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
