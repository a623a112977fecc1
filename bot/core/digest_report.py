"""What a digest or an alert says."""

from pydantic import BaseModel, Field

from bot.core.parts import Copy, NextStep
from bot.core.report import Report

DIGEST_SECTIONS = {  # section, in order → the kinds of facts it needs
    "sales": ("trends",),
    "site": ("funnel", "delivery"),
    "feedback": ("feedback",),
    "campaigns": ("campaigns", "experiments"),
    "queue": (),
    "intern": (),
}


class DigestFollowUp(BaseModel):
    """The parts that code alone writes: what became of the last digest's findings, how what was
    sent did, and the work that waits."""

    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")


class DigestReport(Report):
    """A report on what moved, the most important change first."""

    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")
    more: Copy | None = Field(default=None, title="What else moved")


class QuietDigest(BaseModel):
    """A digest without a confirmed change: one line, and the rest behind a button."""

    quiet: Copy = Field(title="What moved")
    more: Copy | None = Field(default=None, title="What else moved")
    graded: Copy | None = Field(default=None, title="What I told you last time")
    sent: Copy | None = Field(default=None, title="What we sent")
    work: Copy | None = Field(default=None, title="Drafts and approvals")
    leads: list[NextStep] = []
