"""One container as an operator starts it, used and broken. Not collected by itself; IMAGE names what is tried."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from embedded import ports
from testkit.waiting import wait_until

ROOT = Path(__file__).parents[2]
IMAGE = os.environ.get("IMAGE", "guildhall:dev")
DOCKER = os.environ.get("DOCKER", "docker")
SIZE_BYTES_MAX = 560_000_000
STOP_SECONDS_MAX = 30
PORTS = {"auth": 8001, "messaging": 8002, "media": 8003}
HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=400")


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([DOCKER, *arguments], capture_output=True, text=True, check=False, timeout=300)
    assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done


def call(url: str, body: dict[str, str], *, token: str = "") -> Any:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


class Container:
    """One container on a volume; `start` again and it is the same."""

    def __init__(
        self, *options: str, command: tuple[str, ...] = ("run",), memory: str = "1g", beside: str = "", data: str = ""
    ) -> None:
        """`beside` names a container whose network it shares, `data` one whose volume it does."""
        self.name = f"guildhall-test-{uuid4().hex[:8]}"
        self.port = ports.choose(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        docker("volume", "create", self.name)
        network = f"--network=container:{beside}" if beside else f"--publish=127.0.0.1:{self.port}:8000"
        docker(
            *("create", "--name", self.name, *HARDENED, f"--memory={memory}", network),
            *(f"--volume={data or self.name}:/data", *options, IMAGE, *command),
        )

    def start(self) -> None:
        docker("start", self.name)

    def wait_until_healthy(self) -> None:
        wait_until(lambda: self.state("Health.Status") == "healthy" or self.state("Status") == "exited", seconds=240)
        assert self.state("Status") == "running", self.logs()

    def wait_until_ended(self) -> int:
        wait_until(lambda: self.state("Status") == "exited", seconds=120)
        return int(self.state("ExitCode"))

    def state(self, name: str) -> str:
        return docker("inspect", "--format", f"{{{{.State.{name}}}}}", self.name).stdout.strip()

    def execute(self, *command: str, check: bool = True) -> str:
        done = docker("exec", self.name, *command, check=check)
        return done.stdout + done.stderr

    def pid(self, program: str) -> str:
        return self.execute("cat", f"/data/run/{program}.pid").strip()

    def logs(self) -> str:
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    def remove(self) -> None:
        docker("rm", "--force", self.name)
        docker("volume", "rm", self.name)


@pytest.fixture
def make() -> Generator[Callable[..., Container]]:
    made: list[Container] = []

    def make(*options: str, **how: Any) -> Container:
        made.append(Container(*options, **how))
        made[-1].start()
        return made[-1]

    yield make
    for container in reversed(made):
        container.remove()


@pytest.fixture(scope="module")
def container() -> Generator[Container]:
    """One that people are to reach, and whose mails go nowhere."""
    made = Container("--env=AUTH_REQUIRE_VERIFIED_EMAIL=false")
    made.start()
    made.wait_until_healthy()
    yield made
    made.remove()


@pytest.mark.timeout(600)
class TestImage:
    def test_is_no_larger_than_promised_and_says_what_it_is(self) -> None:
        inspected = json.loads(docker("inspect", IMAGE).stdout)[0]

        print(f"\n{inspected['Size'] / 1e6:.0f} MB")
        assert inspected["Size"] <= SIZE_BYTES_MAX
        assert inspected["Config"]["Labels"]["org.opencontainers.image.title"] == "Guildhall"
        assert inspected["Config"]["User"] == "10001:10001"
        assert list(inspected["Config"]["Volumes"]) == ["/data"]

    def test_has_no_secret_in_its_settings(self) -> None:
        [inspected] = json.loads(docker("inspect", IMAGE).stdout)

        names = {entry.partition("=")[0] for entry in inspected["Config"]["Env"]}

        assert not [name for name in names if name.endswith(("_KEY", "_SECRET", "_PASSWORD", "_TOKEN"))]


@pytest.mark.timeout(600)
class TestContainer:
    def test_is_production_and_says_what_is_missing(self, container: Container) -> None:
        assert "production mode (BIND_HOST=0.0.0.0 is not loopback)" in container.logs()
        assert "AUTH_SMTP_URL is not set" in container.logs()

    def test_writes_json_with_name_and_level_once_for_every_program(self, container: Container) -> None:
        lines = docker("logs", container.name).stdout.splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]

        assert {entry["service"] for entry in entries} >= {
            "postgres",
            "valkey",
            "seaweedfs",
            "auth",
            "media",
            "gateway",
        }
        assert all(entry.keys() >= {"event", "level", "service"} for entry in entries)
        assert [line for line in lines if not line.startswith("{")] == ["ready http://localhost:8000"]

    def test_makes_the_first_administrator(self, container: Container) -> None:
        ann = {"email": "ann@example.org", "password": "seven purple otters", "display_name": "Ann"}
        call(f"{container.url}/api/v1/auth/register", ann)

        said = container.execute("guildhall", "exec", "auth", "make-admin", "ann@example.org")

        assert said == "Ann administrates this server now\n"

    def test_serves_the_web_client(self, container: Container) -> None:
        request = urllib.request.Request(f"{container.url}/", headers={"accept": "text/html"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            page = answer.read()

        assert b'<script type="module"' in page

    def test_has_no_page_of_mails(self, container: Container) -> None:
        said = container.execute("guildhall", "health")

        assert said == "ok\n"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{container.url}/dev/mail", timeout=20)

    def test_leaves_no_zombie_when_postgres_is_killed(self, container: Container) -> None:
        before = container.pid("postgres")
        container.execute("bash", "-c", f"kill -9 {before}")

        wait_until(lambda: container.pid("postgres") != before)
        wait_until(lambda: "State:\tZ" not in container.execute("bash", "-c", "cat /proc/[0-9]*/status"))
        container.wait_until_healthy()


@pytest.mark.timeout(600)
class TestEnd:
    def test_by_sigterm_is_clean(self, make: Callable[..., Container]) -> None:
        container = make()
        container.wait_until_healthy()
        begun = time.monotonic()

        docker("stop", "--time", "60", container.name)

        assert container.state("ExitCode") == "0"
        assert time.monotonic() - begun < STOP_SECONDS_MAX

    def test_by_sigkill_is_no_hindrance_to_the_next_start(self, make: Callable[..., Container]) -> None:
        container = make()
        container.wait_until_healthy()
        docker("kill", container.name)

        container.start()

        container.wait_until_healthy()

    def test_comes_with_1_and_the_reason_when_a_program_dies_too_often(self, make: Callable[..., Container]) -> None:
        container = make("--env=UNEXPECTED_EXITS_MAX=2")
        container.wait_until_healthy()
        before = container.pid("auth")
        container.execute("bash", "-c", f"kill -9 {before}")
        wait_until(lambda: container.pid("auth") != before)

        container.execute("bash", "-c", "kill -9 $(cat /data/run/auth.pid)")

        assert container.wait_until_ended() == 1
        assert "auth is beyond help: it ended 2 times within 10 minutes" in container.logs()
        assert "terminated by SIGKILL: out of memory?" in container.logs()

    def test_comes_at_once_where_there_is_too_little_memory(self, make: Callable[..., Container]) -> None:
        container = make(memory="512m")

        assert container.wait_until_ended() == 1
        assert "guildhall: 512 MB of memory are too little" in container.logs()


@pytest.mark.timeout(300)
class TestApart:
    def test_a_program_names_the_settings_it_lacks(self, make: Callable[..., Container]) -> None:
        container = make(command=("serve", "media"))

        assert container.wait_until_ended() == 2
        assert "DATABASE_URL: is needed" in container.logs()

    def test_each_program_in_its_container_makes_one_system(self, make: Callable[..., Container]) -> None:
        keys = make(command=("keys",))
        assert keys.wait_until_ended() == 0
        servers = make(command=("servers",))
        wait_until(lambda: "S3_BUCKET=" in servers.logs(), seconds=60)
        settings = [line for line in servers.logs().splitlines() if re.match(r"(DATABASE|REDIS|S3)_\w+=", line)]
        settings += [f"PUBLIC_URL={servers.url}", "AUTH_REQUIRE_VERIFIED_EMAIL=false", f"S3_PUBLIC_URL={servers.url}"]
        settings += [f"{name.upper()}_URL=http://127.0.0.1:{port}" for name, port in PORTS.items()]

        for name in (*PORTS, "gateway"):
            options = (f"--env={setting}" for setting in settings)
            program = make(*options, command=("serve", name), beside=servers.name, data=keys.name, memory="300m")
            program.wait_until_healthy()
        ann = {"email": "ann@example.org", "password": "seven purple otters", "display_name": "Ann"}
        call(f"{servers.url}/api/v1/auth/register", ann)
        del ann["display_name"]
        token = call(f"{servers.url}/api/v1/auth/login", ann)["access_token"]

        assert call(f"{servers.url}/api/v1/spaces", {"name": "The guild"}, token=token)["name"] == "The guild"

    def test_keys_are_made_by_a_job(self, make: Callable[..., Container]) -> None:
        container = make(command=("keys",))

        assert container.wait_until_ended() == 0
        assert "the keys are in /data/secrets" in container.logs()


@pytest.mark.timeout(600)
class TestCompose:
    def test_up_is_all_that_a_newcomer_types(self) -> None:
        project, port = f"guildhall-test-{uuid4().hex[:8]}", ports.choose(1)[0]
        environ = os.environ | {"IMAGE": IMAGE, "PORT": str(port), "COMPOSE_PROJECT_NAME": project}

        def compose(*arguments: str) -> None:
            subprocess.run([DOCKER, "compose", *arguments], cwd=ROOT, env=environ, check=True, timeout=300)

        try:
            compose("up", "--detach", "--wait", "--no-build")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
                assert answer.status == 200
        finally:
            compose("down", "--volumes")
