"""Our columns of a kind as SQL over a file's cells, and what a cell that fails is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.data.ingest.cells import NUMBERS, TEXTS, laid_bare, mark, typed
from bot.data.ingest.column_names import sort_of
from bot.data.ingest.derived_columns import made
from bot.data.ingest.file_schema import Understood
from bot.data.schema import Type, kinds
from bot.data.warehouse.warehouse import TYPES

FREE = {("feedback", "text"), ("feedback", "title")}  # personal data in them is replaced
NAMED = {"order", "session", "id"}  # an address in them is keyed
REASONS: dict[Type, str] = {
    "money": "is no amount",
    "number": "is no number",
    "whole": "is no whole number",
    "day": "is no date that I can read",
    "moment": "is no date that I can read",
    "yes": "is neither yes nor no",
}
ALIKE = ("alike_text", "alike_title")  # of texts without ids: what they are known again by
WORDS = {"step": "as_step", "status": "as_status", "device": "as_device", "currency": "as_currency"}


@dataclass(frozen=True)
class Ours:
    """One column: `raw` is what the cell says, `sql` the value; both over the source's columns.
    `reason` is what is wrong when there is a raw and no value."""

    name: str
    type: Type
    raw: str
    sql: str
    theirs: str
    reason: str | None = None
    needed: bool = False


@dataclass(frozen=True)
class Rule:
    """A row for which `sql` (over our columns) is true stays out."""

    sql: str
    theirs: str
    reason: str


def ours(understood: Understood) -> list[Ours]:
    """Every column of the kind, in order; then the outcomes of a test as `metric_<name>`, and
    what texts without ids are known again by."""
    found = [_column(understood, name) for name in kinds()[understood.kind].columns]
    for one in understood.columns:
        if one.metric:
            found.append(_outcome(understood, one.place, one.metric, one.theirs))
    if understood.kind == "feedback" and not understood.has("id"):
        found += [_alike(understood, name) for name in ("text", "title")]
    return found


def rules(understood: Understood, columns: list[Ours], today: date) -> Iterator[Rule]:
    """Why a row stays out, in the order in which it is told."""
    kind = kinds()[understood.kind]
    for one in columns:
        if one.reason:
            yield Rule(f'{one.raw} IS NOT NULL AND "{one.name}" IS NULL', one.theirs, one.reason)
    for one in columns:
        if one.needed:
            yield Rule(f'"{one.name}" IS NULL', one.theirs, "is empty")
        if one.name in NAMED and one.raw != "NULL":  # two of these need not be the same one
            short = f"""regexp_full_match("{one.name}", '\\d[.,]\\d+[eE]\\+\\d+')"""
            yield Rule(short, one.theirs, "is cut short by a spreadsheet; export it as text")
    if kind.name == "feedback":  # stars without a word count for the rating
        text = next(one.theirs for one in columns if one.name == "text")
        yield Rule('"text" IS NULL AND "rating" IS NULL', text, "is empty")
    theirs = next(one.theirs for one in columns if one.name == kind.dated)
    last = (today + timedelta(days=2)).isoformat()
    yield Rule(f"\"{kind.dated}\" >= DATE '{last}'", theirs, "lies in the future")
    if kind.name == "feedback" and understood.has("rating"):
        told = next(one.theirs for one in columns if one.name == "rating")
        yield Rule('"rating" NOT BETWEEN 0 AND 5', told, "is no rating from 1 to 5")


def cells(understood: Understood, relation: str) -> str:
    """The relation with the cells of all columns that are read, as `ours` wants them."""
    columns = kinds()[understood.kind].columns
    texts, values, numbers = set[int](), set[int](), set[int]()
    for one in understood.columns:
        type_ = columns[one.ours].type if one.ours in columns else None
        if one.metric or type_ in NUMBERS or one.how == "a factor":
            numbers.add(one.place)
        elif type_ in TEXTS or one.how == "part of a text":
            texts.add(one.place)
        else:
            values.add(one.place)
    return laid_bare(relation, texts, values, numbers, understood.mark)


def sql_type(type_: Type) -> str:
    named = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}
    return named.get(TYPES[type_], TYPES[type_].upper())


def _column(understood: Understood, name: str) -> Ours:
    column = kinds()[understood.kind].columns[name]
    of_others = made(understood, name)
    one = next((one for one in understood.columns if one.ours == name and not one.metric), None)
    theirs = one.theirs if one else name
    if of_others is not None:
        needed = column.needed or name == "amount"
        return Ours(name, column.type, "NULL", of_others, theirs, needed=needed)
    if one is None:
        return Ours(name, column.type, "NULL", "NULL", theirs, needed=column.needed)
    raw = f"{'s' if column.type in TEXTS else 't'}{one.place}"
    sql = typed(column.type, raw, understood)
    if column.type == "text":
        sql = _text(understood.kind, name, raw)
    if name == "rating":
        sql = f"as_rating({raw}, d{raw[1:]}, {mark(understood, one.place)}) * {one.scale}"
    if name == "share":
        sql = f"CASE WHEN contains({raw}, '%') OR {sql} > 1 THEN {sql} / 100 ELSE {sql} END"
    if name == "opted_out":  # a day on which somebody left says yes
        sql = f"coalesce(as_yes({raw}), {raw} IS NOT NULL)"
        return Ours(name, column.type, raw, sql, theirs)
    reason = REASONS.get(column.type)
    return Ours(name, column.type, raw, sql, theirs, reason, column.needed)


def _alike(understood: Understood, name: str) -> Ours:
    place = understood.place(name)
    sql = "NULL" if place is None else f"bare_alike(s{place})"
    return Ours(f"alike_{name}", "text", "NULL", sql, name)


def _text(kind: str, name: str, raw: str) -> str:
    if (kind, name) in FREE:
        return f"bare_words({raw})"
    if name in NAMED:
        return f"CASE WHEN contains({raw}, '@') THEN as_person({raw}) ELSE {raw} END"
    if name in WORDS and kind in ("orders", "events", "campaigns", "prices", "experiments"):
        if name == "currency":
            return f"coalesce(as_currency({raw}), NULL)"
        return f"{WORDS[name]}({raw})"
    return f"hidden({raw})"


def _outcome(understood: Understood, place: int, metric: str, theirs: str) -> Ours:
    raw, sign = f"t{place}", mark(understood, place)
    if sort_of(metric) == "values":
        return Ours(
            f"metric_{metric}",
            "money",
            raw,
            f"as_money({raw}, d{raw[1:]}, {sign})",
            theirs,
            "is no amount",
        )
    sql = f"coalesce(as_yes({raw})::BIGINT, as_whole({raw}, d{raw[1:]}, {sign}))"
    return Ours(f"metric_{metric}", "whole", raw, sql, theirs, "is neither yes nor no")
