"""The Web API methods of a local Slack, by family."""

from bot.playground.methods import (
    assistants,
    chat,
    conversations,
    files,
    histories,
    streams,
    teams,
    users,
    views,
)
from bot.playground.methods.registry import METHODS, Method

__all__ = [
    "METHODS",
    "Method",
    "assistants",
    "chat",
    "conversations",
    "files",
    "histories",
    "streams",
    "teams",
    "users",
    "views",
]
