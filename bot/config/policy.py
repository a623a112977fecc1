"""The rules of a workspace in `policy.toml`: who may do what, what is kept, what it may cost."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, field_validator

from bot.errors import CannotDo
from bot.i18n.messages import Words

Right = Literal["ask", "import", "export", "approve", "administer", "see_people"]
RIGHTS: tuple[Right, ...] = get_args(Right)

# A person's relation to the workspace, from their Slack user object.
UserStanding = Literal["member", "guest", "stranger", "bot", "gone"]
# Whether a request may proceed. "closed": a member of ours, in a channel that outsiders can read.
Admission = Literal["admitted", "outsider", "closed"]


class Access(BaseModel, frozen=True, extra="forbid", populate_by_name=True):
    """Lists of member ids (U…, W…) and user groups (S…). A right without a list has its default:
    every full member may ask; approvers may import, export and administer; nobody sees people."""

    ask: tuple[str, ...] | None = None
    import_: tuple[str, ...] | None = Field(default=None, alias="import")
    export: tuple[str, ...] | None = None
    approve: tuple[str, ...] = ()  # in addition to `[approval] approvers`
    administer: tuple[str, ...] | None = None
    see_people: tuple[str, ...] = ()
    shared_channels: tuple[
        str, ...
    ] = ()  # channels shared with other companies in which the intern answers all the same
    # With an AI: whether replies in threads that the intern works in are read without a mention
    listen: Literal["threads", "mentions"] = "threads"

    def list_ids(self, right: Right) -> tuple[str, ...] | None:
        """Return the ids listed for a right; None where the file does not list any."""
        found: tuple[str, ...] | None = getattr(self, "import_" if right == "import" else right)
        return found

    @property
    def groups(self) -> frozenset[str]:
        """All user groups that are listed for any right."""
        lists = (self.list_ids(right) or () for right in RIGHTS)
        return frozenset(id for ids in lists for id in ids if is_group(id))

    def resolve_groups(self, members: Mapping[str, frozenset[str]]) -> "Access":
        """Return a copy in which each user group is replaced by its members. A group that is not
        in `members` stays as it is, which gives nobody the right."""

        def people(ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
            if ids is None:
                return None
            spread = (sorted(members[id]) if id in members else (id,) for id in ids)
            return tuple(dict.fromkeys(person for some in spread for person in some))

        lists = {
            f: people(getattr(self, f))
            for f in type(self).model_fields
            if f not in FIELDS_WITHOUT_PEOPLE
        }
        return self.model_copy(update=lists)


FIELDS_WITHOUT_PEOPLE = ("shared_channels", "listen")


def is_group(id: str) -> bool:
    return id.startswith("S")


def format_mention(id: str) -> str:
    """Return the Slack markup that mentions a person or a user group."""
    return f"<!subteam^{id}>" if is_group(id) else f"<@{id}>"


def classify_user(
    user: Mapping[str, Any], workspace: str, enterprise: str | None = None
) -> UserStanding:
    """Classify a person from the user object of `users.info`. In an Enterprise Grid organization,
    only members of this workspace count, not members of the organization's other workspaces."""
    if user.get("deleted"):
        return "gone"
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("is_connector_bot"):
        return "bot"
    if user.get("id") == "USLACKBOT":
        return "bot"
    if user.get("is_stranger"):
        return "stranger"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    return "member" if _is_own_member(user, workspace, enterprise) else "stranger"


def _is_own_member(user: Mapping[str, Any], workspace: str, enterprise: str | None) -> bool:
    if not workspace:
        return False
    organization = user.get("enterprise_user")
    if not isinstance(organization, Mapping) or not organization:
        return user.get("team_id") == workspace
    if enterprise and organization.get("enterprise_id") != enterprise:
        return False
    return workspace in (organization.get("teams") or ())


def is_shared_outside(channel: Mapping[str, Any], workspace: str) -> bool:
    """Whether people of another company can read this channel or are invited to, from the channel
    object of `conversations.info`. Sharing within the own organization does not count."""
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return True
    if channel.get("pending_shared") or channel.get("pending_connected_team_ids"):
        return True
    inside = {workspace, *(channel.get("internal_team_ids") or ())}
    if set(channel.get("connected_team_ids") or ()) - inside:
        return True
    if channel.get("is_org_shared"):
        return False
    others = set(channel.get("shared_team_ids") or ()) - inside
    return bool(others) or bool(channel.get("is_shared"))


# The policy: who may approve, where deliveries may go, and what may be spent.

MAX_NAMED_PEOPLE = 20  # people listed in one sentence


class ApprovalPolicy(BaseModel, frozen=True, extra="forbid"):
    """Without a named approver nobody may approve; the card explains how to name one."""

    approvers: tuple[str, ...] = ()  # Slack member ids
    editors: tuple[str, ...] = ()  # besides approvers and the requester; empty: everybody
    author_may_approve: bool = False
    needed: int = Field(default=1, ge=1, le=5)


class DeliveryPolicy(BaseModel, frozen=True, extra="forbid"):
    """Where an approved draft may be delivered besides the thread of its request."""

    channels: tuple[str, ...] = ()  # Slack channel ids
    files: tuple[Literal["md", "html", "json"], ...] = ("md", "html", "json")


class ModelPrice(BaseModel, frozen=True, extra="forbid"):
    """A model's price in US dollars per million tokens. `cached` is the price of a token read from
    the server's cache; None: a tenth of `input`."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(default=None, ge=0)


class SpendingPolicy(BaseModel, frozen=True, extra="forbid"):
    """The limit on the AI's cost in US dollars per 24 hours. Once it is reached, the intern says
    so. With 0 no AI is called, not even a free one. `prices`, by model name, take precedence over
    the prices that we ship. A single task has limits of its own: US dollars, and tokens read and
    written in all its calls."""

    usd_a_day: Decimal = Field(default=Decimal("5"), ge=0)
    usd_a_task: Decimal = Field(default=Decimal("1"), gt=0)
    tokens_a_task: int = Field(default=400_000, ge=1_000)
    prices: dict[str, ModelPrice] = {}


class PersonLimits(BaseModel, frozen=True, extra="forbid"):
    """Limits per person: open tasks, tasks in 24 hours, and US dollars for the AI in 24 hours
    (None: only the workspace's limit). Tasks that the clock starts, such as digests and alerts,
    count for nobody."""

    open_tasks: int = Field(default=30, ge=1, le=100_000)
    tasks_a_day: int = Field(default=300, ge=1, le=1_000_000)
    usd_a_day_per_person: Decimal | None = Field(default=None, ge=0)


class LibraryPolicy(BaseModel, frozen=True, extra="forbid"):
    """The smallest group that is shown: customers in an audience or a segment (`floor`), and
    customers behind a sum or mean of sales (`sales_floor`; orders, where no customer is known).
    Also how files in the watched folder are handled, the channels whose files need no mention of
    the intern, and no confirmation while their columns are known, and whether an AI may propose
    what the columns of an unknown file are (`mapping`) and read the themes of what customers wrote
    (`theme_labels`): of the newest texts, at most `theme_label_texts` a day."""

    floor: int = Field(default=20, ge=1, le=10_000)  # customers
    sales_floor: int = Field(default=5, ge=1, le=10_000)  # customers behind a sum of sales
    keep_originals: bool = False  # whether imported files are kept in inbox/done/
    mapping: str = Field(default="on", min_length=1)  # "on", "off", or the name of a model
    theme_labels: str = Field(default="on", min_length=1)  # the same
    theme_label_texts: int = Field(default=2_000, ge=0, le=100_000)
    channels: tuple[str, ...] = ()  # Slack channel ids
    hold_changes: bool = True  # whether the inbox holds back a file that changes stored rows
    shared_inbox: bool = False  # whether other accounts of this machine may write to the inbox


class JournalPolicy(BaseModel, frozen=True, extra="forbid"):
    """Where the journal's head is published once a day: "file" (in the home), a Slack channel id,
    or "none"."""

    publish: str = "file"

    @field_validator("publish")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("file", "none") and not re.fullmatch(r"[CG][A-Z0-9]+", value):
            raise ValueError(
                f'must be "file", "none" or a channel id like C0123ABCD (it is "{value}")'
            )
        return value


class ChecksPolicy(BaseModel, frozen=True, extra="forbid"):
    """The second look at drafts by an AI: "on" (the small model), "off", or the name of a model."""

    claims: str = Field(default="on", min_length=1)


class Policy(BaseModel, frozen=True, extra="forbid"):
    """The settings of `policy.toml`. All of them have safe defaults."""

    approval: ApprovalPolicy = ApprovalPolicy()
    delivery: DeliveryPolicy = DeliveryPolicy()
    spend: SpendingPolicy = SpendingPolicy()
    fairness: PersonLimits = PersonLimits()
    library: LibraryPolicy = LibraryPolicy()
    journal: JournalPolicy = JournalPolicy()
    checks: ChecksPolicy = ChecksPolicy()
    access: Access = Access()

    @property
    def approvers(self) -> tuple[str, ...]:
        """Everybody who may approve: `[approval] approvers` and `[access] approve`. A user group
        counts once `resolve_groups` has replaced it by its members."""
        return tuple(dict.fromkeys((*self.approval.approvers, *self.access.approve)))

    def people_with(self, right: Right) -> tuple[str, ...] | None:
        """Return the ids that have a right; None: every full member has it."""
        if right == "approve":
            return self.approvers
        named = self.access.list_ids(right)
        if named is None and right != "ask":
            return self.approvers
        return named

    def may(self, person: str, right: Right) -> bool:
        """Whether this person has the right. The caller has checked that they are a full member of
        the workspace."""
        people = self.people_with(right)
        return people is None or person in people

    def require(self, person: str, right: Right) -> None:
        """Raise CannotDo, naming the people who have the right, when this person does not."""
        if self.may(person, right):
            return
        people = self.people_with(right) or ()
        if not people:
            raise CannotDo(NOBODY_HAS_RIGHT)
        names = " ".join(format_mention(one) for one in people[:MAX_NAMED_PEOPLE])
        raise CannotDo(DENIED_WORDS[right].text, names=names)

    def require_if_known(self, person: str, right: Right) -> None:
        """Require the right, for code that only stores a task. While the members of a user group
        are not known, everybody passes: the right is checked again before the task is run."""
        if not any(is_group(one) for one in self.people_with(right) or ()):
            self.require(person, right)

    def resolve_groups(self, members: Mapping[str, frozenset[str]]) -> "Policy":
        """Return a copy with user groups replaced by their members."""
        if not self.access.groups:
            return self
        return self.model_copy(update={"access": self.access.resolve_groups(members)})

    def may_edit(self, person: str, *, author: str) -> bool:
        """Whether this person may edit a draft that `author` requested."""
        named = self.approval.editors
        return not named or person in (*named, *self.approvers, author)

    def may_approve(self, person: str, *, author: str) -> bool:
        """Whether this person may approve a draft that `author` requested or edited."""
        if person not in self.approvers:
            return False
        return person != author or self.approval.author_may_approve


DENIED_WORDS: dict[Right, Words] = {
    "ask": Words("You can't ask for work here. These people can: {names}"),
    "import": Words("You can't take files into the library here. These people can: {names}"),
    "export": Words("You can't export audiences here. These people can: {names}"),
    "approve": Words("That takes the right to approve. These people have it: {names}"),
    "administer": Words("You can't set up digests and alerts here. These people can: {names}"),
    "see_people": Words("You can't see named customers here. These people can: {names}"),
}
NOBODY_HAS_RIGHT = Words(
    "Nobody here has the right to do that yet. An administrator can give it in policy.toml, "
    "under [access]."
)
