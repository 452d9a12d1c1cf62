"""A mail that cannot be read is set aside by itself."""

from .conftest import StartAuth


class TestAMailThatCannotBeRead:
    async def test_holds_up_no_other(self, start_auth: StartAuth) -> None:
        auth = await start_auth()
        await auth.change_rows(
            "insert into mails (id, data, send_at, failures)"
            " values ('00000000-0000-0000-0000-000000000001', '\\x00', now() - interval '1 hour', 0)"
        )

        await auth.register("ann@example.org")

        assert await auth.mailbox.link("ann@example.org")
