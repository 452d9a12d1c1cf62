"""Accounts: confirm the address, forget the password, change what one is called, leave."""

from pathlib import Path

import pytest

from chassis.settings import Secret

from .conftest import StartAuth
from .mailbox import text_of
from .people import EMAIL, PASSWORD, Auth
from .test_sessions import is_over, told

OTHER = "nine green herons"


class TestRegistering:
    async def test_is_refused_where_registration_is_closed(self, start_auth: StartAuth) -> None:
        auth = await start_auth(registration="closed")

        answer = await auth.register()

        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
        assert await auth.rows("select id from users") == []


class TestConfirmingTheAddress:
    async def test_is_needed_before_the_first_login(self, start_auth: StartAuth) -> None:
        auth = await start_auth(require_verified_email=True)
        await auth.register()

        before = await auth.try_login()
        await auth.ask("POST", "/verify-email", {"token": await auth.mailbox.link(EMAIL)})

        assert before.json()["code"] == "wrong_credentials"
        ann = await auth.login()
        assert ann.user["email_verified"]
        assert await told(auth, ann) == ["auth.user_registered.v1"]

    async def test_asvs_6_5_1_a_link_works_once(self, auth: Auth) -> None:
        await auth.register()
        token = await auth.mailbox.link(EMAIL)

        statuses = [(await auth.ask("POST", "/verify-email", {"token": token})).status_code for _ in range(2)]

        assert statuses == [204, 410]

    async def test_a_known_address_is_told_that_it_has_an_account(self, auth: Auth) -> None:
        await auth.person()
        await auth.register()

        mail = await auth.mailbox.next(EMAIL)

        assert mail["Subject"] == "You have an account already"

    async def test_is_asked_for_in_the_readers_language(self, auth: Auth) -> None:
        body = {"email": EMAIL, "password": PASSWORD, "display_name": "Ann"}
        await auth.ask("POST", "/register", body, Accept_Language="de-DE,de;q=0.9")

        mail = await auth.mailbox.next(EMAIL)

        assert mail["Subject"] == "Bestätige deine E-Mail-Adresse"
        assert text_of(mail).startswith("Hallo,")

    async def test_brings_no_words_of_a_strangers_to_somebody_elses_mailbox(self, auth: Auth) -> None:
        ann = await auth.person(name="You won! evil.example")
        await auth.register("victim@example.org", name="You won! evil.example")
        await auth.ask("POST", "/email/change", {"email": "other@example.org"}, token=ann.access_token)

        for address in ("victim@example.org", "other@example.org"):
            mail = await auth.mailbox.next(address)
            assert "evil.example" not in text_of(mail) + text_of(mail, "html")

    async def test_a_mail_waits_while_the_mail_server_refuses(self, auth: Auth) -> None:
        auth.mailbox.refusing = True
        await auth.register()
        while not await auth.rows("select 1 from mails where failures > 0"):
            pass

        auth.mailbox.refusing = False
        auth.clock.advance(minutes=1)

        assert await auth.mailbox.link(EMAIL)


class TestMailInDevelopment:
    async def test_is_shown_on_a_page(self, start_auth: StartAuth, tmp_path: Path) -> None:
        auth = await start_auth(smtp_url=Secret(""), mail_folder=str(tmp_path))
        await auth.register()
        while not (mails := (await auth.client.get("/dev/mail", headers={"accept": "application/json"})).json()):
            pass

        page = await auth.client.get("/dev/mail")
        shown = await auth.client.get(f"/dev/mail/{mails[0]['name']}")

        assert EMAIL in page.text
        assert "Confirm address" in shown.text
        assert "#token=" in mails[0]["text"]

    async def test_has_no_page_in_production(self, start_auth: StartAuth) -> None:
        auth = await start_auth(smtp_url=Secret(""), environment="production")

        assert (await auth.client.get("/dev/mail")).status_code == 404


class TestForgettingThePassword:
    async def test_asvs_6_4_3_a_reset_ends_all_sessions_and_logs_nobody_in(self, auth: Auth) -> None:
        ann = await auth.person()
        await auth.ask("POST", "/password/forgot", {"email": EMAIL})

        answer = await auth.ask("POST", "/password/reset", {"token": await auth.mailbox.link(EMAIL), "password": OTHER})

        assert (answer.status_code, answer.content) == (204, b"")
        assert await is_over(auth, ann)
        assert (await auth.try_login(password=PASSWORD)).status_code == 401
        assert (await auth.try_login(password=OTHER)).status_code == 200

    async def test_asvs_6_5_5_the_link_lives_ten_minutes(self, auth: Auth) -> None:
        await auth.person()
        await auth.ask("POST", "/password/forgot", {"email": EMAIL})
        token = await auth.mailbox.link(EMAIL)
        auth.clock.advance(minutes=10)

        answer = await auth.ask("POST", "/password/reset", {"token": token, "password": OTHER})

        assert answer.json()["code"] == "link_invalid"

    async def test_asvs_6_5_1_the_link_works_once(self, auth: Auth) -> None:
        await auth.person()
        await auth.ask("POST", "/password/forgot", {"email": EMAIL})
        body = {"token": await auth.mailbox.link(EMAIL), "password": OTHER}

        assert [(await auth.ask("POST", "/password/reset", body)).status_code for _ in range(2)] == [204, 410]

    async def test_asvs_6_2_4_a_refused_password_leaves_the_link_working(self, auth: Auth) -> None:
        await auth.person()
        await auth.ask("POST", "/password/forgot", {"email": EMAIL})
        token = await auth.mailbox.link(EMAIL)

        refused = await auth.ask("POST", "/password/reset", {"token": token, "password": "trustno1"})
        taken = await auth.ask("POST", "/password/reset", {"token": token, "password": OTHER})

        assert (refused.status_code, taken.status_code) == (400, 204)

    async def test_asvs_6_3_7_the_owner_is_told(self, auth: Auth) -> None:
        ann = await auth.person(name="<b>Ann</b>")
        body = {"current": PASSWORD, "new": OTHER}

        assert (await auth.ask("POST", "/password/change", body, token=ann.access_token)).status_code == 204

        mail = await auth.mailbox.next(EMAIL)
        assert mail["Subject"] == "Your password was changed"
        assert "Hello <b>Ann</b>," in text_of(mail)
        assert "Hello &lt;b&gt;Ann&lt;/b&gt;," in text_of(mail, "html")

    async def test_asvs_7_4_3_changing_it_ends_the_other_sessions(self, auth: Auth) -> None:
        ann, elsewhere = await auth.person(), await auth.login()

        await auth.ask("POST", "/password/change", {"current": PASSWORD, "new": OTHER}, token=ann.access_token)

        assert await is_over(auth, elsewhere)
        assert not await is_over(auth, ann)

    @pytest.mark.parametrize("current", ["wrong", None])
    async def test_asvs_7_5_1_changing_it_needs_the_current_one(self, auth: Auth, current: str | None) -> None:
        ann = await auth.person()

        answer = await auth.ask("POST", "/password/change", {"current": current, "new": OTHER}, token=ann.access_token)

        assert answer.json()["code"] == "wrong_credentials"


class TestChangingTheAddress:
    async def test_asvs_6_3_7_both_addresses_are_told(self, auth: Auth) -> None:
        ann = await auth.person()

        await auth.ask("POST", "/email/change", {"email": "new@example.org"}, token=ann.access_token)
        assert "new@example.org" in text_of(await auth.mailbox.next(EMAIL))
        await auth.ask("POST", "/email/confirm", {"token": await auth.mailbox.link("new@example.org")})

        assert (await auth.mailbox.next(EMAIL))["Subject"] == "Your e-mail address was changed"
        assert (await auth.try_login(EMAIL)).status_code == 401
        assert (await auth.login("new@example.org")).user["email"] == "new@example.org"

    async def test_does_not_take_an_address_that_somebody_has(self, auth: Auth) -> None:
        await auth.person("eve@example.org", "Eve")
        ann = await auth.person()

        asked = await auth.ask("POST", "/email/change", {"email": "eve@example.org"}, token=ann.access_token)
        confirmed = await auth.ask("POST", "/email/confirm", {"token": await auth.mailbox.link("eve@example.org")})

        assert (asked.status_code, confirmed.status_code) == (202, 409)


class TestProfile:
    async def test_a_change_is_told_with_the_whole_profile(self, auth: Auth) -> None:
        ann = await auth.person()

        answer = await auth.ask("PATCH", "/me", {"display_name": " Ann  Lee "}, token=ann.access_token)

        assert answer.json()["display_name"] == "Ann Lee"
        assert (await told(auth, ann))[-1] == "auth.user_updated.v1"

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)", "http://a.example/x.png", "//a.example/x", "https://u@a/", "https://[::1",
            "https://a.example/\"x", "https://a.example/a/../b", "/api/v1/files/../auth/logout", "/api/v1/files/x?y",
        ],
    )  # fmt: skip
    async def test_refuses_pictures_from_elsewhere(self, auth: Auth, url: str) -> None:
        ann = await auth.person()

        answer = await auth.ask("PATCH", "/me", {"avatar_url": url}, token=ann.access_token)

        assert answer.json()["errors"][0]["pointer"] == "/avatar_url"

    async def test_the_export_holds_everything_but_secrets(self, auth: Auth) -> None:
        ann = await auth.person()

        answer = await auth.ask("GET", "/me/export", token=ann.access_token)

        assert answer.json()["user"]["email"] == EMAIL
        assert {"sessions", "security_log", "identities", "passkeys"} <= answer.json().keys()
        assert "argon2" not in answer.text
        assert "refresh_hash" not in answer.text

    async def test_the_export_holds_the_whole_security_log_however_long(self, auth: Auth) -> None:
        ann = await auth.person()
        line = f"'{ann.user['id']}', 'user', 'session.opened', 'refused', '203.0.113.7', 'curl', null, 'password'"
        await auth.change_rows(f"insert into security_log select uuidv7(), now(), {line} from generate_series(1, 12e3)")
        kept = (await auth.rows("select count(*) from security_log"))[0]["count"]

        answer = await auth.ask("GET", "/me/export", token=ann.access_token)

        shown = [one["id"] for one in answer.json()["security_log"]]
        assert len(shown) == len(set(shown)) == kept + 1
        assert answer.json()["security_log"][0]["action"] == "account.exported"


class TestLeaving:
    async def test_a_login_within_the_days_of_grace_keeps_the_account(self, auth: Auth) -> None:
        ann = await auth.person()
        await auth.ask("DELETE", "/me", token=ann.access_token)
        auth.clock.advance(days=13)

        ann = await auth.login()
        auth.clock.advance(days=2)
        await auth.tidy()

        assert await told(auth, ann) == ["auth.user_registered.v1", "auth.session_revoked.v1"]
        assert (await auth.try_login()).status_code == 200

    async def test_afterwards_nothing_is_left_and_others_are_told(self, auth: Auth) -> None:
        ann = await auth.person()
        await auth.ask("DELETE", "/me", token=ann.access_token)
        auth.clock.advance(days=14)

        await auth.tidy()

        assert (await told(auth, ann))[-1] == "auth.user_deleted.v1"
        assert (await auth.try_login()).status_code == 401
        for table in ("users", "sessions", "mail_tokens"):
            assert await auth.rows(f"select * from {table}") == []
