"""The Procfile."""

import shlex
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.cli import LONG_RUNNING

PROCFILE = Path(__file__).parent.parent / "Procfile"
PROCESSES = dict(
    line.split(": ", 1) for line in PROCFILE.read_text(encoding="utf-8").splitlines() if line
)


def test_has_a_process_that_answers_and_one_that_works() -> None:
    assert set(PROCESSES) == {"web", "worker"}


@pytest.mark.parametrize("command", PROCESSES.values(), ids=list(PROCESSES))
def test_process_stays_until_it_is_stopped(command: str) -> None:
    """Honcho and foreman end all processes when one of them ends."""
    words = shlex.split(command)
    chosen = parser().parse_args(words[words.index("super-intern") + 1 :])
    assert chosen.command in LONG_RUNNING
    assert chosen.migrate
