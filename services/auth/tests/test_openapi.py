"""Whatever is sent to any operation, the answer is one that the OpenAPI document names."""

import pytest
from schemathesis import GenerationMode

from testkit import documented

from .people import Auth


class TestEveryOperation:
    @pytest.mark.parametrize("mode", documented.MODES)
    async def test_answers_as_documented(self, auth: Auth, mode: GenerationMode) -> None:
        token = (await auth.person()).access_token
        await auth.change_rows("update users set is_admin = true")
        wrong: list[str] = []
        for operation in await documented.operations(auth.client):
            for case in documented.cases(operation, mode):
                response = await documented.send(auth.client, case, token=token)
                if response.status_code == 204 or "session_ended" in response.text:
                    token = (await auth.login()).access_token
                wrong += documented.wrong(case, response)
        assert not wrong, "\n\n".join(wrong)
