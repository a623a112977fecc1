"""Who may approve what, where deliveries may go, what may be spent."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Approval(BaseModel):
    """With no approver named, nobody may approve: the card says how to name one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    approvers: tuple[str, ...] = ()  # Slack member ids
    editors: tuple[str, ...] = ()  # besides approvers and the asker; none named: everybody
    author_may_approve: bool = False
    needed: int = Field(default=1, ge=1, le=5)


class Going(BaseModel):
    """Where an approved text may go besides the thread it was asked in."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    channels: tuple[str, ...] = ()  # Slack channel ids
    files: tuple[Literal["md", "html", "json"], ...] = ("md", "html", "json")


class Spend(BaseModel):
    """What the writer may cost, in US dollars a day (UTC). Reached, the intern says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    usd_a_day: Decimal = Field(default=Decimal("5"), ge=0)


class Cells(BaseModel):
    """How small a group of customers may be and still be shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    floor: int = Field(default=20, ge=1, le=10_000)  # customers
    sales_floor: int = Field(default=5, ge=1, le=10_000)  # customers behind a sales total


class Policy(BaseModel):
    """`policy.toml`. Everything has a safe default."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    approval: Approval = Approval()
    delivery: Going = Going()
    spend: Spend = Spend()
    library: Cells = Cells()

    def may_edit(self, person: str, *, author: str) -> bool:
        """Whether this person may change the words of what `author` asked for."""
        named = self.approval.editors
        return not named or person in (*named, *self.approval.approvers, author)

    def may_approve(self, person: str, *, author: str) -> bool:
        """Whether this person may say yes to a text that `author` asked for or edited."""
        if person not in self.approval.approvers:
            return False
        return person != author or self.approval.author_may_approve
