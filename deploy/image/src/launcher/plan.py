"""What a run consists of: `run` everything, `dev` one service, `servers` only what they stand on."""

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from embedded import ports, seaweedfs, secret_files
from launcher import credentials, environment, port_owner, programs
from launcher.data_directory import DataDirectory
from launcher.exit_listener import EXITS_MAX, EXITS_SECONDS, MAY_FAIL
from launcher.failures import FATAL_FILE, LaunchError
from launcher.programs import Program

EDGE = "gateway"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    home: DataDirectory
    given: Mapping[str, str]
    port: int
    program_files: Path
    servers: list[str]
    services: list[str]
    health_path: str = "/readyz"
    migrate: bool = False
    reload: bool = False
    logs_to_stdout: bool = False
    quiet_servers: bool = False
    ready_seconds: float = 120.0

    @property
    def running(self) -> dict[str, Program]:
        """Our own programs that have a process here; raises LaunchError when one is unknown."""
        found = {name: programs.read(self.program_files, name) for name in self.services}
        return {name: one for name, one in found.items() if not one.only_with or self.given.get(one.only_with)}

    @property
    def idle(self) -> dict[str, str]:
        """Programs that have no process here, and the variable that each would need."""
        found = {name: programs.read(self.program_files, name).only_with for name in self.services}
        return {name: needed for name, needed in found.items() if name not in self.running}

    @property
    def may_fail(self) -> list[str]:
        """Programs that nothing waits for."""
        return [name for name, one in self.running.items() if one.only_with]

    @property
    def groups(self) -> dict[str, list[str]]:
        """What is stopped together, the last first; what is empty is left out.

        The edge is apart: while it drains, the services behind it still answer.
        """
        behind = [name for name in self.running if name != EDGE]
        edge = [name for name in self.running if name == EDGE]
        groups = {"servers": self.servers, "services": behind, "edge": edge}
        return {group: names for group, names in groups.items() if names}

    @property
    def names(self) -> list[str]:
        """Everything that runs."""
        return [*self.servers, *self.running]

    @property
    def url(self) -> str:
        """Where people go on this machine. Not 127.0.0.1: passkeys need a name."""
        return f"http://localhost:{self.port}"


def set_up(plan: Plan) -> dict[str, str]:
    """Ports, secrets, keys, the program list and each program's settings; the answer is the environment of all.

    The caller holds the lock of the data directory.
    """
    home = plan.home
    if EDGE in plan.services and not ports.is_free(plan.port):
        raise LaunchError(
            f"port {plan.port} is busy: {port_owner.describe(plan.port)} listens there; stop it, or choose another, "
            f"for example `make run PORT={plan.port + 1}`"
        )
    services = programs.services(plan.program_files)
    numbers = ports.remembered(
        home.folder / "ports.json",
        [*plan.servers, *(name for name in services if name != EDGE)],
        taken=[plan.port],
    )
    home.forget_pids()
    (home.run / FATAL_FILE).unlink(missing_ok=True)
    programs.install(plan.program_files, home.run, plan.groups)
    environ = environment.compose(
        plan.given,
        servers=plan.servers,
        services=services,
        ports=numbers | {EDGE: plan.port},
        secrets=home.secrets,
        jwks=credentials.ensure_keys(home.secrets, services),
    ) | {"DATA_DIR": str(home.folder), "SERVERS_DIR": str(home.servers())}
    if "seaweedfs" in plan.servers:
        address = seaweedfs.choose_vacuum_url(home.servers() / "seaweedfs", port=numbers["seaweedfs"])
        environ.setdefault("MEDIA_STORE_VACUUM_URL", address)
    for name in plan.idle:
        environ.pop(environment.variable(name, "URL"), None)
    write_settings(plan, environ)
    return environ


def write_settings(plan: Plan, environ: Mapping[str, str]) -> None:
    """For `run-program`: what each program may know, as a shell reads it."""
    folder = plan.home.settings
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    services = programs.services(plan.program_files)
    for name in services:
        own = environment.of_program(programs.read(plan.program_files, name), environ, services)
        lines = (f"export {variable}={shlex.quote(value)}\n" for variable, value in sorted(own.items()))
        secret_files.write(folder / name, "".join(lines))


def environ_of_supervisor(plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """What the supervisor and all below it may know."""
    names = ["DATA_DIR", "SERVERS_DIR", *(environment.variable(server, "PORT") for server in plan.servers)]
    limits = {name: plan.given[name] for name in (EXITS_MAX, EXITS_SECONDS) if plan.given.get(name)}
    own = {name: environ[name] for name in names} | limits | {MAY_FAIL: " ".join(plan.may_fail)}
    return environment.of_supervisor(environ) | own


def note_port(given: Mapping[str, str], port: str) -> None:
    """For the container's health check, which starts no Python; nothing outside of the image asks for it."""
    if file := given.get("HEALTH_PORT_FILE"):
        Path(file).write_text(port)
