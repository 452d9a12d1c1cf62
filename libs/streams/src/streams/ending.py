"""Who is told to end, ends: a driver may answer a cancel with an error of its own, or with nothing at all."""

import asyncio


def heed() -> None:
    """For loops without an end, once a round: go no further when this task was cancelled and has not heard of it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
