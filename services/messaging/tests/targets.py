"""What takes text from strangers, each with inputs to begin from: for hypothesis, and for `make fuzz`."""

from chassis.settings import Secret
from contracts.problems import InvalidInput
from messaging.domain import content, search
from messaging.domain.paging import id_of, seq_of
from messaging.settings import Settings
from testkit.fuzz import Targets

LIMITS = Settings(database_url=Secret(""), redis_url=Secret(""), auth_url="")
SOMEBODY = "019c0000-0000-7000-8000-000000000001"

TEXTS = (
    f"**Hi** <@{SOMEBODY}>, <@&moderator> and @channel: `<@{SOMEBODY}>` ```@channel```".encode(),
    f"<@{SOMEBODY}><@{SOMEBODY}><@&owner><@&nobody>x@channel".encode(),
)
QUERIES = (b'from:"Ann B" in:#general before:2026-11-23 after:2026-01-01 has:pin -"not this" word', b'"', b"has:")
CURSORS = (b"NDE", b"MDE5YzAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx", b"====", b"_-_-")


def call(data: bytes) -> None:
    """Whom a text calls is found, and what is stored of it says the same when it is read."""
    text = data.decode(errors="replace")
    try:
        mentions = content.called(text, limits=LIMITS)
    except InvalidInput:
        return
    assert content.from_subjects(content.subjects(mentions)) == mentions


def parse(data: bytes) -> None:
    """Any query is understood or refused."""
    try:
        query = search.parse(data.decode(errors="replace"), limits=LIMITS)
    except InvalidInput:
        return
    assert query.words or query != search.Query()


def point(data: bytes) -> None:
    """Any cursor is one of ours or refused."""
    for read in (seq_of, id_of):
        try:
            read(data.decode(errors="replace"), parameter="before")
        except InvalidInput:
            continue


TARGETS: Targets = {"mentions": (call, TEXTS), "queries": (parse, QUERIES), "cursors": (point, CURSORS)}
