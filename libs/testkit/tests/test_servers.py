"""What the fixtures for Redis and S3, and the servers of one's own, promise."""

from pathlib import Path
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError

from chassis.settings import Secret
from embedded import Server
from testkit import containers
from testkit.buckets import create_bucket, delete_bucket
from testkit.clock import Clock
from testkit.servers import S3, Servers


def connect(url: str) -> Any:
    client: Any = redis.Redis
    return client.from_url(url, decode_responses=True)


class TestRedisUrl:
    @pytest.mark.parametrize("turn", [1, 2])
    def test_every_test_finds_it_empty(self, redis_url: Secret, turn: int) -> None:
        with connect(redis_url.reveal()) as client:
            assert client.dbsize() == 0
            client.set("left by", turn)


class TestS3:
    def test_a_bucket_is_made_and_goes(self, s3: S3) -> None:
        extra = create_bucket(s3, "a-second-bucket")

        delete_bucket(extra)

        create_bucket(s3, "a-second-bucket")
        delete_bucket(extra)

    def test_a_wrong_secret_is_refused(self, s3: S3) -> None:
        thief = S3(s3.s3_endpoint, s3.s3_region, s3.s3_access_key, Secret("guessed"))

        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            create_bucket(thief, "loot")


class TestOwnServers:
    def test_valkey_keeps_acknowledged_writes_through_a_kill(self, own_valkey: Server) -> None:
        with connect(own_valkey.url) as client:
            client.set("word", "kept")

        own_valkey.kill()
        own_valkey.start()

        with connect(own_valkey.url) as client:
            assert client.get("word") == "kept"

    def test_a_paused_server_does_not_answer_until_it_is_resumed(self, own_valkey: Server) -> None:
        with connect(f"{own_valkey.url}?socket_timeout=0.2") as client:
            client.ping()

            own_valkey.pause()
            with pytest.raises(redis.TimeoutError):
                client.ping()

            own_valkey.resume()
            assert client.ping()


class TestOutsideServers:
    def test_named_ones_are_used_and_none_is_started(self, tmp_path: Path) -> None:
        environ = {"TEST_DATABASE_URL": "postgresql+asyncpg://a@b/c", "TEST_REDIS_URL": "redis://r"}

        servers = Servers(tmp_path, environ, worker=3)

        assert servers.database_url == "postgresql+asyncpg://a@b/c"
        assert servers.redis_url == "redis://r/3"
        assert not list(tmp_path.iterdir())

    def test_containers_without_an_engine_are_refused_with_a_way_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

        with pytest.raises(pytest.UsageError, match="unset TEST_SERVERS"):
            Servers(tmp_path, {"TEST_SERVERS": "containers"}, worker=0)

    def test_an_unknown_wish_is_refused(self) -> None:
        with pytest.raises(pytest.UsageError, match="TEST_SERVERS=moto"):
            containers.wanted({"TEST_SERVERS": "moto"})


class TestClock:
    def test_it_goes_only_when_told(self, clock: Clock) -> None:
        before = clock()

        clock.advance(minutes=10)

        assert (clock() - before).total_seconds() == 600
