"""The ids of buttons, menus and forms, and the value that a button carries.

Messages already posted in Slack carry these ids, so an id never changes.
"""

import json

from pydantic import BaseModel

from bot.drafts.models import Draft

# Buttons and menus on a card (action_id). The options of an overflow menu carry the picks below.
APPROVE = "approve"
APPROVE_ANYWAY = "approve_anyway"  # opens a form for the reason
EDIT = "edit"
SEND_BACK = "send_back"
MORE = "more"  # the overflow menu
STOP = "stop"
SHARE = "share"  # shows a private draft in the channel where it was requested
USE_HOOK = "use_hook"
ANSWER = "answer"  # an answer to a question, given with one press
SEND_TO = "send_to"  # sends an approved text to a channel that the policy names
TRY_AGAIN = "try_again"
# Buttons on the card of a digest or an alert.
DIGEST_ON = "digest_on"
DIGEST_PAUSE = "digest_pause"
DIGEST_OFF = "digest_off"
DIGEST_NOW = "digest_now"
DIGEST_CHANGE = "digest_change"
ALERT_MUTE, ALERT_UNMUTE, ALERT_USELESS = "alert_mute", "alert_unmute", "alert_useless"
DETAILS = "details"  # opens a form with what the card has no room for
# whether a campaign in the imported files is this draft
RESULT_OURS, RESULT_NOT = "result_ours", "result_not"
# starts the next step that a result suggests: through a form, or at once
LEAD, LEAD_NOW = "lead", "lead_now"
OWN_TEXT = "own_text"  # opens the form for a text of one's own
CHECKED = "checked"  # the pick of Approve by which a person says yes to what is marked
ACCEPT_TERMS = "accept_terms"  # says that what is marked stands in the brand's terms
ADD_FACT = "add_fact"  # opens the form that makes marked claims facts of the product
REVOKE_FACT = "revoke_fact"
LOWEST_PRICE = "lowest_price"  # opens the form for the lowest price of the last 30 days
EXPORT = "export_audience"  # exports an approved audience as a file
CHANGE = "change"  # opens the brief of a draft or a report, to have it made again
CALL_TO_ACTION = "call_to_action"  # shows how the button of an e-mail looks
SHORTER = "shorter"  # asks for a shorter version
ANGLES = "angles"  # opens a form with the other openings
SAME_FOR = "same_for"  # asks for the same text for another market
VOTE_UP, VOTE_DOWN = "vote_up", "vote_down"  # whether a report was useful
COPY = "copy"  # opens the text for copying; also an option of the overflow menu

# Buttons and menus on the card of a dropped file.
UNDO_IMPORT = "undo_import"
TAKE_IN = "take_in"
DONT = "dont_take_in"
OTHER_KIND = "other_kind"  # a menu of data kinds
READ_AGAIN = "read_again"
STAYED_OUT = "stayed_out"

# Options of the overflow menu.
REJECT = "reject"
SOURCES = "sources"
WHAT_LEFT = "what_left"
HISTORY = "history"
DOWNLOAD = "download"

# Forms (callback_id).
BRIEF_FORM = "brief_form"
EDIT_FORM = "edit_form"
SEND_BACK_FORM = "send_back_form"
REJECT_FORM = "reject_form"
APPROVE_ANYWAY_FORM = "anyway_form"
RULE_FORM, EXPORT_FORM = "rule_form", "export_form"
QUESTION_FORM = "question_form"
FACT_FORM, LOWEST_PRICE_FORM = "fact_form", "lowest_price_form"
DIGEST_FORM = "digest_form"
ANGLES_FORM = "angles_form"
OWN_TEXT_CHOICE, OWN_TEXT_FORM = "own_text_choice", "own_text_form"
CHECK_TEXT = "check_text"  # the shortcut on a message; see manifest.json

# the metadata by which a message of the intern is found again
METADATA_EVENT_TYPE = "super_intern_post"


class ButtonValue(BaseModel, frozen=True):
    """What a button carries: a draft with the fingerprint of the words shown, or a task, or a
    dropped file (`seen` is then its revision). `pick` is the chosen option."""

    task: str | None = None
    draft: str | None = None
    seen: str | None = None  # the fingerprint of the words that were on the card
    pick: str | None = None
    field: str | None = None
    arrival: str | None = None

    def pack(self) -> str:
        """Encode as short JSON: it fits a button's value (2,000 characters) and, with a short
        `pick`, an option's value (150)."""
        short = {"t": self.task, "d": self.draft, "s": self.seen, "p": self.pick, "f": self.field}
        short["a"] = self.arrival
        return json.dumps({k: v for k, v in short.items() if v is not None}, separators=(",", ":"))

    @staticmethod
    def unpack(value: str) -> "ButtonValue":
        """Decode a button's value. Raise ValueError when the intern did not make it."""
        payload = json.loads(value)
        if not isinstance(payload, dict):
            raise ValueError("not a reference")
        names = {"t": "task", "d": "draft", "s": "seen", "p": "pick", "f": "field"}
        names["a"] = "arrival"
        return ButtonValue.model_validate({names[k]: v for k, v in payload.items() if k in names})


def pack_draft(draft: Draft) -> str:
    """Return the value of a button about this version of a draft."""
    return ButtonValue(draft=draft.id, seen=draft.fingerprint).pack()
