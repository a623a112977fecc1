"""All ORM models in one module; importing it registers every table in the metadata."""

from bot.agent.turns import AgentTurn
from bot.approvals.decision import Decision
from bot.audit.journal import JournalEntry, JournalHead
from bot.audit.policy_in_force import PolicyRecord
from bot.audit.receipt import Receipt
from bot.audit.row_digests import RowDigest
from bot.data.catalogue.models import ProductFact, ProductRow
from bot.data.ingest.models import FileUpload, LiveBatch
from bot.data.ingest.review import ImportUndo
from bot.data.metrics.answer_log import SalesAnswer
from bot.data.warehouse.models import DataFile
from bot.db.base import Row
from bot.db.workspace import BrandRow, Workspace
from bot.delivery.attribution import CampaignMatch
from bot.delivery.models import CampaignOutcome, Delivery
from bot.digests.models import Alert, Schedule
from bot.drafts.models import Draft, DraftImage, Vote
from bot.jobs.models import JobCrash, WorkerProcess
from bot.messages.outbox import OutboxMessage
from bot.tasks.models import Task

TABLES = Row.metadata

__all__ = [
    "TABLES",
    "AgentTurn",
    "Alert",
    "BrandRow",
    "CampaignMatch",
    "CampaignOutcome",
    "DataFile",
    "Decision",
    "Delivery",
    "Draft",
    "DraftImage",
    "FileUpload",
    "ImportUndo",
    "JobCrash",
    "JournalEntry",
    "JournalHead",
    "LiveBatch",
    "OutboxMessage",
    "PolicyRecord",
    "ProductFact",
    "ProductRow",
    "Receipt",
    "RowDigest",
    "SalesAnswer",
    "Schedule",
    "Task",
    "Vote",
    "WorkerProcess",
    "Workspace",
]
