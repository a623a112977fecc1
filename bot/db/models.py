"""Imports every module with an ORM model, which registers its tables in the metadata."""

# ruff: noqa: F401  the imports are what this module is for

import bot.agent.turns
import bot.approvals.decision
import bot.audit.journal
import bot.audit.policy_in_force
import bot.audit.receipt
import bot.audit.row_digests
import bot.data.catalogue.models
import bot.data.ingest.models
import bot.data.ingest.review
import bot.data.metrics.answer_log
import bot.data.warehouse.models
import bot.db.workspace
import bot.delivery.attribution
import bot.delivery.models
import bot.digests.models
import bot.drafts.models
import bot.jobs.models
import bot.messages.outbox
import bot.tasks.models
from bot.db.base import Row

TABLES = Row.metadata
