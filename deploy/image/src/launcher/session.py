"""One run: from the first process to the last."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from launcher import environment, logs, memory, mode, programs
from launcher.environment import variable
from launcher.failures import LaunchError
from launcher.plan import EDGE, Plan, environ_of_supervisor, note_port, set_up
from launcher.reload import Sources
from launcher.startup import StartUp
from launcher.stop import Stop
from launcher.supervisor import Supervisor

_POLL_SECONDS = 0.1


def run(plan: Plan) -> None:
    """Run until told to stop; raises LaunchError when it can't start or can't go on."""
    stop = Stop()
    mode.choose(plan.given)
    if plan.reload and plan.idle:
        raise LaunchError("; ".join(f"{name} has no process without {needed}" for name, needed in plan.idle.items()))
    plan.home.make()
    lock = plan.home.lock(url=plan.url)
    environ = set_up(plan)
    note_port(plan.given, str(plan.port))
    if plan.services and len(plan.servers) == len(programs.SWITCHES):
        memory.refuse_too_little(plan.given, limit=memory.limit())
    if plan.services:
        report(mode.describe(environ))
    if not plan.home.servers().is_relative_to(plan.home.folder):
        report(
            f"the servers' data are in {plan.home.servers()}: the unprivileged user who runs them "
            f"can't pass the folders above {plan.home.folder}"
        )
    with ExitStack() as stack:
        if plan.logs_to_stdout:
            stack.callback(follow(plan, environ).stop)
        supervisor = stack.enter_context(Supervisor(plan.home, environ_of_supervisor(plan, environ), lock))
        start_up = StartUp(plan, environ, supervisor)
        if start_up.run(stop):
            if plan.migrate:
                migrate(plan, environ)
                return
            announce(plan, environ)
            for name, problem in start_up.wait_for_the_rest(stop).items():
                report(f"ready, but {name}: {problem}")
            stay(plan, supervisor, stop)
        report("stopping …")


def report(line: str) -> None:
    """Write a line to the person who started it."""
    print(line, file=sys.stderr, flush=True)


def follow(plan: Plan, environ: Mapping[str, str]) -> logs.Follower:
    """Begin to write all programs' logs to standard output."""
    follower = logs.Follower(
        [plan.home.log / f"{name}.log" for name in plan.names],
        sys.stdout,
        pretty=environ["LOG_FORMAT"] == "pretty",
        quiet_servers=plan.quiet_servers,
    )
    follower.start()
    return follower


def stay(plan: Plan, supervisor: Supervisor, stop: Stop) -> None:
    """Until told to stop, or until the supervisor ends."""
    root = programs.IMAGE.parents[1]
    sources = Sources([*root.glob("libs/*/src"), *root.glob("services/*/src")] if plan.reload else [])
    while not stop.wait(_POLL_SECONDS if not plan.reload else 0.5):
        supervisor.check()
        if sources.changed():
            report("a source file changed, starting again")
            with supervisor.orders() as control:
                for group in plan.groups.keys() - {"servers"}:
                    control.restart(group)


def migrate(plan: Plan, environ: Mapping[str, str]) -> None:
    """Bring the tables of every service up to date; one without tables has nothing to do."""
    services = programs.services(plan.program_files)
    for service in services:
        command = [sys.executable, "-m", service.replace("-", "_"), "migrate"]
        own = environment.of_program(programs.read(plan.program_files, service), environ, services)
        if subprocess.run(command, env=own, check=False).returncode != 0:
            raise LaunchError(f"{service} could not be migrated: see above")
        report(f"{service} is up to date")


def announce(plan: Plan, environ: Mapping[str, str]) -> None:
    """One line for programs, a few for people."""
    if not plan.services:
        for name in ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET"):
            if name in environ:
                print(f"{name}={environ[name]}")
        sys.stdout.flush()
        return
    url = plan.url if EDGE in plan.services else environ[variable(plan.services[0], "URL")]
    idle = "; ".join(f"{name} is off: {needed} is not set" for name, needed in plan.idle.items())
    print(f"ready {url}", flush=True)
    hints = {"health": f"{url}/readyz", "logs": f"{plan.home.log}/", "stop": "Ctrl-C"}
    if EDGE in plan.services:
        pages = {"what runs here": f"{url}/", "API, to try out": f"{url}/api/docs"}
        hints = pages | {"talk, in two terminals": f"make chat URL={url}"} | hints
    width = max(map(len, hints))
    report("\n".join(f"  {what:<{width}}  {where}" for what, where in hints.items()))
    if idle:
        report(f"  {idle}")
