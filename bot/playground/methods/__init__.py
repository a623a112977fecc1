"""The Web API methods of a local Slack, by family."""

from bot.playground.methods import chat, conversations, views
from bot.playground.methods.registry import METHODS, Method

__all__ = ["METHODS", "Method", "chat", "conversations", "views"]
