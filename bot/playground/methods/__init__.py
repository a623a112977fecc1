"""The Web API methods of a local Slack. Importing a module registers its methods."""

from bot.playground.methods import chat, conversations, views
from bot.playground.methods.registry import METHODS, Method

__all__ = ["METHODS", "Method", "chat", "conversations", "views"]
