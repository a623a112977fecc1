"""Who may approve what, where deliveries may go, what may be spent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.access import Access, Right


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


class Policy(BaseModel):
    """`policy.toml`. Everything has a safe default."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    approval: Approval = Approval()
    delivery: Going = Going()
    spend: Spend = Spend()
    library: Cells = Cells()
    access: Access = Access()

    @property
    def approvers(self) -> tuple[str, ...]:
        """Everybody who may approve: the approvers named, and who `[access]` adds. A user group
        counts once it is resolved."""
        return tuple(dict.fromkeys((*self.approval.approvers, *self.access.approve)))

    def people_with(self, right: Right) -> tuple[str, ...] | None:
        """The ids that have a right; None: every full member."""
        if right == "approve":
            return self.approvers
        named = self.access.named(right)
        if named is None and right != "ask":
            return self.approvers
        return named

    def may(self, person: str, right: Right) -> bool:
        """Whether a full member of the workspace has this right. Whether they are one is asked
        before."""
        people = self.people_with(right)
        return people is None or person in people

    def resolved(self, members: Mapping[str, frozenset[str]]) -> "Policy":
        """The same with user groups replaced by their members."""
        if not self.access.groups:
            return self
        return self.model_copy(update={"access": self.access.resolved(members)})

    def may_edit(self, person: str, *, author: str) -> bool:
        """Whether this person may change the words of what `author` asked for."""
        named = self.approval.editors
        return not named or person in (*named, *self.approvers, author)

    def may_approve(self, person: str, *, author: str) -> bool:
        """Whether this person may say yes to a text that `author` asked for or edited."""
        if person not in self.approvers:
            return False
        return person != author or self.approval.author_may_approve
