"""Who is told to end, ends: a driver may answer a cancel with an error of its own, which looks like an outage."""

import asyncio


def heed() -> None:
    """For loops that outlive outages, where they have caught one: go no further when this task was cancelled."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
