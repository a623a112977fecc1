"""All nouns that are rows, so that whoever needs the whole schema sees every table."""

from bot.alert import Alert
from bot.arrival import Arrival
from bot.batch import Batch
from bot.db import Row
from bot.decision import Decision
from bot.delivery import Delivery
from bot.draft import Draft
from bot.drawing import Drawing
from bot.holding import Holding
from bot.job import Crash, Runner
from bot.joining import Joining
from bot.journal import Entry, Head
from bot.outcome import Outcome
from bot.policy_in_force import PolicyInForce
from bot.post import Post
from bot.product import ProductRow
from bot.receipt import Receipt
from bot.row_digests import RowDigest
from bot.sales_answer import SalesAnswer
from bot.schedule import Schedule
from bot.task import Task
from bot.workspace import BrandRow, Workspace

TABLES = Row.metadata

__all__ = [
    "TABLES",
    "Alert",
    "Arrival",
    "Batch",
    "BrandRow",
    "Crash",
    "Decision",
    "Delivery",
    "Draft",
    "Drawing",
    "Entry",
    "Head",
    "Holding",
    "Joining",
    "Outcome",
    "PolicyInForce",
    "Post",
    "ProductRow",
    "Receipt",
    "RowDigest",
    "Runner",
    "SalesAnswer",
    "Schedule",
    "Task",
    "Workspace",
]
