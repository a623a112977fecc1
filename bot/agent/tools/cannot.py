"""Says that the team's data can't answer, and ends the work: what exactly can't be told, why, and
which file would change that. Only after the tools were tried or clearly can't hold the question;
whatever part can be answered is answered instead. `instead`: the nearest question that the data do
answer, as the person would ask it (at most 40 characters); it becomes a button.
Not for a vague request (ask_person).
Example: {"reason": "no_such_data", "what": "how many people saw the TV spot", "missing": "none",
"column": "none", "instead": "Visits since the TV spot?"}
"""

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import read_text, run_query
from bot.core.report import MAX_LABEL, NONE
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.messages import Words

ENDS_LOOP = True
MAX_LENGTH = 200
# of the data; for the others the tools, the floor for people or our work are the reason
DATA_REASONS = ("file_missing", "column_missing", "period_missing", "no_such_data", "cause_unknown")
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


# Why it is not answered, and what would be.
WAYS_OUT = {
    "too_few_people": Words(
        "Too few people to show a figure. Ask for a longer period or a larger group."
    ),
    "one_person": Words("It is about one customer, and figures are of groups. Ask about a group."),
    "future": Words("I can't forecast that. Ask what happened up to now."),
    "tools_cannot": Words("I can't work that out. Ask for a part of it, or in another way."),
}


class Params(ToolParams):
    reason: Reason
    what: str = Field(description="What was asked, in a few words, without the reason.")
    missing: File
    column: str = Field(
        description="column_missing: what the column would hold, in the person's language, such as "
        "“carrier”; else none."
    )
    instead: str

    @model_validator(mode="before")
    @classmethod
    def name_no_column(cls, given: Any) -> Any:
        """Take the calls of earlier editions, which have no column."""
        return {"column": NONE, **given} if isinstance(given, dict) else given


def describe_limit(
    params: Params, *, has_file: bool, known: tuple[date, date] | None = None
) -> Words:
    """Return what people read. `has_file`: there are data of the kind that the call names, of the
    days from `known[0]` to `known[1]`."""
    what = params.what.strip().removesuffix(".")
    if way_out := WAYS_OUT.get(params.reason):
        return Words("Not answered: {what}. {way_out}", what=what, way_out=way_out)
    if params.reason not in DATA_REASONS:
        return Words("Not answered: {what}.", what=what)
    if params.missing == "none":
        return Words("Your data can't tell: {what}.", what=what)
    if params.reason == "column_missing" and (column := read_text(params.column)):
        return Words(
            "Your data can't tell: {what}. It takes one more column ({column}) in: {file}.",
            what=what,
            column=column,
            file=FILE_NAMES[params.missing],
        )
    if params.reason == "column_missing":
        return Words(
            "Your data can't tell: {what}. It takes one more column in: {file}.",
            what=what,
            file=FILE_NAMES[params.missing],
        )
    if known and params.reason == "period_missing":
        return Words(
            "Your data can't tell: {what}. Known days ({file}): {first} to {last}.",
            what=what,
            file=FILE_NAMES[params.missing],
            first=known[0],
            last=known[1],
        )
    if has_file:
        return Words("Your data can't tell: {what}.", what=what)
    return Words(
        "Your data can't tell: {what}. A file would change that: {file}.",
        what=what,
        file=FILE_NAMES[params.missing],
    )


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    """Check the call. The first note is the sentence that people read, the second the reason, the
    third what can be asked instead."""
    instead = read_text(params.instead) or ""
    if len(instead) > MAX_LABEL:
        raise ToolError(f"instead must have at most {MAX_LABEL} characters, or be none.")
    if not 0 < len(params.what.strip()) <= MAX_LENGTH:
        raise ToolError(f"what must have 1 to {MAX_LENGTH} characters.")
    if params.reason in ("file_missing", "column_missing") and params.missing == "none":
        raise ToolError("Name the file that is missing, or that lacks the column.")
    has_file = await run_query(deps, lambda warehouse: _has_file(warehouse, params.missing))
    if has_file and params.reason == "file_missing":
        raise ToolError(f"There is a file of {params.missing}: look in it, or name another reason.")
    known = None
    if has_file and params.reason == "period_missing":
        known = await run_query(deps, lambda warehouse: _find_days(warehouse, params.missing))
    words = describe_limit(params, has_file=has_file, known=known)
    return ToolResult(notes=(words.to(deps.request.language), params.reason, instead))


def _find_days(warehouse: Warehouse, kind: str) -> tuple[date, date] | None:
    from bot.data.metrics.query.periods import find_known_days
    from bot.data.metrics.query.runner import DATASETS

    dataset = next((one for one in DATASETS.values() if one.kind == kind), None)
    return find_known_days(warehouse, dataset) if dataset else None


def _has_file(warehouse: Warehouse, kind: str) -> bool:
    return kind in warehouse.listed or (kind == "products" and warehouse.products is not None)
