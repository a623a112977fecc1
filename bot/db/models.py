"""All nouns that are rows, so that whoever needs the whole schema sees every table."""

from bot.approvals.decision import Decision
from bot.audit.journal import Entry, Head
from bot.audit.policy_in_force import PolicyInForce
from bot.audit.receipt import Receipt
from bot.audit.row_digests import RowDigest
from bot.data.catalogue.models import ProductRow
from bot.data.ingest.models import Arrival, Batch
from bot.data.metrics.orders.answer_log import SalesAnswer
from bot.data.warehouse.models import Holding
from bot.db.session import Row
from bot.db.workspace import BrandRow, Workspace
from bot.delivery.attribution import Joining
from bot.delivery.models import Delivery, Outcome
from bot.digests.models import Alert, Schedule
from bot.drafts.models import Draft, Drawing
from bot.jobs.models import Crash, Runner
from bot.messages.outbox import Post
from bot.tasks.models import Task

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
