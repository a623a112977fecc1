"""Slack's status of a thread while a task is worked on."""

import asyncio

import pytest

from bot.i18n.messages import Words
from bot.tasks.services import WorkStatus

SECONDS = 10.0  # that anything here may take
READING, WRITING = Words("is reading your message…"), Words("is writing…")


class Shown(list[str]):
    """What Slack was told to show."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()

    async def show(self, text: str) -> None:
        self.append(text)
        self.changed.set()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(SECONDS):
            while len(self) < count:
                self.changed.clear()
                await self.changed.wait()


async def test_a_step_is_shown_again_until_the_end() -> None:
    shown = Shown()
    async with WorkStatus(shown.show, "en", rearm=0.01) as status:
        status.set(READING)
        await shown.wait_for(3)
    assert set(shown[:-1]) == {"is reading your message…"}
    assert shown[-1] == ""


async def test_the_next_step_takes_its_place_in_the_readers_language() -> None:
    shown = Shown()
    async with WorkStatus(shown.show, "fr") as status:
        status.set(READING)
        await shown.wait_for(1)
        status.set(WRITING)
        await shown.wait_for(2)
    assert shown == ["lit votre message…", "rédige…", ""]


async def test_it_is_cleared_when_the_work_is_cancelled() -> None:
    shown = Shown()

    async def work() -> None:
        async with WorkStatus(shown.show, "en") as status:
            status.set(WRITING)
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await shown.wait_for(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shown == ["is writing…", ""]


async def test_nothing_is_cleared_where_nothing_was_shown() -> None:
    shown = Shown()
    async with WorkStatus(shown.show, "en"):
        pass
    assert not shown


@pytest.mark.parametrize("turns", range(6))
async def test_a_step_just_before_the_end_does_not_hold_up_the_work(turns: int) -> None:
    shown = Shown()
    async with asyncio.timeout(SECONDS) as limit:
        async with WorkStatus(shown.show, "en") as status:
            status.set(READING)
            await shown.wait_for(1)
            status.set(WRITING)
            for _ in range(turns):  # however far the status has got when the work ends
                await asyncio.sleep(0)
    assert shown[-1] == ""
    assert not limit.expired()
