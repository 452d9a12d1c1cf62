"""The same servers from container images, for those who ask with TEST_SERVERS=containers."""

import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import docker
import pytest
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import wait_for_logs

POSTGRES_IMAGE = "postgres:18"
VALKEY_IMAGE = "valkey/valkey:9"
SEAWEEDFS_IMAGE = "chrislusf/seaweedfs:4.48"


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether the tests were asked to use containers; an unknown wish is refused."""
    wish = environ.get("TEST_SERVERS", "embedded")
    if wish not in {"embedded", "containers"}:
        raise pytest.UsageError(f"TEST_SERVERS={wish} means nothing: set it to `embedded` or `containers`")
    return wish == "containers"


def require_engine() -> None:
    """Say at once, and once, that there is no engine: not a hundred times in a hundred tests."""
    try:
        docker.from_env(timeout=5).close()
    except DockerException as problem:
        raise pytest.UsageError(
            f"TEST_SERVERS=containers needs a Docker engine, and none answers ({problem}): "
            "start one, set DOCKER_HOST, or unset TEST_SERVERS to use the embedded servers"
        ) from problem


@contextmanager
def postgres() -> Generator[str]:
    """PostgreSQL; gives its address."""
    password = secrets.token_urlsafe()
    container = DockerContainer(POSTGRES_IMAGE).with_env("POSTGRES_PASSWORD", password).with_exposed_ports(5432)
    with container.with_command("-c fsync=off -c max_connections=200") as running:
        # It starts twice: first for itself, to make the data folder.
        wait_for_logs(running, r"PostgreSQL init process complete[\s\S]*ready to accept connections", timeout=60)
        yield f"postgresql+asyncpg://postgres:{password}@{_address(running, 5432)}/postgres"


@contextmanager
def valkey() -> Generator[str]:
    """Valkey; gives its address."""
    password = secrets.token_urlsafe()
    container = DockerContainer(VALKEY_IMAGE).with_exposed_ports(6379)
    with container.with_command(f"valkey-server --requirepass {password} --appendonly yes") as running:
        wait_for_logs(running, "Ready to accept connections", timeout=60)
        yield f"redis://:{password}@{_address(running, 6379)}/0"


@contextmanager
def seaweedfs() -> Generator[tuple[str, str, str]]:
    """S3; gives its address, access key and secret key."""
    access_key, secret_key = secrets.token_urlsafe(15), secrets.token_urlsafe()
    container = DockerContainer(SEAWEEDFS_IMAGE).with_exposed_ports(8333)
    container = container.with_env("AWS_ACCESS_KEY_ID", access_key).with_env("AWS_SECRET_ACCESS_KEY", secret_key)
    with container.with_command("mini -dir=/data -master.telemetry=false") as running:
        wait_for_logs(running, "Start Seaweed S3 API Server", timeout=60)
        yield f"http://{_address(running, 8333)}", access_key, secret_key


def _address(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"
