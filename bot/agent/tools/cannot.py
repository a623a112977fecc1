"""Says that the team's data can't answer, and ends the work: what exactly can't be told, why, and
which file would change that. Only after the tools were tried or clearly can't hold the question;
whatever part can be answered is answered instead.
Not for a vague request (ask_person).
Example: {"reason": "no_such_data", "what": "how many people saw the TV spot", "missing": "none"}
"""

from typing import Literal

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.i18n.messages import Words

ENDS_LOOP = True
MAX_LENGTH = 200
Reason = Literal[
    "file_missing",  # a file of this kind was never imported
    "column_missing",  # the file lacks a column that the question needs
    "period_missing",  # the file does not cover the days
    "too_few_people",  # the group is too small to be shown
    "one_person",  # it asks for a single customer
    "no_such_data",  # no file of a shop tells it: competitors, a market, why people did something
    "cause_unknown",  # the data shows that, not why
    "future",  # a forecast that was refused, or that no method here makes
    "tools_cannot",  # the data may hold it, but no tool computes it
    "not_our_work",  # not a marketing question
]
File = Literal[
    "none",
    "orders",
    "events",
    "feedback",
    "campaigns",
    "prices",
    "experiments",
    "consents",
    "customers",
    "returns",
    "traffic",
    "products",
]
FILE_NAMES = {
    "orders": Words("orders"),
    "events": Words("visits"),
    "feedback": Words("customer feedback"),
    "campaigns": Words("campaign results"),
    "prices": Words("past prices"),
    "experiments": Words("test results"),
    "consents": Words("customers with their consents"),
    "customers": Words("customers"),
    "returns": Words("returns"),
    "traffic": Words("visitor numbers"),
    "products": Words("a catalogue"),
}


class Params(ToolParams):
    reason: Reason
    what: str
    missing: File


def describe_limit(params: Params) -> Words:
    if params.missing == "none":
        return Words("Your data can't tell: {what}.", what=params.what.strip())
    if params.reason == "column_missing":
        return Words(
            "Your data can't tell: {what}. It takes one more column in: {file}.",
            what=params.what.strip(),
            file=FILE_NAMES[params.missing],
        )
    return Words(
        "Your data can't tell: {what}. A file would change that: {file}.",
        what=params.what.strip(),
        file=FILE_NAMES[params.missing],
    )


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    """Check the call. The first note is the sentence that people read, the second the reason."""
    if not 0 < len(params.what.strip()) <= MAX_LENGTH:
        raise ToolError(f"what must have 1 to {MAX_LENGTH} characters.")
    if params.reason in ("file_missing", "column_missing") and params.missing == "none":
        raise ToolError("Name the file that is missing, or that lacks the column.")
    return ToolResult(notes=(describe_limit(params).to(deps.request.language), params.reason))
