"""One program instead of a run: served in a container of its own, or asked for one of its commands."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from embedded import secret_files
from launcher import credentials, environment, mode, programs, readiness
from launcher.environment import variable
from launcher.failures import LaunchError
from launcher.plan import Plan, note_port

_WITH_SETTINGS = '. "$0"; exec "$@"'


def serve(plan: Plan, name: str) -> NoReturn:
    """Become the program, on outside servers."""
    program = programs.read(plan.program_files, name)
    environ = environ_apart(plan, program)
    note_port(plan.given, environ[variable(name, "PORT")])
    _become(_command(name, ["serve"]), environ)


def execute(plan: Plan, name: str, arguments: list[str]) -> NoReturn:
    """Become one of the program's commands, with the settings that it has in the present run."""
    program = programs.read(plan.program_files, name)
    command = _command(name, arguments)
    if plan.home.address_of_run():
        shell = ["/bin/sh", "-c", _WITH_SETTINGS, str(plan.home.settings / name), *command]
        _become(shell, environment.of_supervisor(plan.given) | {"DATA_DIR": str(plan.home.folder)})
    if plan.servers:
        raise LaunchError(f"nothing runs on {plan.home.folder}: start it with `make run`, then do this again")
    _become(command, environ_apart(plan, program))


def make_keys(plan: Plan) -> Path:
    """Make the keys that are missing, for programs that are served apart; the answer is their folder."""
    plan.home.make()
    credentials.ensure_keys(plan.home.secrets, programs.services(plan.program_files))
    secret_files.read_or_generate(plan.home.secrets, environment.MASTER_KEY)
    return plan.home.secrets


def health(plan: Plan, name: str) -> str:
    """What keeps the program from being ready; empty when nothing does."""
    program = programs.read(plan.program_files, name)
    port = plan.given.get(variable(name, "PORT")) or (plan.port if name == "gateway" else program.default_port)
    return readiness.problem(name, int(port), path="/readyz")


def environ_apart(plan: Plan, program: programs.Program) -> dict[str, str]:
    """The settings of a program whose neighbours and servers run elsewhere: given ones, and the keys of our own."""
    secrets = plan.home.secrets
    made = {
        "ENVIRONMENT": mode.choose(plan.given),
        "LOG_FORMAT": "json",
        "SERVICE_JWKS_FILE": str(secrets / credentials.JWKS_NAME),
        variable(program.name, "PORT"): str(program.default_port),
        variable(program.name, "SERVICE_KEY_FILE"): str(credentials.key_file(secrets, program.name)),
    }
    if "BIND_HOST" in plan.given:
        made[variable(program.name, "HOST")] = plan.given["BIND_HOST"]
    master_key = secrets / environment.MASTER_KEY
    if program.name == "auth" and master_key.exists():
        made["AUTH_MASTER_KEY"] = master_key.read_text().strip()
    given = {name: value for name, value in plan.given.items() if value}
    services = programs.services(plan.program_files)
    return environment.of_program(program, made | given, services) | {"DATA_DIR": str(plan.home.folder)}


def _command(name: str, arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", name.replace("-", "_"), *arguments]


def _become(command: list[str], environ: Mapping[str, str]) -> NoReturn:
    os.execve(command[0], command, environ)
