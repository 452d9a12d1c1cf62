"""The security log, administrators, and services that act for people."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from auth.commands import make_admin
from chassis.jwt import public_jwk
from chassis.service_tokens import assertion

from .conftest import StartAuth
from .people import EMAIL, Auth, Tokens
from .test_factors import with_totp
from .test_sessions import is_over
from .test_tokens import own_pem


async def lines(auth: Auth, who: Tokens) -> list[tuple[str, str, str]]:
    items = (await auth.ask("GET", "/security-log", token=who.access_token)).json()["items"]
    return [(one["action"], one["outcome"], one["detail"]) for one in items]


async def administrator(auth: Auth) -> Tokens:
    await auth.person("root@example.org", "Root")
    await make_admin(auth.settings, ["root@example.org"])
    return await auth.login("root@example.org")


class TestSecurityLog:
    async def test_asvs_16_3_1_has_logins_and_failed_ones_with_what_was_proved(self, auth: Auth) -> None:
        ann = await auth.person()
        await auth.try_login(password="wrong", X_Forwarded_For="203.0.113.7")

        items = (await auth.ask("GET", "/security-log", token=ann.access_token)).json()["items"]

        assert (items[0]["action"], items[0]["outcome"], items[0]["detail"]) == (
            "session.opened",
            "refused",
            "password",
        )
        assert items[0]["network"] == "203.0.113.7"
        assert ("session.opened", "done", "password") in await lines(auth, ann)

    async def test_asvs_16_3_1_has_a_right_password_that_was_not_enough(self, auth: Auth) -> None:
        ann = await auth.person()
        await with_totp(auth, ann)

        await auth.try_login()

        assert (await lines(auth, ann))[0] == ("session.opened", "refused", "second factor asked for")

    async def test_asvs_16_3_1_has_wrong_codes_of_an_app_that_is_being_set_up(self, auth: Auth) -> None:
        ann = await auth.person()
        await auth.ask("POST", "/totp/enrol", token=ann.access_token)

        await auth.ask("POST", "/totp/confirm", {"code": "000000"}, token=ann.access_token)

        assert (await lines(auth, ann))[0] == ("sign_in.totp_on", "refused", "")

    @pytest.mark.parametrize(
        ("path", "action"),
        [("/password/forgot", "password.reset_asked"), ("/verify-email/resend", "email.verification_asked")],
    )
    async def test_asvs_16_3_1_has_mails_that_somebody_asked_for(self, auth: Auth, path: str, action: str) -> None:
        await auth.register()
        ann = await auth.login()
        await auth.mailbox.next(EMAIL)

        await auth.ask("POST", path, {"email": EMAIL}, X_Forwarded_For="203.0.113.7")
        await auth.mailbox.next(EMAIL)

        newest = (await auth.ask("GET", "/security-log", token=ann.access_token)).json()["items"][0]
        assert (newest["action"], newest["network"]) == (action, "203.0.113.7")

    async def test_shows_nobody_elses(self, auth: Auth) -> None:
        await auth.person()
        eve = await auth.person("eve@example.org", "Eve")

        actions = [action for action, _, _ in await lines(auth, eve)]

        assert actions == ["session.opened", "email.verified", "account.registered"]

    async def test_asvs_16_3_2_has_refused_administration(self, auth: Auth) -> None:
        ann = await auth.person()

        answer = await auth.ask("GET", "/admin/users", token=ann.access_token)

        assert answer.json()["code"] == "admin_only"
        assert (await lines(auth, ann))[0] == ("admin.entered", "refused", "")

    async def test_holds_no_address_and_outlives_the_account(self, auth: Auth) -> None:
        await auth.person()
        await auth.change_rows("delete from users")

        rows = await auth.rows("select * from security_log")

        assert rows
        assert EMAIL not in repr(rows)


class TestAdministrators:
    async def test_asvs_6_3_2_nobody_is_there_before_the_command(self, auth: Auth) -> None:
        assert await auth.rows("select * from users") == []

        root = await administrator(auth)

        assert root.user["is_admin"]

    async def test_asvs_6_3_2_the_command_works_once(self, auth: Auth, capsys: pytest.CaptureFixture[str]) -> None:
        await administrator(auth)
        await auth.person()

        with pytest.raises(SystemExit):
            await make_admin(auth.settings, [EMAIL])

        assert "already" in capsys.readouterr().err

    async def test_asvs_6_4_6_have_a_password_reset_but_never_set_it(self, auth: Auth) -> None:
        ann, root = await auth.person(), await administrator(auth)
        path = f"/admin/users/{ann.user['id']}/password-reset"

        answer = await auth.ask("POST", path, token=root.access_token)
        token = await auth.mailbox.link(EMAIL)

        assert answer.json() == {"status": "mail_sent"}
        assert token not in answer.text
        assert ("password.reset_sent", "done", "") in await lines(auth, ann)

    async def test_asvs_7_4_5_end_the_sessions_of_one_or_of_all(self, auth: Auth) -> None:
        ann, eve = await auth.person(), await auth.person("eve@example.org", "Eve")
        root = await administrator(auth)

        one = await auth.ask("DELETE", f"/admin/users/{ann.user['id']}/sessions", token=root.access_token)
        assert (one.json(), await is_over(auth, ann), await is_over(auth, eve)) == ({"sessions": 1}, True, False)
        await auth.ask("DELETE", "/admin/sessions", token=root.access_token)

        assert await is_over(auth, eve)
        assert not await is_over(auth, root)

    async def test_find_people_and_appoint_others(self, auth: Auth) -> None:
        ann, root = await auth.person(), await administrator(auth)

        found = (await auth.ask("GET", "/admin/users?search=ANN", token=root.access_token)).json()
        path, body = f"/admin/users/{ann.user['id']}/role", {"is_admin": True}
        appointed = await auth.ask("PUT", path, body, token=root.access_token)

        assert [one["email"] for one in found] == [EMAIL]
        assert appointed.json()["is_admin"]


class Services:
    """Auth with two registered services, and their private keys."""

    def __init__(self, auth: Auth, keys: dict[str, str]) -> None:
        self.auth = auth
        self.keys = keys

    async def token(self, service: str, audience: str, proof: str = "") -> Any:
        body = {"assertion": proof or assertion(service, self.keys[service]), "audience": audience}
        return await self.auth.ask("POST", "/service-tokens", body)


@pytest.fixture
async def services(start_auth: StartAuth, tmp_path: Path) -> Services:
    keys = {name: own_pem().decode() for name in ("messaging", "control-bot")}
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [public_jwk(name, pem) for name, pem in keys.items()]}))
    return Services(await start_auth(service_jwks_file=str(path)), keys)


async def acts_for(services: Services, service: str, discord_id: str, **more: str) -> Any:
    token = (await services.token(service, "auth")).json()["access_token"]
    asked = {"provider": "discord", "provider_user_id": discord_id, "action": "messaging.space_created"} | more
    return await services.auth.ask("POST", "/internal/acting", asked, token=token)


class TestServices:
    async def test_asvs_13_2_1_get_a_short_token_for_one_audience(self, services: Services) -> None:
        given = (await services.token("messaging", "auth")).json()
        user = await services.auth.person()

        path = f"/internal/log?topic=account:{user.user['id']}&after=0&audience=true"
        page = await services.auth.ask("GET", path, token=given["access_token"])

        assert given["expires_in"] == 300
        assert page.json()["seq"] == 1
        assert page.json()["audience"] == [user.user["id"]]

    async def test_are_told_what_a_page_may_say_before_anyone_signs_in(self, services: Services) -> None:
        token = (await services.token("messaging", "auth")).json()["access_token"]

        told = await services.auth.ask("GET", "/internal/instance", token=token)
        stranger = await services.auth.ask("GET", "/internal/instance")

        assert told.json()["registration"] == "open"
        assert told.json()["passkey_domain"] == "home.example"
        assert told.json()["discord_login"] is False
        assert stranger.status_code == 401

    async def test_asvs_16_3_1_each_token_given_and_refused_is_logged(self, services: Services) -> None:
        proof = assertion("messaging", services.keys["messaging"])

        with capture_logs() as told:
            await services.token("messaging", "control-bot", proof)
        await services.token("messaging", "control-bot", proof)

        given = next(line for line in told if line["event"] == "service_token.given")
        assert (given["service"], given["audience"], given["by"]) == ("messaging", "control-bot", "private_key_jwt")
        refused = await services.auth.rows("select detail from security_log where action = 'service.token_given'")
        assert [row["detail"] for row in refused] == ["This assertion was used before"]

    async def test_asvs_13_2_1_an_assertion_works_once(self, services: Services) -> None:
        proof = assertion("messaging", services.keys["messaging"])

        statuses = [(await services.token("messaging", "auth", proof)).status_code for _ in range(2)]

        assert statuses == [200, 401]

    async def test_asvs_13_2_1_cannot_speak_for_one_another(self, services: Services) -> None:
        proof = assertion("messaging", services.keys["control-bot"])

        assert (await services.token("messaging", "auth", proof)).json()["code"] == "assertion_invalid"

    async def test_asvs_9_2_3_a_token_for_another_is_refused(self, services: Services) -> None:
        token = (await services.token("messaging", "control-bot")).json()["access_token"]

        answer = await services.auth.ask("GET", "/internal/log?topic=account:x", token=token)

        assert answer.status_code == 401

    async def test_acting_for_somebody_stands_in_their_log(self, services: Services) -> None:
        auth = services.auth
        ann = await auth.person()
        await auth.link_discord(ann.user["id"], "42")

        answer = await acts_for(services, "messaging", "42", on_behalf_by="control-bot")

        assert answer.json()["id"] == ann.user["id"]
        assert (await lines(auth, ann))[0] == ("service.acted", "done", "messaging.space_created")

    async def test_others_may_not_act(self, services: Services) -> None:
        answer = await acts_for(services, "control-bot", "42")

        assert answer.json()["code"] == "not_acting"

    async def test_nobody_acts_for_who_is_about_to_be_deleted(self, services: Services) -> None:
        auth = services.auth
        ann = await auth.person()
        await auth.link_discord(ann.user["id"], "42")
        await auth.ask("DELETE", "/me", token=ann.access_token)

        during = await acts_for(services, "messaging", "42")
        await auth.login()
        afterwards = await acts_for(services, "messaging", "42")

        assert (during.status_code, afterwards.status_code) == (404, 200)

    async def test_several_may_act_however_their_list_is_written(
        self, start_auth: StartAuth, services: Services
    ) -> None:
        settings = services.auth.settings
        keys = settings.service_jwks_file
        auth = await start_auth(
            database_url=settings.database_url, service_jwks_file=keys, acting_services="media, control-bot"
        )

        answer = await acts_for(Services(auth, services.keys), "control-bot", "42")

        assert answer.status_code == 404

    @pytest.mark.parametrize("broken", ["gone", "half written"])
    async def test_are_told_when_auth_cannot_read_whose_keys_are_good(
        self, start_auth: StartAuth, services: Services, tmp_path: Path, broken: str
    ) -> None:
        file = tmp_path / "other.json"
        if broken == "half written":
            file.write_text('{"keys": [{"kid": "mess')
        auth = await start_auth(service_jwks_file=str(file))

        answer = await Services(auth, services.keys).token("messaging", "auth")

        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "SERVICE_JWKS_FILE" in answer.json()["detail"]

    async def test_go_on_with_the_keys_last_read_while_their_file_is_broken(
        self, services: Services, tmp_path: Path
    ) -> None:
        await services.token("messaging", "auth")
        (tmp_path / "jwks.json").write_text("{")

        assert (await services.token("messaging", "auth")).status_code == 200
