"""Whatever is sent to any operation, the answer is one that the OpenAPI document names."""

from typing import Any

import aiohttp
import pytest
from schemathesis import GenerationMode

from testkit import documented

from .files import a_png, upload
from .people import Community, Json, Recorder, make_segment, snowflake


class TestEveryOperation:
    @pytest.mark.parametrize("mode", documented.MODES)
    async def test_answers_as_documented(
        self, community: Community, recorder: Recorder, http: aiohttp.ClientSession, mode: GenerationMode
    ) -> None:
        ann = community.ann
        token = ann.headers["authorization"].removeprefix("Bearer ")
        wrong: list[str] = []
        for operation in await documented.operations(community.client):
            for number, case in enumerate(documented.cases(operation, mode)):
                if number % 2:
                    await use_what_is_there(case, community, recorder, http)
                wrong += documented.wrong(case, await documented.send(ann.client, case, token=token))
        assert not wrong, "\n\n".join(wrong)


async def use_what_is_there(case: Any, community: Community, recorder: Recorder, http: aiohttp.ClientSession) -> None:
    """A recording with one track, which Ann, who may do everything to it, speaks on; and a file of hers."""
    recording = await community.request()
    await community.ann.do("PUT", f"/{recording['id']}/consent", {"choice": "opted_in"})  # whatever was sent before
    recorder.identity = snowflake()  # one bot records one thing at a time
    await recorder.begin(recording)
    await recorder.deliver(recording, make_segment(community.ann.discord_id))
    ready = await upload(community.ann, http, community.space_id, a_png())
    real: Json = {"recording_id": recording["id"], "number": 1, "guild_id": community.guild_id}
    real |= {"upload_id": ready["id"], "space_id": str(community.space_id), "size": 1, "sha256": "0" * 64}
    for part in (case.path_parameters, case.query, case.body):
        for name, value in real.items():
            if isinstance(part, dict) and name in part:
                part[name] = value
