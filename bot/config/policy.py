"""Who may approve what, where deliveries may go, what may be spent."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.config.access import Access, Right, format_mention, is_group
from bot.errors import CannotDo
from bot.i18n.messages import Words

MAX_NAMED_PEOPLE = 20  # people in a sentence


class ApprovalPolicy(BaseModel):
    """With no approver named, nobody may approve: the card says how to name one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    approvers: tuple[str, ...] = ()  # Slack member ids
    editors: tuple[str, ...] = ()  # besides approvers and the asker; none named: everybody
    author_may_approve: bool = False
    needed: int = Field(default=1, ge=1, le=5)


class DeliveryPolicy(BaseModel):
    """Where an approved text may go besides the thread it was asked in."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    channels: tuple[str, ...] = ()  # Slack channel ids
    files: tuple[Literal["md", "html", "json"], ...] = ("md", "html", "json")


class ModelPrice(BaseModel):
    """What a model costs, in US dollars per million tokens. `cached` is a token that the server
    reads from its cache; without it, a tenth of `input`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(default=None, ge=0)


class SpendingPolicy(BaseModel):
    """What the writer may cost, in US dollars in 24 hours. Reached, the intern says so. At 0 no AI
    is called, free ones included. `prices` go before the known ones, by the model's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    usd_a_day: Decimal = Field(default=Decimal("5"), ge=0)
    prices: dict[str, ModelPrice] = {}


class PersonLimits(BaseModel):
    """How much one person may ask for: tasks under way at once, tasks in 24 hours, and US dollars
    in 24 hours for the AI (None: no limit besides the workspace's). What nobody typed, as digests
    and alerts by the clock, counts to nobody."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    open_tasks: int = Field(default=30, ge=1, le=100_000)
    tasks_a_day: int = Field(default=300, ge=1, le=1_000_000)
    usd_a_day_per_person: Decimal | None = Field(default=None, ge=0)


class LibraryPolicy(BaseModel):
    """How small a group may be and still be shown: customers of an audience or a group, and
    customers behind a sum or a mean of sales (orders, where no customer is known). And how the
    watched folder is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    floor: int = Field(default=20, ge=1, le=10_000)  # customers
    sales_floor: int = Field(default=5, ge=1, le=10_000)  # customers behind a sum of sales
    keep_originals: bool = False  # whether files of the inbox stay in inbox/done/
    shared_inbox: bool = False  # whether other accounts of the machine may put files there


class JournalPolicy(BaseModel):
    """Where the journal's head is published once a day: a file of the home, a Slack channel, or
    nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    publish: str = "file"

    @field_validator("publish")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("file", "none") and not re.fullmatch(r"[CG][A-Z0-9]+", value):
            raise ValueError(
                f'must be "file", "none" or a channel id like C0123ABCD (it is "{value}")'
            )
        return value


class Policy(BaseModel):
    """`policy.toml`. Everything has a safe default."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    approval: ApprovalPolicy = ApprovalPolicy()
    delivery: DeliveryPolicy = DeliveryPolicy()
    spend: SpendingPolicy = SpendingPolicy()
    fairness: PersonLimits = PersonLimits()
    library: LibraryPolicy = LibraryPolicy()
    journal: JournalPolicy = JournalPolicy()
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

    def demand(self, person: str, right: Right) -> None:
        """Raises CannotDo, with who can, when a member does not have this right."""
        if self.may(person, right):
            return
        people = self.people_with(right) or ()
        if not people:
            raise CannotDo(NOBODY_HAS_RIGHT)
        names = " ".join(format_mention(one) for one in people[:MAX_NAMED_PEOPLE])
        raise CannotDo(DENIED_WORDS[right](names))

    def demand_if_known(self, person: str, right: Right) -> None:
        """The same for what only stores a task: where a user group is not known yet, it passes,
        and is asked again before the task is worked on."""
        if not any(is_group(one) for one in self.people_with(right) or ()):
            self.demand(person, right)

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


DENIED_WORDS: dict[Right, Callable[[str], Words]] = {
    "ask": lambda names: Words(
        "You can't ask for work here. These people can: {names}", names=names
    ),
    "import": lambda names: Words(
        "You can't take files into the library here. These people can: {names}", names=names
    ),
    "export": lambda names: Words(
        "You can't export audiences here. These people can: {names}", names=names
    ),
    "approve": lambda names: Words(
        "You can't approve drafts here. These people can: {names}", names=names
    ),
    "administer": lambda names: Words(
        "You can't set up digests and alerts here. These people can: {names}", names=names
    ),
    "see_people": lambda names: Words(
        "You can't see named customers here. These people can: {names}", names=names
    ),
}
NOBODY_HAS_RIGHT = Words(
    "Nobody here has the right to do that yet. An administrator can give it in policy.toml, "
    "under [access]."
)
