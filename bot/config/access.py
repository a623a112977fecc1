"""Access rights: the `[access]` section of `policy.toml`, and the classification of Slack's user
and channel objects. No I/O here: `bot/slack/membership.py` asks Slack.

Only full members of the own workspace get any right. A field that is missing in Slack's object
counts against the person, never in their favour.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Right = Literal["ask", "import", "export", "approve", "administer", "see_people"]
RIGHTS: tuple[Right, ...] = get_args(Right)

# A person's relation to the workspace, from their Slack user object.
UserStanding = Literal["member", "guest", "stranger", "bot", "gone"]
# Whether a request may proceed. "closed": a member of ours, in a channel that outsiders can read.
Admission = Literal["admitted", "outsider", "closed"]


class Access(BaseModel):
    """Lists of member ids (U…, W…) and user groups (S…). A right without a list has its default:
    every full member may ask; approvers may import, export and administer; nobody sees people."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
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
    """Whether this is the id of a user group."""
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
