"""What is left of a message's earlier events."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from contracts.auth import Profile
from contracts.ids import ChannelId, MessageId, UserId, new_id
from contracts.messaging import Mentions, MessageDeleted, MessageEdited, MessagePosted
from contracts.redaction import message_of, redact

AT = datetime(2026, 11, 29, tzinfo=UTC)
SAID: dict[str, Any] = {
    "id": MessageId(new_id()), "channel_id": ChannelId(new_id()), "seq": 3, "created_at": AT,
    "author": Profile(id=UserId(new_id()), display_name="Ann"),
}  # fmt: skip
POSTED = MessagePosted(**SAID, content="secret", nonce="n", mentions=Mentions(channel=True), attachments=(new_id(),))


def redacted(by: MessageEdited | MessageDeleted, **more: Any) -> dict[str, Any]:
    former = msgspec.json.encode(msgspec.to_builtins(POSTED) | more)
    return msgspec.json.decode(redact(former, msgspec.json.encode(by)))


class TestRedact:
    def test_after_a_deletion_leaves_the_place_only(self) -> None:
        left = redacted(MessageDeleted(**SAID, content="", attachments=POSTED.attachments, deleted_at=AT))

        assert (left["content"], left["mentions"], left["nonce"], left["attachments"]) == ("", {}, None, [])
        assert msgspec.convert(left, MessagePosted).deleted_at == AT
        assert left["seq"] == 3

    def test_after_an_edit_shows_what_the_message_says_now(self) -> None:
        edited = MessageEdited(**SAID, content="calm", nonce="n", mentions=POSTED.mentions, rev=2, edited_at=AT)

        left = redacted(edited)

        assert (left["content"], left["rev"], left["mentions"]) == ("calm", 2, {"channel": True})
        assert left["attachments"] == [str(one) for one in POSTED.attachments]

    def test_keeps_fields_of_a_newer_release(self) -> None:
        assert redacted(MessageEdited(**SAID, content="calm"), poll={"a": 1})["poll"] == {"a": 1}

    def test_tells_which_message_an_event_is_about(self) -> None:
        assert message_of(msgspec.json.encode(POSTED)) == str(POSTED.id)
