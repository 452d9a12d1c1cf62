"""What is said to a voice server, and how it is read what the server says: both without a network."""

import json
from typing import Any

import pytest

import voice
from discord_sim.voice.delivery import Group
from voice import messages
from voice.encryption import Libdave
from voice.messages import Body, HeartbeatAck, Op
from voice.reception import Reception
from voice.session import Identity, Server, Session

DESCRIPTION = {"mode": "aead_aes256_gcm_rtpsize", "secret_key": list(range(32)), "dave_protocol_version": 1}


class Link:
    """A session, and what it heard and answered."""

    def __init__(self) -> None:
        self.heard: list[voice.Heard] = []
        self.session = Session(
            Identity(1, 2, 3, "s"),
            Server("wss://nowhere", "t"),
            reception=Reception(self.heard.append, limits=voice.Limits()),
            make_end_to_end=Libdave,
            limits=voice.Limits(),
        )

    async def hear(self, op: int, data: Any) -> list[str | bytes]:
        return await self.session.handle(body(op, data))


def body(op: int, data: Any) -> Body:
    read = messages.body(messages.read(json.dumps({"op": op, "d": data})))
    assert read is not None
    return read


class TestASession:
    async def test_says_that_it_does_not_speak_as_soon_as_it_has_the_key(self) -> None:
        answers = await Link().hear(Op.SESSION_DESCRIPTION, DESCRIPTION)

        assert isinstance(answers[0], str)
        said = json.loads(answers[0])
        assert (said["op"], said["d"]["speaking"], said["d"]["delay"]) == (5, 0, 0)

    async def test_keeps_an_external_sender_that_comes_before_the_key(self) -> None:
        link, group = Link(), Group(2)
        link.session.handle_binary(Op.EXTERNAL_SENDER, group.sender.package)

        _, key_package = await link.hear(Op.SESSION_DESCRIPTION, DESCRIPTION)

        assert isinstance(key_package, bytes)
        assert key_package[0] == Op.KEY_PACKAGE
        other = Libdave(4, 2)
        other.external_sender(group.sender.package)
        package = other.restart()
        assert package
        proposals = b"\0" + _vector(group.add(4, key_package=package).proposal.encoded)
        await link.hear(Op.CLIENTS_CONNECT, {"user_ids": ["4"]})
        [commit] = link.session.handle_binary(Op.PROPOSALS, proposals)
        assert isinstance(commit, bytes)
        assert commit[0] == Op.COMMIT_WELCOME

    async def test_learns_from_a_video_whose_the_audio_is(self) -> None:
        link = Link()
        await link.hear(Op.SESSION_DESCRIPTION, DESCRIPTION)

        await link.hear(Op.VIDEO, {"user_id": "7", "audio_ssrc": 70, "video_ssrc": 71})
        await link.hear(Op.VIDEO, {"user_id": "8", "audio_ssrc": 0, "video_ssrc": 81})

        assert link.heard == [voice.Speaking(7, 70)]


class TestAnAcknowledgement:
    @pytest.mark.parametrize("data", [{"t": 12}, 12, "12"])
    def test_is_read_as_versions_before_8_write_it_too(self, data: Any) -> None:
        assert body(Op.HEARTBEAT_ACK, data) == HeartbeatAck(12)


def _vector(content: bytes) -> bytes:
    return (0x4000 | len(content)).to_bytes(2, "big") + content
