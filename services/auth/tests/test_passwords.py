"""Which passwords are accepted, and how they are kept."""

import pytest
from argon2 import PasswordHasher, extract_parameters

from auth.domain.passwords import PasswordRefused, check_new_password, common_passwords
from auth.settings import Settings
from chassis.settings import Secret
from testkit.clock import Clock

from .conftest import StartAuth
from .people import EMAIL, PASSWORD, Auth

ABOUT = ["ann.lovelace@example.org", "Ann Lovelace", "guildhall"]


PRODUCTION = Settings(port=1, database_url=Secret(""), redis_url=Secret(""), master_key=Secret("k" * 32))


def accepted(password: str) -> bool:
    """With the limits that auth has when nobody sets others."""
    shortest, longest = PRODUCTION.password_length_min, PRODUCTION.password_length_max
    try:
        check_new_password(password, length_min=shortest, length_max=longest, about=ABOUT)
    except PasswordRefused:
        return False
    return True


class TestChoosingAPassword:
    def test_asvs_6_2_1_needs_eight_characters(self) -> None:
        assert not accepted("gk3!vQz")
        assert accepted("gk3!vQzp")

    @pytest.mark.parametrize("password", ["password1", "Qwertyuiop", "iloveyou!", "1q2w3e4r5t"])
    def test_asvs_6_2_4_refuses_common_ones(self, password: str) -> None:
        assert not accepted(password)

    @pytest.mark.parametrize("password", ["gkwvnqzpt", "7194082653", "§$%&/()=?ß", "пароль мой хорош"])
    def test_asvs_6_2_5_has_no_rules_of_composition(self, password: str) -> None:
        assert accepted(password)

    def test_asvs_6_2_9_may_be_long(self) -> None:
        assert accepted("correct horse battery staple " * 8)
        assert not accepted("correct horse battery staple " * 9)

    @pytest.mark.parametrize("password", ["guildhall1", "lovelace99", "Example-2026", "AnnLovelace"])
    def test_asvs_6_2_11_refuses_what_is_known_of_the_person(self, password: str) -> None:
        assert not accepted(password)

    def test_asvs_6_2_11_allows_a_known_word_in_something_longer(self) -> None:
        assert accepted("guildhall has seven doors")

    def test_asvs_6_2_4_knows_more_than_three_thousand_that_would_else_be_accepted(self) -> None:
        long_enough = [one for one in common_passwords() if len(one) >= PRODUCTION.password_length_min]

        assert len(long_enough) > 3000
        assert not any(accepted(one) for one in long_enough)

    async def test_asvs_6_2_12_refuses_leaked_ones_at_registration_change_and_reset(self, auth: Auth) -> None:
        ann = await auth.person()
        await auth.ask("POST", "/password/forgot", {"email": EMAIL})
        token = await auth.mailbox.link(EMAIL)

        answers = [
            await auth.register("eve@example.org", password="trustno1"),
            await auth.ask(
                "POST", "/password/change", {"current": PASSWORD, "new": "trustno1"}, token=ann.access_token
            ),
            await auth.ask("POST", "/password/reset", {"token": token, "password": "trustno1"}),
        ]

        assert [answer.json()["code"] for answer in answers] == ["password_refused"] * 3

    async def test_asvs_6_2_12_says_which_field_is_wrong_and_why(self, auth: Auth) -> None:
        answer = await auth.register(password="trustno1")

        assert answer.status_code == 400
        assert answer.json()["code"] == "password_refused"
        assert answer.json()["errors"][0]["pointer"] == "/password"


class TestKeepingAPassword:
    @pytest.mark.parametrize("close", [PASSWORD.title(), PASSWORD + " ", PASSWORD[:-1]])
    async def test_asvs_6_2_8_takes_it_exactly_as_typed(self, auth: Auth, close: str) -> None:
        await auth.register(password=PASSWORD)

        assert (await auth.try_login(password=close)).status_code == 401
        assert (await auth.try_login(password=PASSWORD)).status_code == 200

    async def test_asvs_6_2_8_does_not_cut_long_ones(self, auth: Auth) -> None:
        long = "correct horse battery staple " * 8
        await auth.register(password=long)

        assert (await auth.try_login(password=long[:-1])).status_code == 401
        assert (await auth.try_login(password=long)).status_code == 200

    def test_production_parameters_are_at_least_those_of_owasp(self) -> None:
        hasher = PasswordHasher(
            PRODUCTION.argon2_time_cost, PRODUCTION.argon2_memory_kib, PRODUCTION.argon2_parallelism
        )

        used = extract_parameters(hasher.hash(PASSWORD))

        assert used.type.name == "ID"
        assert used.time_cost >= 2
        assert used.memory_cost >= 19 * 1024
        assert used.parallelism >= 1

    async def test_a_login_brings_the_hash_up_to_date(self, start_auth: StartAuth, clock: Clock) -> None:
        weak = await start_auth()
        await weak.register()
        strong = await start_auth(database_url=weak.settings.database_url, argon2_time_cost=2)

        await strong.login()

        hashes = await strong.rows("select password_hash from users")
        assert extract_parameters(hashes[0]["password_hash"]).time_cost == 2
        assert (await strong.try_login(EMAIL)).status_code == 200
