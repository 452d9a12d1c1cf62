"""A channel of 100,000 messages: first page, jump to the middle, search; each should cost what it costs in a small one.

    python -m bench.big_channel [messages]

Printed is a row for docs/performance.md.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from litestar.testing import AsyncTestClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import database, migrations
from chassis.settings import Secret
from contracts.ids import UserId, new_id
from embedded import Server
from messaging.app import create_app
from messaging.settings import Settings
from testkit.tokens import Signer

ROUNDS = 25
SEARCHES = {
    "a word of every message": "message",
    "a word of every fifth": "cooking",
    "a rare word": "needle",
    "a word of none": "haystack",
    "a word by one author": "music from:me",
}

# Every hundredth message is by another author, every ten-thousandth says "needle".
FILL = text("""
    insert into messages (channel_id, id, seq, author_id, kind, content, attachments, mentions, rev, created_at)
    select :channel, cast(lpad(to_hex((1700000000000 + n * 1000)::bigint), 12, '0') || '7000'
            || lpad(to_hex(8 * 4096 + n % 4096), 4, '0') || lpad(to_hex(n), 12, '0') as uuid), n,
        case when n % 100 = 0 then cast(:other as uuid) else cast(:author as uuid) end, 'text',
        'message number ' || n || ' about ' || (array['music','games','cooking','work','travel'])[1 + n % 5]
            || case when n % 10000 = 0 then ' needle' else '' end,
        '{}', '{}', 1, to_timestamp(1700000000 + n)
    from generate_series(1, :count) as n
""")
HEAD = text("insert into topic_heads (topic, seq) values ('channel:' || cast(:channel as uuid), :count)")


async def time_of(client: Any, path: str, **params: Any) -> tuple[float, Any]:
    """The fastest try, which who else uses the machine disturbs least, and the answer."""
    times: list[float] = []
    body: Any = None
    for _ in range(ROUNDS):
        started = time.perf_counter()
        response = await client.get(path, params=params)
        times.append(time.perf_counter() - started)
        assert response.status_code == 200, response.text
        body = response.json()
    return min(times) * 1000, body


async def measure(client: Any, engine: AsyncEngine, author: UserId, count: int) -> dict[str, float]:
    """The least milliseconds that each thing people do took in a channel of `count` messages."""
    space = (await client.post("/api/v1/spaces", json={"name": "Big"})).json()
    channel_id = (await client.get(f"/api/v1/spaces/{space['id']}/channels")).json()[0]["id"]
    async with engine.begin() as connection:
        values = {"channel": channel_id, "author": author, "other": new_id(), "count": count}
        await connection.execute(FILL, values)
        await connection.execute(HEAD, {"channel": channel_id, "count": count})
        await connection.execute(text("analyze messages"))
    messages = f"/api/v1/channels/{channel_id}/messages"
    first, page = await time_of(client, messages)
    await client.get(messages, params={"before": page["prev_cursor"]})
    async with engine.connect() as connection:
        middle_id = await connection.scalar(
            text("select id from messages where channel_id = :channel and seq = :seq"),
            {"channel": channel_id, "seq": count // 2},
        )
    middle, _ = await time_of(client, messages, around=str(middle_id))
    taken = {"first page": first, "jump to the middle": middle}
    for name, typed in SEARCHES.items():
        taken[f"search for {name}"], _ = await time_of(client, "/api/v1/search", q=typed, space_id=space["id"])
    return taken


async def run(postgres: Server, valkey: Server, count: int) -> None:
    url = Secret(postgres.url)
    await migrations.upgrade(url, schema="messaging", package="messaging")
    signer, author = Signer(), UserId(new_id())
    settings = Settings(database_url=url, redis_url=Secret(valkey.url), auth_url="", log_level="warning")
    engine = database.connect(url, schema="messaging")
    app = create_app(settings, fetch_keys=signer.fetch_keys)
    async with AsyncTestClient(app, base_url="http://127.0.0.1:8002") as client:
        client.headers["authorization"] = f"Bearer {signer.user_token(author)}"
        small, large = [await measure(client, engine, author, size) for size in (1000, count)]
    figures = ", ".join(f"{what} {ms:.1f} ({small[what]:.1f})" for what, ms in large.items())
    what = f"a channel of {count:,} messages (of 1,000), by HTTP: the fastest of {ROUNDS} tries, in ms"
    print(f"| {what} | {figures} | `python -m bench.big_channel` |")
    await engine.dispose()


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres, valkey = Server("postgres", Path(folder)), Server("valkey", Path(folder))
        try:
            postgres.start()
            valkey.start()
            asyncio.run(run(postgres, valkey, count))
        finally:
            postgres.close()
            valkey.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
