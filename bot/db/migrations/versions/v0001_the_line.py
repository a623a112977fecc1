"""The line: tasks, drafts, decisions, deliveries, posts, receipts, journal"""

import sqlalchemy as sa
from alembic import op

from bot.db import session

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("seeded_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_brands")),
    )
    op.create_table(
        "crashes",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_crashes")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("draft", sa.String(), nullable=False, index=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("draft", "by", name=op.f("uq_decisions_draft")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("draft", sa.String(), nullable=False, index=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("destination", sa.JSON(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trouble", sa.JSON(), nullable=True),
        sa.Column("made_at", session.Moment(timezone=True), nullable=False),
        sa.Column("gone_at", session.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("task", sa.String(), nullable=False, index=True),
        sa.Column("piece", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("skill", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False, index=True),
        sa.Column("cites", sa.JSON(), nullable=False),
        sa.Column("hooks", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("checks", sa.Text(), nullable=True),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("by_rules", sa.Boolean(), nullable=False),
        sa.Column("made_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("piece", "version", name=op.f("uq_drafts_piece")),
    )
    op.create_table(
        "journal",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("refs", sa.JSON(), nullable=False),
        sa.Column("prev", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "seq", name=op.f("pk_journal")),
    )
    op.create_table(
        "journal_heads",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_journal_heads")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("piece", sa.String(), nullable=True, index=True),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("ts", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("held_until", session.Moment(timezone=True), nullable=True),
        sa.Column("made_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_table(
        "products",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("imported_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "handle", name=op.f("pk_products")),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("task", sa.String(), nullable=False, index=True),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=True),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_cached", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("usd", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("at", session.Moment(timezone=True), nullable=False, index=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_table(
        "runners",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seen_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runners")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace", sa.String(), nullable=False, index=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True, index=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False, index=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("brief", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("trouble", sa.JSON(), nullable=True),
        sa.Column("made_at", session.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created_at", session.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
