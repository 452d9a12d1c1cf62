"""What is logged names neither mail addresses nor the codes of invitations."""

import asyncio
import sys

import msgspec

PROGRAM = """
import structlog
from chassis import logs
from chassis.settings import ServiceSettings

logs.configure("try", ServiceSettings(port=1, log_format="json"))
log = structlog.get_logger()
log.info("request.answered", path="/api/v1/invites/s3cr3t-code/accept", status=404)
try:
    raise ValueError({"ann.o'hara+x@mail.example.org": (550, b"no such user")})
except ValueError as error:
    log.warning("mail.failed", error=repr(error), exc_info=True)
"""


class TestLogs:
    async def test_hold_no_address_and_no_invitation(self) -> None:
        running = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, stdout=asyncio.subprocess.PIPE)
        output, _ = await running.communicate()

        lines = [msgspec.json.decode(line) for line in output.splitlines()]
        assert [line["event"] for line in lines] == ["request.answered", "mail.failed"]
        assert lines[0]["path"] == "/api/v1/invites/…/accept"
        assert b"550" in output
        assert b"example.org" not in output
        assert b"hara" not in output
