"""What a run consists of: `run` everything, `dev` one service, `servers` only what they stand on."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from embedded import ports
from launcher import credentials, environment, occupant, programs
from launcher.failures import LaunchError
from launcher.home import Home

EDGE = "gateway"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    home: Home
    given: Mapping[str, str]
    port: int
    program_files: Path
    servers: list[str]
    services: list[str]
    health_path: str = "/readyz"
    migrate: bool = False
    reload: bool = False
    logs_to_stdout: bool = False
    ready_seconds: float = 120.0

    @property
    def groups(self) -> dict[str, list[str]]:
        """What is stopped together, the last first; what is empty is left out.

        The edge is apart: while it drains, the services behind it still answer.
        """
        behind = [name for name in self.services if name != EDGE]
        edge = [name for name in self.services if name == EDGE]
        groups = {"servers": self.servers, "services": behind, "edge": edge}
        return {group: names for group, names in groups.items() if names}

    @property
    def names(self) -> list[str]:
        """Everything that runs."""
        return [*self.servers, *self.services]

    @property
    def url(self) -> str:
        """Where people go."""
        return f"http://127.0.0.1:{self.port}"


def set_up(plan: Plan) -> dict[str, str]:
    """Ports, secrets, keys and the program list; the answer is the environment of the programs.

    The caller holds the lock of the home.
    """
    home = plan.home
    if EDGE in plan.services and not ports.is_free(plan.port):
        raise LaunchError(
            f"port {plan.port} is busy: {occupant.describe(plan.port)} listens there; stop it, or choose another, "
            f"for example `make run PORT={plan.port + 1}`"
        )
    services = programs.services(plan.program_files)
    numbers = ports.remembered(
        home.folder / "ports.json",
        [*plan.servers, *(name for name in services if name != EDGE)],
        taken=[plan.port],
    )
    for name in (*(f"{name}.pid" for name in plan.names), "fatal"):
        (home.run / name).unlink(missing_ok=True)
    programs.install(plan.program_files, home.run, plan.groups)
    environ = environment.compose(
        plan.given,
        servers=plan.servers,
        services=services,
        ports=numbers | {EDGE: plan.port},
        secrets=home.secrets,
        jwks=credentials.ensure_keys(home.secrets, services),
    )
    return environ | {"DATA_DIR": str(home.folder), "SERVERS_DIR": str(home.servers())}
