"""Who may post where, as it was read: that holds while the log of their space tells nothing new."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from contracts.ids import ChannelId, UserId
from messaging.domain.content import Post
from messaging.store.posting import Poster

POSTERS_MAX: Final = 10_000


class KnownPosters:
    """What was read about posters, until it is too much.

    Nothing tells this memory that something has changed. Whoever decides by it writes only if the spaces are where
    they were (`heads`): in the statement that writes, so that no copy of the service can be behind.
    """

    def __init__(self) -> None:
        self._posters: dict[tuple[ChannelId, UserId], Poster] = {}

    def learn(self, posts: Sequence[Post], posters: Mapping[int, Poster]) -> None:
        """Of channels whose changes are all told to the space: private ones and threads tell their own audience."""
        for index, poster in posters.items():
            channel, key = poster.access.channel, (posts[index].channel_id, posts[index].author_id)
            self._posters.pop(key, None)
            if not channel.private and channel.parent_id is None and poster.space_seq is not None:
                self._posters[key] = msgspec.structs.replace(poster, first_id=None, first_print=None)
        while len(self._posters) > POSTERS_MAX:
            self._posters.pop(next(iter(self._posters)))

    def recall(self, posts: Sequence[Post]) -> dict[int, Poster] | None:
        """By the post's index; None unless all of them are known."""
        found: dict[int, Poster] = {}
        for index, post in enumerate(posts):
            poster = self._posters.get((post.channel_id, post.author_id))
            if poster is None:
                return None
            found[index] = poster
        return found


def heads(posters: Mapping[int, Poster]) -> dict[str, int] | None:
    """Where each topic must be for these to hold; None when they were read at different places, so not all can."""
    found: dict[str, int] = {}
    for poster in posters.values():
        seq = poster.space_seq or 0
        if found.setdefault(f"space:{poster.access.channel.space_id}", seq) != seq:
            return None
    return found
