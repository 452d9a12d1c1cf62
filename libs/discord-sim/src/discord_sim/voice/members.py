"""The two MLS stacks that people may speak with: davey (OpenMLS) and dave.py (Discord's libdave), behind one shape."""

from collections.abc import Callable
from typing import Protocol

import dave
import davey

PROTOCOL_VERSION = 1


class Rejected(Exception):
    """The stack would not take a commit or a welcome."""


class Member(Protocol):
    """One person's side of the group. `users` are those whom the voice gateway has named, the person included."""

    def restart(self) -> bytes:
        """Forget every group; answers a fresh key package."""
        ...

    def external_sender(self, package: bytes) -> None: ...

    def proposals(self, payload: bytes, users: set[int]) -> bytes | None:
        """Commit and Welcome, when there is something to commit."""
        ...

    def commit(self, commit: bytes) -> None: ...

    def welcome(self, welcome: bytes, users: set[int]) -> None: ...

    def execute(self) -> None:
        """The transition happens: what is sent from now on is sealed for the newest epoch."""
        ...

    def encrypt(self, frame: bytes) -> bytes: ...

    def authenticator(self) -> bytes | None:
        """The same for all members of an epoch."""
        ...


MakeMember = Callable[[int, int], Member]
"""From user id and channel id."""


class DaveyMember:
    """Seals for the new epoch as soon as it has processed the commit, as discord.js does."""

    def __init__(self, user_id: int, channel_id: int) -> None:
        self._user_id, self._channel_id = user_id, channel_id
        self._session = davey.DaveSession(PROTOCOL_VERSION, user_id, channel_id)
        self._sender: bytes | None = None

    def restart(self) -> bytes:
        self._session.reinit(PROTOCOL_VERSION, self._user_id, self._channel_id)
        if self._sender:
            self._session.set_external_sender(self._sender)
        return self._session.get_serialized_key_package()

    def external_sender(self, package: bytes) -> None:
        self._sender = package
        self._session.set_external_sender(package)

    def proposals(self, payload: bytes, users: set[int]) -> bytes | None:
        operation = davey.ProposalsOperationType.revoke if payload[0] else davey.ProposalsOperationType.append
        try:
            made = self._session.process_proposals(operation, payload[1:], sorted(users))
        except ValueError as wrong:
            raise Rejected(str(wrong)) from wrong
        return None if made is None else made.commit + (made.welcome or b"")

    def commit(self, commit: bytes) -> None:
        try:
            self._session.process_commit(commit)
        except ValueError as wrong:
            raise Rejected(str(wrong)) from wrong

    def welcome(self, welcome: bytes, users: set[int]) -> None:  # noqa: ARG002 - davey knows them from the proposals
        try:
            self._session.process_welcome(welcome)
        except ValueError as wrong:
            raise Rejected(str(wrong)) from wrong

    def execute(self) -> None:
        pass

    def encrypt(self, frame: bytes) -> bytes:
        return self._session.encrypt_opus(frame)

    def authenticator(self) -> bytes | None:
        return self._session.get_epoch_authenticator()


class Bystander:
    """Takes a place in the group and never says or works out anything: a crowd of them costs next to nothing."""

    def __init__(self, user_id: int, channel_id: int) -> None:
        self._session = davey.DaveSession(PROTOCOL_VERSION, user_id, channel_id)

    def restart(self) -> bytes:
        return self._session.get_serialized_key_package()

    def external_sender(self, package: bytes) -> None:
        pass

    def proposals(self, payload: bytes, users: set[int]) -> bytes | None:
        pass

    def commit(self, commit: bytes) -> None:
        pass

    def welcome(self, welcome: bytes, users: set[int]) -> None:
        pass

    def execute(self) -> None:
        pass

    def encrypt(self, frame: bytes) -> bytes:
        return frame

    def authenticator(self) -> bytes | None:
        return None


class LibdaveMember:
    """Seals for the old epoch until the transition is executed, as Discord's own clients do."""

    def __init__(self, user_id: int, channel_id: int) -> None:
        self._user_id, self._channel_id = user_id, channel_id
        self._session = dave.Session(lambda _source, _reason: None)
        self._session.init(PROTOCOL_VERSION, channel_id, str(user_id))
        self._encryptor = dave.Encryptor()
        self._encryptor.assign_ssrc_to_codec(1, dave.Codec.opus)
        self._sender: bytes | None = None

    def restart(self) -> bytes:
        self._session.reset()
        self._session.init(PROTOCOL_VERSION, self._channel_id, str(self._user_id))
        self._encryptor.set_key_ratchet(None)
        if self._sender:
            self._session.set_external_sender(self._sender)
        package = self._session.get_marshalled_key_package()
        if package is None:
            raise Rejected("no key package")
        return package

    def external_sender(self, package: bytes) -> None:
        self._sender = package
        self._session.set_external_sender(package)

    def proposals(self, payload: bytes, users: set[int]) -> bytes | None:
        return self._session.process_proposals(payload, _names(users)) or None

    def commit(self, commit: bytes) -> None:
        self._check(self._session.process_commit(commit))

    def welcome(self, welcome: bytes, users: set[int]) -> None:
        self._check(self._session.process_welcome(welcome, _names(users)))

    def execute(self) -> None:
        self._encryptor.set_key_ratchet(self._session.get_key_ratchet(str(self._user_id)))

    def encrypt(self, frame: bytes) -> bytes:
        sealed = self._encryptor.encrypt(dave.MediaType.audio, 1, frame)
        if sealed is None:
            raise Rejected("no key to seal with")
        return sealed

    def authenticator(self) -> bytes | None:
        return self._session.get_last_epoch_authenticator()

    def _check(self, roster: object) -> None:
        if not isinstance(roster, dict):
            raise Rejected(repr(roster))


def _names(users: set[int]) -> set[str]:
    return {str(user) for user in users}
