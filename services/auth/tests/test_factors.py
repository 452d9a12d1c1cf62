"""Second factors: codes from an app, recovery codes, passkeys."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pyotp.totp import TOTP
from sqlalchemy import text

from chassis.database import connect

from .authenticator import Authenticator
from .people import EMAIL, ORIGIN, Auth, Tokens

DOMAIN = "home.example"


async def with_totp(auth: Auth, ann: Tokens) -> tuple[TOTP, list[str]]:
    """Set the app up; gives it, and the recovery codes."""
    offer = (await auth.ask("POST", "/totp/enrol", token=ann.access_token)).json()
    app = TOTP(offer["secret"])
    answer = await auth.ask("POST", "/totp/confirm", {"code": app.at(auth.clock())}, token=ann.access_token)
    assert answer.status_code == 200, answer.text
    auth.clock.advance(seconds=30)
    return app, answer.json()["recovery_codes"]


async def with_passkey(auth: Auth, ann: Tokens, device: Authenticator) -> Any:
    options = (await auth.ask("POST", "/passkeys/enrol", token=ann.access_token)).json()
    return await auth.ask("POST", "/passkeys", {"credential": device.create(options)}, token=ann.access_token)


class TestShowMe:
    async def test_says_by_what_the_account_is_protected(self, auth: Auth) -> None:
        ann = await auth.person()
        assert ann.user["factors"] == {"totp": False, "recovery_codes_left": 0, "passkeys": 0}
        await auth.ask("POST", "/totp/enrol", token=ann.access_token)
        begun = (await auth.ask("GET", "/me", token=ann.access_token)).json()

        _, codes = await with_totp(auth, ann)
        await with_passkey(auth, ann, Authenticator(ORIGIN, domain=DOMAIN))
        me = (await auth.ask("GET", "/me", token=ann.access_token)).json()
        entered = await auth.login(proof={"recovery_code": codes[0]})

        assert begun["factors"]["totp"] is False
        assert me["factors"] == {"totp": True, "recovery_codes_left": len(codes), "passkeys": 1}
        assert me["delete_at"] is None
        assert entered.user["factors"]["recovery_codes_left"] == len(codes) - 1


@asynccontextmanager
async def held(auth: Auth, table: str) -> AsyncGenerator[Callable[[int], Awaitable[None]]]:
    """Whoever wants to write to the table waits; `await waiting(2)` returns when two wait, for it or for each other."""
    engine = connect(auth.settings.database_url, schema="auth", connections_max=2)
    count = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )

    async def waiting(wanted: int) -> None:
        async with asyncio.timeout(20), engine.connect() as watching:
            while (await watching.scalar(count) or 0) < wanted:
                await watching.rollback()  # activity is looked at anew in another transaction
                await asyncio.sleep(0.01)

    async with engine.begin() as connection:
        await connection.execute(text(f"lock table {table} in share mode"))
        yield waiting
    await engine.dispose()


class TestTotp:
    async def test_is_asked_for_once_it_works(self, auth: Auth) -> None:
        app, _ = await with_totp(auth, await auth.person())

        without = await auth.try_login()
        ann = await auth.try_login(proof={"totp": app.at(auth.clock())})

        assert without.json()["code"] == "totp_needed"
        assert ann.status_code == 200

    async def test_asvs_6_5_1_a_code_works_once(self, auth: Auth) -> None:
        app, _ = await with_totp(auth, await auth.person())
        proof = {"totp": app.at(auth.clock())}

        assert [(await auth.try_login(proof=proof)).status_code for _ in range(2)] == [200, 401]

    async def test_asvs_6_5_5_a_code_lives_thirty_seconds(self, auth: Auth) -> None:
        app, _ = await with_totp(auth, await auth.person())
        code = app.at(auth.clock())
        auth.clock.advance(seconds=30)

        assert (await auth.try_login(proof={"totp": code})).json()["code"] == "wrong_credentials"

    async def test_asvs_6_5_1_a_recovery_code_works_once_and_is_told(self, auth: Auth) -> None:
        _, codes = await with_totp(auth, await auth.person())
        await auth.mailbox.next(EMAIL)
        proof = {"recovery_code": codes[0].upper().replace("-", " ")}

        assert [(await auth.try_login(proof=proof)).status_code for _ in range(2)] == [200, 401]

        assert (await auth.mailbox.next(EMAIL))["Subject"] == "A recovery code was used"

    async def test_asvs_6_4_3_a_password_reset_does_not_remove_it(self, auth: Auth) -> None:
        await with_totp(auth, await auth.person())
        await auth.mailbox.next(EMAIL)
        await auth.ask("POST", "/password/forgot", {"email": EMAIL})
        body = {"token": await auth.mailbox.link(EMAIL), "password": "nine green herons"}

        await auth.ask("POST", "/password/reset", body)

        assert (await auth.try_login(password="nine green herons")).json()["code"] == "totp_needed"

    async def test_asvs_6_3_7_turning_it_on_is_told(self, auth: Auth) -> None:
        await with_totp(auth, await auth.person())

        assert (await auth.mailbox.next(EMAIL))["Subject"] == "A way to log in was changed"

    async def test_its_secret_is_not_readable_in_the_database(self, auth: Auth) -> None:
        app, codes = await with_totp(auth, await auth.person())

        stored = repr(await auth.rows("select * from totp")) + repr(await auth.rows("select * from recovery_codes"))

        assert app.secret not in stored
        assert codes[0] not in stored

    async def test_can_be_turned_off(self, auth: Auth) -> None:
        ann = await auth.person()
        await with_totp(auth, ann)

        assert (await auth.ask("POST", "/totp/disable", token=ann.access_token)).status_code == 204

        assert (await auth.try_login()).status_code == 200

    async def test_stays_on_though_it_is_set_up_anew_at_the_moment_it_is_confirmed(self, auth: Auth) -> None:
        """Somebody with a stolen session would so turn off what its owner turns on."""
        ann = await auth.person()
        offer = (await auth.ask("POST", "/totp/enrol", token=ann.access_token)).json()
        app = TOTP(offer["secret"])
        async with held(auth, "totp") as waiting:
            body = {"code": app.at(auth.clock())}
            confirming = asyncio.create_task(auth.ask("POST", "/totp/confirm", body, token=ann.access_token))
            await waiting(1)
            enrolling = asyncio.create_task(auth.ask("POST", "/totp/enrol", token=ann.access_token))
            await waiting(2)
        answers = await asyncio.gather(confirming, enrolling)
        auth.clock.advance(seconds=30)

        assert [answer.status_code for answer in answers] == [200, 409]
        assert (await auth.try_login()).json()["code"] == "totp_needed"
        assert (await auth.try_login(proof={"totp": app.at(auth.clock())})).status_code == 200


class TestPasskeys:
    async def test_log_in_without_anything_else(self, auth: Auth) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        added = await with_passkey(auth, await auth.person(), device)
        options = (await auth.ask("POST", "/passkeys/login/options")).json()

        answer = await auth.ask("POST", "/passkeys/login", {"credential": device.get(options)})

        assert added.status_code == 201, added.text
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"]["email"] == EMAIL

    async def test_asvs_6_5_1_an_answer_works_once(self, auth: Auth) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        await with_passkey(auth, await auth.person(), device)
        options = (await auth.ask("POST", "/passkeys/login/options")).json()
        body = {"credential": device.get(options)}

        assert [(await auth.ask("POST", "/passkeys/login", body)).status_code for _ in range(2)] == [200, 401]

    @pytest.mark.parametrize("wrong", ["origin", "domain", "unverified", "copied", "foreign"])
    async def test_refuse_what_is_not_theirs(self, auth: Auth, wrong: str) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        await with_passkey(auth, await auth.person(), device)
        device.count = 5
        first = (await auth.ask("POST", "/passkeys/login/options")).json()
        await auth.ask("POST", "/passkeys/login", {"credential": device.get(first)})
        if wrong == "foreign":
            device = Authenticator(ORIGIN, domain=DOMAIN)
        device.origin = "https://evil.example" if wrong == "origin" else device.origin
        device.domain = "evil.example" if wrong == "domain" else device.domain
        device.verifies = wrong != "unverified"
        device.count = 2 if wrong == "copied" else device.count

        options = (await auth.ask("POST", "/passkeys/login/options")).json()
        answer = await auth.ask("POST", "/passkeys/login", {"credential": device.get(options)})

        assert answer.json()["code"] == "passkey_refused"

    async def test_prove_again_who_one_is(self, auth: Auth) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        ann = await auth.person()
        await with_passkey(auth, ann, device)
        auth.clock.advance(minutes=11)
        options = (await auth.ask("POST", "/passkeys/login/options")).json()

        body = {"credential": device.get(options)}
        answer = await auth.ask("POST", "/step-up/passkey", body, token=ann.access_token)

        assert answer.json()["session_id"] != ann.session_id

    async def test_are_listed_and_removed(self, auth: Auth) -> None:
        device = Authenticator(ORIGIN, domain=DOMAIN)
        ann = await auth.person()
        added = (await with_passkey(auth, ann, device)).json()

        listed = (await auth.ask("GET", "/passkeys", token=ann.access_token)).json()
        gone = await auth.ask("DELETE", f"/passkeys/{added['id']}", token=ann.access_token)

        assert [one["id"] for one in listed] == [added["id"]]
        assert gone.status_code == 204
