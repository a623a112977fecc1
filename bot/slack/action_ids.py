"""The names of what people press and fill in, and what a button carries."""

import json

from pydantic import BaseModel, ConfigDict

# Buttons and menus on a card (action_id). An overflow menu's options carry `Menu` values.
APPROVE = "approve"
APPROVE_ANYWAY = "approve_anyway"  # opens a form for the reason
EDIT = "edit"
SEND_BACK = "send_back"
MORE = "more"  # the overflow menu
STOP = "stop"
SHARE = "share"  # a private draft, into the channel it was asked in
USE_HOOK = "use_hook"
ANSWER = "answer"  # a one-tap answer
SEND_TO = "send_to"  # an approved text, to a channel that the policy names
TRY_AGAIN = "try_again"
# On the card of a digest.
DIGEST_ON, DIGEST_PAUSE, DIGEST_OFF, DIGEST_NOW, DIGEST_CHANGE = (
    "digest_on",
    "digest_pause",
    "digest_off",
    "digest_now",
    "digest_change",
)
ALERT_MUTE, ALERT_UNMUTE, ALERT_USELESS = "alert_mute", "alert_unmute", "alert_useless"
DETAILS = "details"  # what a card has no room for
RESULT_OURS, RESULT_NOT = "result_ours", "result_not"  # whether a campaign of the files is it
LEAD, LEAD_NOW = "lead", "lead_now"  # what a result leads to: through a form, or at once
EXPORT = "export_audience"  # an approved audience, as a file

# On the card of a dropped file.
TAKE_IN, DONT, OTHER_KIND, READ_AGAIN, STAYED_OUT = (
    "take_in",
    "dont_take_in",
    "other_kind",  # a menu of kinds
    "read_again",
    "stayed_out",
)

# What the overflow menu offers.
REJECT, SOURCES, WHAT_LEFT, HISTORY, DOWNLOAD = (
    "reject",
    "sources",
    "what_left",
    "history",
    "download",
)

# Forms (callback_id).
BRIEF_FORM = "brief_form"
EDIT_FORM = "edit_form"
SEND_BACK_FORM = "send_back_form"
REJECT_FORM = "reject_form"
APPROVE_ANYWAY_FORM = "anyway_form"
RULE_FORM, EXPORT_FORM = "rule_form", "export_form"
DIGEST_FORM = "digest_form"

METADATA_EVENT_TYPE = "super_intern_post"  # the metadata by which a post of ours is found again


class ButtonValue(BaseModel):
    """What a button carries: the draft and the fingerprint of the words that were on the card,
    or a task, or a dropped file (`seen` is its turn); `pick` is what was chosen."""

    model_config = ConfigDict(frozen=True)
    task: str | None = None
    draft: str | None = None
    seen: str | None = None  # the fingerprint
    pick: str | None = None
    field: str | None = None
    arrival: str | None = None

    def pack(self) -> str:
        """Short enough for a button (2,000) and, with a short pick, for an option (150)."""
        short = {"t": self.task, "d": self.draft, "s": self.seen, "p": self.pick, "f": self.field}
        short["a"] = self.arrival
        return json.dumps({k: v for k, v in short.items() if v is not None}, separators=(",", ":"))

    @staticmethod
    def unpack(value: str) -> "ButtonValue":
        """Raises ValueError when it isn't one of ours."""
        told = json.loads(value)
        if not isinstance(told, dict):
            raise ValueError("not a reference")
        names = {"t": "task", "d": "draft", "s": "seen", "p": "pick", "f": "field"}
        names["a"] = "arrival"
        return ButtonValue.model_validate({names[k]: v for k, v in told.items() if k in names})
