"""What comes in a passkey's place may be anything: it is refused, never a server error."""

import base64
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from .authenticator import Authenticator
from .conftest import StartAuth
from .people import ORIGIN, Auth
from .test_factors import DOMAIN, with_passkey

Credential = dict[str, Any]
Change = Callable[[Credential], Credential]

ROUNDS = 8
ANSWERS = {200, 201, 400, 401}
"""What was changed need not matter: a credential that is right all the same is taken."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
cbor = st.recursive(
    st.none() | st.integers() | st.binary(max_size=80) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.integers(-3, 3) | st.sampled_from(["fmt", "attStmt", "authData"]), inner, max_size=4)
    ),
    max_leaves=6,
)
garbage = values | st.binary(max_size=120).map(bytes_to_base64url) | cbor.map(cbor2.dumps).map(bytes_to_base64url)
PLACES = (
    ("id",),
    ("rawId",),
    ("type",),
    ("response",),
    ("response", "clientDataJSON"),
    ("response", "attestationObject"),
    ("response", "authenticatorData"),
    ("response", "signature"),
    ("response", "userHandle"),
    ("response", "transports"),
    ("clientExtensionResults",),
    ("authenticatorAttachment",),
)


def swapped(credential: Credential, place: tuple[str, ...], value: Any) -> Credential:
    """The credential with something else in one place."""
    name, *inner = place
    return credential | {name: swapped(credential[name], tuple(inner), value) if inner else value}


def flipped(credential: Credential, place: str, at: int, bits: int) -> Credential:
    """The credential with one byte of one part of the answer changed."""
    raw = bytearray(base64url_to_bytes(credential["response"][place]))
    raw[at % len(raw)] ^= bits
    return swapped(credential, ("response", place), bytes_to_base64url(bytes(raw)))


def changed(values: tuple[Any, ...], at: int, bits: int) -> list[Change]:
    """One value in each place of a credential that is right, and one byte of each signed part."""

    def swap(place: tuple[str, ...], value: Any) -> Change:
        return lambda credential: swapped(credential, place, value)

    def flip_data(credential: Credential) -> Credential:
        name = "attestationObject" if "attestationObject" in credential["response"] else "authenticatorData"
        return flipped(credential, name, at, bits)

    swaps = [swap(place, value) for place, value in zip(PLACES, values, strict=True)]
    return [*swaps, flip_data, lambda credential: flipped(credential, "clientDataJSON", at, bits)]


def drawn() -> list[Change]:
    """Drawn beforehand, the same at every run: what is asked over HTTP waits."""
    found: list[Change] = []

    @settings(
        max_examples=ROUNDS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.tuples(*(garbage for _ in PLACES)), st.integers(0, 400), st.integers(1, 255))
    def draw(values: tuple[Any, ...], at: int, bits: int) -> None:
        found.extend(changed(values, at, bits))

    draw()
    return found


@pytest.fixture
async def auth(start_auth: StartAuth) -> Auth:
    """Auth that lets itself be asked often."""
    return await start_auth(guesses_per_network=100_000)


class TestWhatIsNoPasskey:
    async def test_is_never_a_server_error_where_one_is_added(self, auth: Auth) -> None:
        ann = await auth.person()
        answers: dict[str, int] = {}
        for change in drawn():
            options = (await auth.ask("POST", "/passkeys/enrol", token=ann.access_token)).json()
            body = {"credential": change(Authenticator(ORIGIN, domain=DOMAIN).create(options))}
            answer = await auth.ask("POST", "/passkeys", body, token=ann.access_token)
            answers[repr(body)] = answer.status_code
            await auth.change_rows("delete from passkeys")

        assert {body: status for body, status in answers.items() if status not in ANSWERS} == {}
        assert 401 in answers.values()

    async def test_is_never_a_server_error_where_one_logs_in(self, auth: Auth) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        await with_passkey(auth, await auth.person(), device)
        answers: dict[str, int] = {}
        for change in drawn():
            options = (await auth.ask("POST", "/passkeys/login/options")).json()
            body = {"credential": change(device.get(options))}
            answers[repr(body)] = (await auth.ask("POST", "/passkeys/login", body)).status_code

        assert {body: status for body, status in answers.items() if status not in ANSWERS} == {}
        assert 401 in answers.values()

    async def test_nested_deeply_is_refused(self, auth: Auth) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        await with_passkey(auth, await auth.person(), device)
        options = (await auth.ask("POST", "/passkeys/login/options")).json()
        credential = device.get(options)
        nested = base64.urlsafe_b64encode(b'{"challenge":' + b"[" * 5_000 + b"]" * 5_000 + b"}").decode()

        credential["response"]["clientDataJSON"] = nested
        answer = await auth.ask("POST", "/passkeys/login", {"credential": credential})

        assert answer.status_code == 401
