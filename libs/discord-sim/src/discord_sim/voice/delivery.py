"""The MLS delivery service of one voice channel: who is in the group, what is proposed, which commit counts."""

import msgspec

from discord_sim.voice import mls
from discord_sim.voice.tls import Malformed, vector


class Pending(msgspec.Struct, frozen=True):
    """A proposal under way. `key_package` is set when it adds and not when it removes."""

    user_id: int
    proposal: mls.Proposal
    key_package: mls.KeyPackage | None


class Accepted(msgspec.Struct, frozen=True):
    """A commit that counts, and what each new member gets instead of it."""

    commit: bytes
    welcomes: dict[int, bytes]


class Group:
    """`leaves[i]` is the member at leaf i, None where the leaf is free; epoch 0 means that there is no group yet."""

    def __init__(self, channel_id: int) -> None:
        self.sender = mls.ExternalSender()
        self._id = channel_id.to_bytes(8, "big")
        self.epoch = 0
        self.leaves: list[int | None] = []
        self.pending: list[Pending] = []

    @property
    def members(self) -> set[int]:
        return {leaf for leaf in self.leaves if leaf is not None}

    @property
    def joining(self) -> set[int]:
        return {pending.user_id for pending in self.pending if pending.key_package}

    def reset(self) -> None:
        self.epoch, self.leaves, self.pending = 0, [], []

    def add(self, user_id: int, *, key_package: bytes) -> Pending:
        read = mls.read_key_package(key_package)
        if read.identity != user_id.to_bytes(8, "big"):
            raise Malformed("a key package for another user")
        proposal = self.sender.propose_add(self._id, epoch=self.epoch, key_package=read)
        return self._propose(Pending(user_id, proposal, read))

    def remove(self, user_id: int) -> Pending:
        leaf = self.leaves.index(user_id)
        proposal = self.sender.propose_remove(self._id, epoch=self.epoch, leaf=leaf)
        return self._propose(Pending(user_id, proposal, None))

    def revoke(self, user_id: int) -> list[Pending]:
        """Take back the proposals that add this user."""
        revoked = [pending for pending in self.pending if pending.user_id == user_id and pending.key_package]
        self.pending = [pending for pending in self.pending if pending not in revoked]
        return revoked

    def commit(self, user_id: int, *, encoded: bytes) -> Accepted | None:
        """None for a commit that came too late or does not cover all that is proposed: another one follows."""
        commit = mls.read_commit(encoded)
        # Before the first group everyone adds all others, so no commit can cover its sender's own addition.
        covered = [p for p in self.pending if self.epoch or p.user_id != user_id]
        wanted = {pending.proposal.reference: pending for pending in covered}
        if (commit.group_id, commit.epoch) != (self._id, self.epoch) or not wanted:
            return None
        if set(commit.references) != set(wanted):
            return None
        leaves = list(self.leaves) or [user_id]
        if commit.sender_leaf >= len(leaves) or leaves[commit.sender_leaf] != user_id:
            raise Malformed("the committer's leaf is another member's")
        applied = [wanted[reference] for reference in commit.references]
        # All of it is read before anything changes: a commit that is refused leaves the group as it was.
        welcomes = {
            pending.user_id: mls.welcome_for(commit.welcome, reference=pending.key_package.reference)
            for pending in applied
            if pending.key_package
        }
        self.leaves = _apply(leaves, applied)
        self.pending = []
        self.epoch += 1
        return Accepted(commit=commit.encoded, welcomes=welcomes)

    def _propose(self, pending: Pending) -> Pending:
        self.pending.append(pending)
        return pending


def _apply(leaves: list[int | None], applied: list[Pending]) -> list[int | None]:
    """Removes come before adds; an add takes the leftmost free leaf (RFC 9420, section 12.3)."""
    for pending in applied:
        if not pending.key_package:
            leaves[leaves.index(pending.user_id)] = None
    while leaves and leaves[-1] is None:
        leaves.pop()
    for pending in applied:
        if pending.key_package:
            if None in leaves:
                leaves[leaves.index(None)] = pending.user_id
            else:
                leaves.append(pending.user_id)
    return leaves


def appending(proposals: list[Pending]) -> bytes:
    """Body of op 27 that proposes."""
    return b"\x00" + vector(b"".join(pending.proposal.encoded for pending in proposals))


def revoking(proposals: list[Pending]) -> bytes:
    """Body of op 27 that takes back."""
    return b"\x01" + vector(b"".join(vector(pending.proposal.reference) for pending in proposals))
