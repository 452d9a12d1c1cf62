"""Guessing passwords: how many guesses are evaluated, who is locked out, what an answer gives away."""

import asyncio
from collections import Counter
from ipaddress import ip_network
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from auth.clients.throttle import LocalCounts
from auth.domain.attempts import Bucket
from auth.domain.visits import network_of
from auth.settings import Settings
from chassis.settings import Secret
from embedded import Server

from .conftest import StartAuth
from .people import EMAIL, Auth

WRONG = "not the password"
OTHER = "nine green herons"
GUESSES = 1000


class TestGuessing:
    async def test_a_thousand_at_once_evaluates_exactly_the_limit(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address_and_network=7)
        await auth.person()
        known = await auth.login()

        guesses = [auth.try_login(password=WRONG) for _ in range(GUESSES)]
        owner = auth.try_login(X_Device_Token=str(known.device_token))
        *answers, mine = await asyncio.gather(*guesses, owner)

        assert Counter(answer.status_code for answer in answers) == {401: 7, 429: GUESSES - 7}
        assert mine.status_code == 200

    async def test_says_how_many_are_left_and_when_to_come_back(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address_and_network=1, guess_window_seconds=60)

        first = await auth.try_login(password=WRONG)
        second = await auth.try_login(password=WRONG)

        assert first.headers["RateLimit-Policy"] == '"login";q=1;w=60'
        assert first.headers["RateLimit"].startswith('"login";r=0;t=')
        assert second.json()["code"] == "too_many_attempts"
        assert second.json()["detail"] == "1 attempts are let through in 60 seconds"
        assert 0 < int(second.headers["Retry-After"]) <= 60

    async def test_says_how_many_are_left_when_it_succeeds_too(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address_and_network=5, mails_per_address_and_network=2)

        registered = await auth.register()
        await auth.try_login(password=WRONG)
        right = await auth.try_login()
        me = await auth.ask("GET", "/me", token=right.json()["access_token"])

        assert registered.headers["RateLimit"].startswith('"mail";r=1;t=')
        assert right.headers["RateLimit-Policy"] == '"login";q=5;w=900'
        assert right.headers["RateLimit"].startswith('"login";r=4;t=')
        assert "RateLimit" not in me.headers

    async def test_from_elsewhere_is_counted_apart(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address_and_network=1)
        await auth.register()
        here, there = "203.0.113.1", "203.0.113.2"

        await auth.try_login(password=WRONG, X_Forwarded_For=here)

        assert (await auth.try_login(X_Forwarded_For=here)).status_code == 429
        assert (await auth.try_login(X_Forwarded_For=there)).status_code == 200

    async def test_one_network_may_not_try_many_accounts(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_network=3)

        statuses = [(await auth.try_login(f"p{n}@example.org")).status_code for n in range(4)]

        assert statuses == [401, 401, 401, 429]

    async def test_many_networks_together_have_a_limit_for_one_account(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address=3)

        networks = [f"203.0.113.{n}" for n in range(4)]
        statuses = [(await auth.try_login(password=WRONG, X_Forwarded_For=one)).status_code for one in networks]

        assert statuses == [401, 401, 401, 429]

    async def test_success_does_not_count(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address_and_network=2)
        await auth.register()

        statuses = [(await auth.try_login()).status_code for _ in range(4)]

        assert statuses == [200] * 4

    async def test_a_device_token_of_another_address_is_worth_nothing(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_address_and_network=1)
        await auth.register("eve@example.org", name="Eve")
        eves = (await auth.login("eve@example.org")).device_token
        await auth.register()
        await auth.try_login(password=WRONG)

        answer = await auth.try_login(X_Device_Token=str(eves))

        assert answer.status_code == 429

    async def test_a_stolen_known_device_guesses_no_more_than_others(self, start_auth: StartAuth) -> None:
        auth = await start_auth(guesses_per_device=2)
        await auth.register()
        token = str((await auth.login()).device_token)

        statuses = [(await auth.try_login(password=WRONG, X_Device_Token=token)).status_code for _ in range(3)]

        assert statuses == [401, 401, 429]

    async def test_is_limited_too_while_redis_is_away(self, start_auth: StartAuth, own_valkey: Server) -> None:
        auth = await start_auth(redis_url=Secret(own_valkey.url), guesses_per_address_and_network=3)
        await auth.register()
        own_valkey.kill()

        answers = await asyncio.gather(*(auth.try_login(password=WRONG) for _ in range(20)))

        assert Counter(answer.status_code for answer in answers) == {401: 3, 429: 17}

    def test_counting_here_is_bounded(self) -> None:
        counts = LocalCounts(buckets_max=10)

        for n in range(100):
            counts.take([Bucket(f"b{n}", 1, 60)])

        assert len(counts) == 10

    def test_asvs_6_1_1_every_limit_is_documented(self) -> None:
        readme = (Path(__file__).parents[1] / "README.md").read_text()
        beginnings = ("guess", "journeys", "mails_per", "registrations")
        limits = [name for name in Settings.__struct_fields__ if name.startswith(beginnings)]

        assert limits
        assert [name for name in limits if f"AUTH_{name.upper()}" not in readme] == []
        assert "never locked out" in readme


class TestWhereSomebodyComesFrom:
    def test_asvs_4_1_3_only_the_gateway_may_say(self) -> None:
        proxies = [ip_network("10.0.0.0/8")]

        assert network_of("203.0.113.9", "198.51.100.1", proxies=proxies) == "203.0.113.9"
        assert network_of("10.0.0.2", "198.51.100.1", proxies=proxies) == "198.51.100.1"

    def test_asvs_4_1_3_what_the_caller_wrote_before_does_not_count(self) -> None:
        proxies = [ip_network("10.0.0.0/8")]

        assert network_of("10.0.0.2", "127.0.0.1, 198.51.100.1", proxies=proxies) == "198.51.100.1"
        assert network_of("10.0.0.2", "nonsense", proxies=proxies) == "unknown"

    def test_an_ipv6_household_is_one_network(self) -> None:
        one, other = (network_of(f"2001:db8:1:2::{n}", None, proxies=[]) for n in (1, 2))

        assert one == other == "2001:db8:1:2::/64"


class TestWhatAnswersGiveAway:
    @pytest.mark.parametrize("verified", [True, False])
    async def test_asvs_6_3_8_login_looks_the_same_for_unknown_and_wrong(self, auth: Auth, verified: bool) -> None:
        await (auth.person() if verified else auth.register())

        wrong = await auth.try_login(password=WRONG)
        unknown = await auth.try_login("nobody@example.org", WRONG)

        assert wrong.status_code == unknown.status_code == 401
        assert _without_trace(wrong.json()) == _without_trace(unknown.json())

    async def test_asvs_6_3_8_registration_looks_the_same_for_a_known_address(self, auth: Auth) -> None:
        first = await auth.register()
        second = await auth.register()

        assert (first.status_code, first.json()) == (second.status_code, second.json())

    async def test_asvs_6_3_8_logging_in_after_registering_does_not_tell_whether_the_address_was_known(
        self, start_auth: StartAuth
    ) -> None:
        auth = await start_auth(require_verified_email=True)
        await auth.person("known@example.org")

        answers: list[dict[str, object]] = []
        for email in ("known@example.org", "new@example.org"):
            await auth.register(email, OTHER)
            answers.append(_without_trace((await auth.try_login(email, OTHER)).json()))

        assert answers[0] == answers[1]

    @pytest.mark.parametrize("path", ["/password/forgot", "/verify-email/resend"])
    async def test_asvs_6_3_8_mails_look_the_same_for_an_unknown_address(self, auth: Auth, path: str) -> None:
        await auth.register()

        known = await auth.ask("POST", path, {"email": EMAIL})
        unknown = await auth.ask("POST", path, {"email": "nobody@example.org"})

        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())

    async def test_asvs_6_3_8_an_unknown_address_costs_the_same_hash(
        self, start_auth: StartAuth, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        auth = await start_auth()
        await auth.register()
        checked: list[str] = []

        def verify(_: PasswordHasher, stored: str, __: str) -> bool:
            checked.append(stored)
            raise VerifyMismatchError

        monkeypatch.setattr(PasswordHasher, "verify", verify)

        await auth.try_login(password=WRONG)
        await auth.try_login("nobody@example.org", WRONG)

        wrong, unknown = (extract_parameters(stored) for stored in checked)
        assert wrong == unknown

    async def test_asvs_6_3_8_a_wrong_code_looks_like_a_wrong_password(self, auth: Auth) -> None:
        await auth.register()

        answer = await auth.try_login(password=WRONG, proof={"totp": "123456"})

        assert answer.json()["code"] == "wrong_credentials"


def _without_trace(body: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in body.items() if key != "instance"}
