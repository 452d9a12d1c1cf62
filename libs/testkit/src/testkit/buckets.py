"""A bucket for one test."""

from typing import Any, Protocol, cast

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from testkit.servers import S3


class _Deletable(Protocol):
    def delete(self) -> object: ...


class _Bucket(_Deletable, Protocol):
    object_versions: _Deletable

    def create(self) -> object: ...


def create_bucket(store: S3, name: str) -> S3:
    """Make a bucket; the answer is the store with that bucket named."""
    named = msgspec.structs.replace(store, s3_bucket=name)
    _bucket(named).create()
    return named


def delete_bucket(store: S3) -> None:
    """Delete the store's bucket and all that is in it; one that is already gone, or out of reach, is let be."""
    bucket = _bucket(store)
    try:
        bucket.object_versions.delete()
        bucket.delete()
    except (BotoCoreError, ClientError):
        return


def _bucket(store: S3) -> _Bucket:
    untyped: Any = boto3
    resource = untyped.resource(
        "s3",
        endpoint_url=store.s3_endpoint,
        region_name=store.s3_region,
        aws_access_key_id=store.s3_access_key,
        aws_secret_access_key=store.s3_secret_key.reveal(),
        config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 1}),
    )
    return cast("_Bucket", resource.Bucket(store.s3_bucket))
