"""Browsers come to a private store through the gateway: with a signature, and not otherwise."""

import io
import os
from typing import Any

import aiohttp
import boto3
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.config import Config

from testkit.servers import S3

from .conftest import Gateway, StartGateway
from .services import Person, Services


def signer(store: S3, url: str) -> Any:
    """Signs for who reaches the store at this address."""
    untyped: Any = boto3
    return untyped.client(
        "s3",
        endpoint_url=url,
        region_name=store.s3_region,
        aws_access_key_id=store.s3_access_key,
        aws_secret_access_key=store.s3_secret_key.reveal(),
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def public(store: S3, **changes: Any) -> dict[str, Any]:
    """The gateway is where browsers find the store."""
    address = {"public_url": "http://guildhall.example", "s3_public_url": "http://guildhall.example/"}
    return {**address, "s3_endpoint": store.s3_endpoint, "s3_bucket": store.s3_bucket} | changes


@pytest.fixture
async def way(start_gateway: StartGateway, s3: S3) -> Gateway:
    return await start_gateway(**public(s3))


class Browser:
    """Sends forms, and reads what was signed."""

    def __init__(self, gateway: Gateway, store: S3) -> None:
        self._gateway = gateway
        self._store = store
        self._signer = signer(store, gateway.url)

    def form(self, key: str, size: int) -> dict[str, Any]:
        conditions = [["content-length-range", size, size]]
        return self._signer.generate_presigned_post(self._store.s3_bucket, key, Conditions=conditions)

    async def post(self, form: dict[str, Any], content: bytes, **changed: str) -> aiohttp.ClientResponse:
        fields = aiohttp.FormData()
        for name, value in (form["fields"] | changed).items():
            fields.add_field(name, value)
        fields.add_field("file", io.BytesIO(content), filename="blob")
        async with self._gateway.http.post(form["url"], data=fields, allow_redirects=False) as response:
            await response.read()
        return response

    def address(self, key: str) -> str:
        return self._signer.generate_presigned_url(
            "get_object", Params={"Bucket": self._store.s3_bucket, "Key": key}, ExpiresIn=60
        )

    async def ask(self, method: str, url: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self._gateway.http.request(method, url, headers=headers) as response:
            return response, await response.read()


@pytest.fixture
def browser(way: Gateway, s3: S3) -> Browser:
    return Browser(way, s3)


class TestSigned:
    async def test_forms_and_addresses_hold(self, browser: Browser) -> None:
        content = os.urandom(3_000_000)

        sent = await browser.post(browser.form("uploads/a", len(content)), content)
        read, whole = await browser.ask("GET", browser.address("uploads/a"))
        part, some = await browser.ask("GET", browser.address("uploads/a"), Range="bytes=10-19")

        assert sent.status == 204
        assert (read.status, whole) == (200, content)
        assert (part.status, some) == (206, content[10:20])
        assert "sandbox" in read.headers["content-security-policy"]

    async def test_what_was_changed_about_them_is_refused(self, browser: Browser) -> None:
        form, content = browser.form("uploads/a", 1000), bytes(1000)

        answers = [
            await browser.post(form, content[1:]),
            await browser.post(form, content, key="uploads/b"),
            await browser.post(form, content, **{"x-amz-signature": "0" * 64}),
            (await browser.ask("GET", browser.address("uploads/a").replace("uploads/a", "uploads/b")))[0],
            (await browser.ask("GET", browser.address("uploads/a") + "0"))[0],
        ]

        assert {answer.status for answer in answers} <= {400, 403}

    async def test_answers_send_nobody_elsewhere(self, browser: Browser) -> None:
        form = browser.form("uploads/a", 4)

        sent = await browser.post(form, b"file", success_action_redirect="https://evil.example/")

        assert "location" not in sent.headers
        assert not [name for name in sent.headers if name.lower().startswith("access-control-")]


class TestUnsigned:
    async def test_goes_no_further(self, browser: Browser, way: Gateway, s3: S3) -> None:
        home = f"{way.url}/{s3.s3_bucket}"
        await browser.post(browser.form("uploads/a", 4), b"file")

        for method, url in (
            ("GET", home), ("GET", f"{home}/"), ("GET", f"{home}?list-type=2"), ("GET", f"{home}/?X-Amz-Signature=0"),
            ("GET", f"{home}/uploads/a"), ("HEAD", f"{home}/uploads/a"), ("POST", f"{home}?delete"),
            ("POST", f"{home}/uploads/a?uploads"), ("PUT", browser.address("uploads/a")),
            ("DELETE", f"{home}/uploads/a"), ("OPTIONS", home),
            ("GET", f"{way.url}/{s3.s3_bucket}2/uploads/a?X-Amz-Signature=0"),
        ):  # fmt: skip
            answer, _ = await browser.ask(method, url)

            assert answer.status == 404, (method, url)

    async def test_is_not_made_up_for_by_headers(self, browser: Browser, services: Services) -> None:
        url = browser.address("uploads/a").partition("?")[0] + "?X-Amz-Signature=0"
        person: Person = services.person()

        answer, _ = await browser.ask("GET", url, Authorization=f"Bearer {person.token}")

        assert answer.status == 403


class TestLimits:
    async def test_a_form_beyond_the_limit_is_refused(self, start_gateway: StartGateway, s3: S3) -> None:
        way = await start_gateway(**public(s3, form_bytes_max=10_000))
        browser = Browser(way, s3)

        for size, status in ((5_000, 204), (20_000, 413)):
            assert (await browser.post(browser.form("uploads/a", size), bytes(size))).status == status

    async def test_a_store_that_browsers_reach_is_not_ours(self, start_gateway: StartGateway, s3: S3) -> None:
        gateway = await start_gateway(**public(s3, s3_public_url="https://s3.example"))
        browser = Browser(gateway, s3)

        assert (await browser.post(browser.form("uploads/a", 4), b"file")).status == 404


class TestAFailureOfTheStore:
    async def test_is_an_outage_that_passes(self, start_gateway: StartGateway, s3: S3) -> None:
        """As SeaweedFS answers on a full disk."""

        async def fail(_: web.Request) -> web.Response:
            return web.Response(status=500, text="<Error><Code>InternalError</Code></Error>")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", fail)
        async with TestServer(app) as full:
            way = await start_gateway(**public(s3, s3_endpoint=str(full.make_url("/")).rstrip("/")))
            browser = Browser(way, s3)

            answer = await browser.post(browser.form("uploads/a", 4), b"file")

        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
