"""The Web API methods of a local Slack, by family."""

from bot.play.methods import (
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
from bot.play.methods.registry import METHODS, Method

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
