"""Which Web API methods there are, and the scope that each needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.board import Board

Body = dict[str, Any]
Work = Callable[[Board, Arguments], Body]


@dataclass(frozen=True)
class Method:
    """One method: its work, the scopes of which one must be granted, who may call it.

    Callers are the bot (its token), the app (the app-level token) and anyone.
    """

    name: str
    work: Work
    scopes: tuple[str, ...] = ()
    caller: str = "bot"


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, caller: str = "bot") -> Callable[[Work], Work]:
    """Registers a function as a Web API method."""

    def register(work: Work) -> Work:
        METHODS[name] = Method(name, work, scopes, caller)
        return work

    return register
