"""All nouns that are rows, so that whoever needs the whole schema sees every table."""

from bot.db import Row
from bot.decision import Decision
from bot.delivery import Delivery
from bot.draft import Draft
from bot.job import Crash, Runner
from bot.journal import Entry, Head
from bot.post import Post
from bot.product import ProductRow
from bot.receipt import Receipt
from bot.task import Task
from bot.workspace import BrandRow, Workspace

TABLES = Row.metadata

__all__ = [
    "TABLES",
    "BrandRow",
    "Crash",
    "Decision",
    "Delivery",
    "Draft",
    "Entry",
    "Head",
    "Post",
    "ProductRow",
    "Receipt",
    "Runner",
    "Task",
    "Workspace",
]
