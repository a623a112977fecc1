"""The columns that the journal holds a digest of, and the reason for each column that it omits.

A decision, a right or a delivery depends on an audited column. When a column is added to an audited
table, either add a version with it ("tasks/2") or list it in `free`. Rows that were recorded under
an earlier version are still checked against that version's columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

RowValues = Mapping[str, Any]  # the values of one row by column name

TIMESTAMP_REASON = "when the row was last touched; nothing rests on it"
DRAWING_REASON = "how far the drawing of a card is: it is drawn again from the rows"


@dataclass(frozen=True)
class AuditedTable:
    """`versions` are ordered from oldest to newest, each with its columns. `subject` returns the id
    that all rows of one piece of work share."""

    versions: Mapping[str, tuple[str, ...]]
    free: Mapping[str, str] = field(default_factory=dict)  # column → why it is not audited
    subject: Callable[[RowValues, str], str] = lambda _, key: key

    @property
    def newest(self) -> str:
        return list(self.versions)[-1]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.versions[self.newest]


def parse_task_id(draft: str) -> str:
    """Return the task id of a draft id, which is `<task>.<number>.v<version>`."""
    return draft.rsplit(".", 2)[0]


def _find_post_subject(row: RowValues, key: str) -> str:
    """A card belongs to its task; any other message is a subject of its own."""
    piece = str(row["piece"] or "")
    return piece.rsplit(".", 1)[0] if "." in piece else key


AUDITED_TABLES: Mapping[str, AuditedTable] = {
    "tasks": AuditedTable(
        {
            "tasks/1": (
                *("id", "workspace", "author", "words", "place", "private", "form", "parent"),
                *("reason", "previous", "state", "brief", "question", "trouble", "made_at"),
                "person",
            )
        },
        free={
            "locale": "the language of the card, asked of Slack again when it is missing",
            "stage": "what is being done at the moment, for the card alone",
            "changed_at": TIMESTAMP_REASON,
            "understanding": "read again from the words when missing; drafts hold the request",
        },
    ),
    "drafts": AuditedTable(
        {
            "drafts/1": (
                *("id", "workspace", "task", "piece", "version", "author", "skill", "channel"),
                *("language", "audience", "canonical", "fingerprint", "cites", "hooks", "leads"),
                *("evidence", "request", "checks", "writer", "by_rules", "made_at"),
            )
        },
        free=dict.fromkeys(
            ("model", "prompt_hash", "tools_hash"),
            "how the text was written, for comparisons; a decision rests on the text alone",
        ),
        subject=lambda row, _: str(row["task"]),
    ),
    "decisions": AuditedTable(
        {
            "decisions/1": (
                *("id", "workspace", "draft", "fingerprint", "verdict", "by", "reason"),
                *("needed", "at"),
            )
        },
        subject=lambda row, _: parse_task_id(str(row["draft"])),
    ),
    "deliveries": AuditedTable(
        {
            "deliveries/1": (
                *("id", "workspace", "draft", "fingerprint", "destination", "code", "state"),
                *("trouble", "made_at", "gone_at"),
            )
        },
        subject=lambda row, _: parse_task_id(str(row["draft"])),
    ),
    "receipts": AuditedTable(
        {
            "receipts/1": (
                *("id", "workspace", "task", "writer", "to", "sent", "tokens_in"),
                *("tokens_cached", "tokens_out", "usd", "ended", "at", "call", "reserved"),
            )
        },
        subject=lambda row, _: str(row["task"]),
    ),
    "posts": AuditedTable(
        {"posts/1": ("id", "workspace", "kind", "piece", "place", "ts", "channel", "made_at")},
        free={
            "tries": "how often it was sent: a message of ours is looked for by its id as well",
            "wanted": DRAWING_REASON,
            "drawn": DRAWING_REASON,
            "holder": DRAWING_REASON,
            "held_until": DRAWING_REASON,
        },
        subject=_find_post_subject,
    ),
    "workspaces": AuditedTable({"workspaces/1": ("id", "created_at", "installed_at")}),
    "brands": AuditedTable({"brands/1": ("workspace", "name", "body", "seeded_at")}),
    "policies_in_force": AuditedTable(
        {"policies_in_force/1": ("workspace", "file", "fingerprint", "since")}
    ),
    "arrivals": AuditedTable(
        {
            "arrivals/1": (
                *("id", "workspace", "author", "place", "file", "name", "size", "beside", "half"),
                *("state", "turn", "kind", "told", "seen", "understood", "by", "rejected"),
                *("rejects", "made_at"),
            )
        },
        free={
            "locale": "the language of the card",
            "progress": "how far the reading is, for the card alone",
            "new": "a count for the card; the journal's entry has the rows taken in",
            "replaced": "a count for the card; the journal's entry has the rows taken in",
            "same": "a count for the card",
            "why": "the sentence on the card of a file that was not taken in",
            "changed_at": TIMESTAMP_REASON,
        },
    ),
    "holdings": AuditedTable(
        {
            "holdings/1": (
                *("id", "workspace", "kind", "path", "rows", "source", "keyed", "as_of"),
                *("taken_in_at", "retired_at", "size", "sha256", "damaged_at", "set_aside"),
            )
        }
    ),
    "joinings": AuditedTable({"joinings/1": ("workspace", "result", "code", "same", "by", "at")}),
    "outcomes": AuditedTable(
        {"outcomes/1": ("piece", "workspace", "code", "lines", "asked")},
        free={"at": TIMESTAMP_REASON},
    ),
    "schedules": AuditedTable(
        {
            "schedules/1": (
                *("workspace", "name", "state", "owner", "place", "weekday", "hour", "minute"),
                *("zone", "language", "sections", "about", "only_when_moved", "alerts", "since"),
            )
        },
        free={
            "last": "the day of the last digest: another value makes it come twice or not at all, "
            "to the same place and by the same right",
            "next_at": "computed from the other columns",
        },
    ),
    "alerts": AuditedTable(
        {"alerts/1": ("workspace", "series", "spot", "muted", "bar", "p", "told_at")}
    ),
    "product_facts": AuditedTable(
        {
            "product_facts/1": (
                *("id", "workspace", "product", "market", "text", "by", "draft", "at"),
                *("expires", "revoked_by", "revoked_at"),
            ),
            "product_facts/2": (
                *("id", "workspace", "product", "market", "text", "by", "draft", "at"),
                *("expires", "revoked_by", "revoked_at", "amount", "currency"),
            ),
        }
    ),
    "drawings": AuditedTable(
        {"drawings/1": ("workspace", "sha256", "png")}, free={"made_at": TIMESTAMP_REASON}
    ),
}

UNAUDITED_TABLES: Mapping[str, str] = {
    "products": "the catalogue is what texts are written from; a draft holds the facts that it "
    "was approved with, and each import is an entry",
    "batches": "live rows on their way into the library, for minutes; what counts afterwards is "
    "the holding",
    "import_undos": "what an import changed, for a week: an undo is an entry, and checks the files "
    "that it puts back in force",
    "sales_answers": "what each person was told of sales in the last days: whoever may write to "
    "the database may read the orders themselves",
    "agent_turns": "a conversation with a model while a task is worked on; what counts is the "
    "draft, and each call has a receipt",
    "votes": "whether people found a report useful: nothing follows from it",
    "crashes": "how often a job's process died; at worst a job is given up or tried again",
    "runners": "which processes were heard of; at worst a job is taken over",
    "journal": "the chain itself: each entry has its own hash and signature",
    "journal_heads": "the chain's end: it is signed",
    "row_digests": "the digests themselves: each is signed, and the entries have a digest of them",
}
