"""The servers that tests talk to: embedded, in containers, or outside ones; each starts when first asked for."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import msgspec

from chassis.settings import Secret
from embedded import Server, seaweedfs
from embedded.kinds import KindName
from testkit import containers


class S3(msgspec.Struct, frozen=True):
    """A store and a bucket in it, as the settings of a service name them."""

    s3_endpoint: str
    s3_region: str
    s3_access_key: str
    s3_secret_key: Secret
    s3_bucket: str = ""
    vacuum_url: str = ""

    def environ(self) -> dict[str, str]:
        """The same for a process of its own."""
        return {
            "S3_ENDPOINT": self.s3_endpoint,
            "S3_REGION": self.s3_region,
            "S3_ACCESS_KEY": self.s3_access_key,
            "S3_SECRET_KEY": self.s3_secret_key.reveal(),
            "S3_BUCKET": self.s3_bucket,
            "MEDIA_STORE_VACUUM_URL": self.vacuum_url,
        }


class Servers:
    """One set per test process: nothing is shared, so nothing has to be agreed upon between processes."""

    def __init__(self, folder: Path, environ: Mapping[str, str], worker: int) -> None:
        self._folder = folder
        self._environ = environ
        self._worker = worker
        self._cleanup = ExitStack()
        if containers.wanted(environ):
            containers.require_engine()

    @cached_property
    def database_url(self) -> str:
        """An account that may create databases."""
        if "TEST_DATABASE_URL" in self._environ:
            return self._environ["TEST_DATABASE_URL"]
        if containers.wanted(self._environ):
            return self._cleanup.enter_context(containers.postgres())
        return self._embedded("postgres").url

    @cached_property
    def redis_url(self) -> str:
        """A logical database that is this process's alone, so that emptying it harms nobody."""
        if "TEST_REDIS_URL" in self._environ:
            return f"{self._environ['TEST_REDIS_URL'].rstrip('/')}/{self._worker}"
        if containers.wanted(self._environ):
            return self._cleanup.enter_context(containers.valkey())
        return self._embedded("valkey").url

    @cached_property
    def s3(self) -> S3:
        """A store without a bucket."""
        if "TEST_S3_ENDPOINT" in self._environ:
            return S3(
                s3_endpoint=self._environ["TEST_S3_ENDPOINT"],
                s3_region=self._environ.get("TEST_S3_REGION", seaweedfs.REGION),
                s3_access_key=self._environ["TEST_S3_ACCESS_KEY"],
                s3_secret_key=Secret(self._environ["TEST_S3_SECRET_KEY"]),
            )
        if containers.wanted(self._environ):
            endpoint, access_key, secret_key = self._cleanup.enter_context(containers.seaweedfs())
            return S3(endpoint, seaweedfs.REGION, access_key, Secret(secret_key))
        return store_of(self._embedded("seaweedfs"))

    def close(self) -> None:
        """Stop what was started here."""
        self._cleanup.close()

    def _embedded(self, kind: KindName) -> Server:
        server = Server(kind, self._folder, fsync=False)
        self._cleanup.callback(server.close)
        server.start()
        return server


def store_of(server: Server) -> S3:
    """How to reach an embedded SeaweedFS that was started, without a bucket."""
    return S3(
        s3_endpoint=server.url,
        s3_region=seaweedfs.REGION,
        s3_access_key=server.secret(seaweedfs.ACCESS_KEY),
        s3_secret_key=Secret(server.secret(seaweedfs.PRIVATE_KEY)),
        vacuum_url=seaweedfs.vacuum_url(server.data),
    )
