"""Our columns of a kind as SQL over a file's cells, and what a cell that fails is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.library.catalogue.amounts import DOLLARS
from bot.library.files.cells import laid_bare
from bot.library.files.names import sort_of
from bot.library.files.source import literal
from bot.library.files.understood import Understood
from bot.library.kinds import Type, kinds
from bot.library.shelf import TYPES

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


def typed(type_: Type, raw: str, understood: Understood) -> str:
    """A cell's text as one of our types."""
    moment = _read(raw, understood)
    if type_ in NUMBERS:
        place = int(raw[1:])
        return f"as_{type_}({raw}, d{place}, {_mark(understood, place)})"
    ways: dict[Type, str] = {
        "text": raw,
        "key": f"as_key({raw})",
        "person": f"as_person({raw})",
        "day": f"likely({moment})::DATE",
        "moment": f"likely({moment})",
        "yes": f"as_yes({raw})",
    }
    return ways[type_]


TEXTS = ("text", "key", "person")
NUMBERS = ("money", "number", "whole")


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


def _read(raw: str, understood: Understood) -> str:
    """A cell as a time. Where the whole file has one way to write it, only that one is looked for:
    the engine takes longer to plan all of them than to read the rows."""
    if raw.removeprefix("t").isdigit() and int(raw.removeprefix("t")) in understood.iso:
        return f"iso({raw})"
    if understood.year_first:
        return f"as_moment(turned({raw}), true)"
    return f"as_moment({raw}, {str(understood.day_first).lower()})"


def sql_type(type_: Type) -> str:
    named = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE"}
    return named.get(TYPES[type_], TYPES[type_].upper())


def _column(understood: Understood, name: str) -> Ours:
    column = kinds()[understood.kind].columns[name]
    made = _made(understood, name)
    one = next((one for one in understood.columns if one.ours == name and not one.metric), None)
    theirs = one.theirs if one else name
    if made is not None:
        needed = column.needed or name == "amount"
        return Ours(name, column.type, "NULL", made, theirs, needed=needed)
    if one is None:
        return Ours(name, column.type, "NULL", "NULL", theirs, needed=column.needed)
    raw = f"{'s' if column.type in TEXTS else 't'}{one.place}"
    sql = typed(column.type, raw, understood)
    if column.type == "text":
        sql = _text(understood.kind, name, raw)
    if name == "rating":
        sql = f"as_rating({raw}, d{raw[1:]}, {_mark(understood, one.place)}) * {one.scale}"
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
    raw, mark = f"t{place}", _mark(understood, place)
    if sort_of(metric) == "values":
        return Ours(
            f"metric_{metric}",
            "money",
            raw,
            f"as_money({raw}, d{raw[1:]}, {mark})",
            theirs,
            "is no amount",
        )
    sql = f"coalesce(as_yes({raw})::BIGINT, as_whole({raw}, d{raw[1:]}, {mark}))"
    return Ours(f"metric_{metric}", "whole", raw, sql, theirs, "is neither yes nor no")


def _made(understood: Understood, name: str) -> str | None:
    """A column that is made of others."""
    makers = {
        "orders": _of_orders,
        "events": _of_events,
        "campaigns": _of_campaigns,
        "experiments": _of_experiments,
    }
    if name == "currency" and understood.currency:
        place = understood.place("currency")
        said = f"as_currency(s{place})" if place is not None else "NULL"
        return f"coalesce({said}, {_sign(understood)}, {literal(understood.currency)})"
    make = makers.get(understood.kind)
    return make(understood, name) if make else None


def _sign(understood: Understood) -> str:
    """The currency by the sign beside a row's amount, where a file has several."""
    amounts = ("amount", "unit_price", "price", "sales", "spend")
    place = next((at for one in amounts if (at := understood.place(one)) is not None), None)
    if place is None or not understood.signed:
        return "NULL"
    dollar = understood.currency if understood.currency in DOLLARS else "USD"
    return f"as_signed(t{place}, {literal(dollar)})"


def _moment(understood: Understood) -> str:
    """A day and a time that stand in two columns."""
    at, time = f"t{understood.place('at')}", f"t{understood.place('time')}"
    joined = (
        f"CASE WHEN length({at}) <= 10 AND regexp_matches({time}, '^\\d{{1,2}}[:h]') "
        f"THEN {at} || ' ' || {time} ELSE {at} END"
    )
    return f"list_transform([{joined}], lambda x: {typed('moment', 'x', understood)})[1]"


def _of_orders(understood: Understood, name: str) -> str | None:
    place = understood.place
    if name == "at" and understood.has("at", "time"):
        return _moment(understood)
    if name == "amount" and place("amount") is None:
        price = _exact(understood, "unit_price")
        pieces = _exact(understood, "quantity") if understood.has("quantity") else "1"
        off = f"coalesce({_exact(understood, 'line_discount', 'money')}, 0)"
        worth = f"{price}::DOUBLE * {pieces}::DOUBLE"
        worth = f"{worth} - {off}::DOUBLE" if understood.has("line_discount") else worth
        return f"try_cast(round({worth}, 4) AS DECIMAL(18, 2))"
    if name == "order" and place("order") is None:
        at = _read(f"t{place('at')}", understood)
        day = f"{at}::DATE"
        return f"left(md5(as_person(s{place('customer')}) || {day}::VARCHAR), 20)"
    if name == "variant" and place("variant") is None:
        parts = [f"s{place(one)}" for one in ("size", "colour") if understood.has(one)]
        return f"nullif(concat_ws(', ', {', '.join(parts)}), '')" if parts else None
    if name == "line" and place("line") is None:
        # by its place in the order; a whole order is line 0. The rows are numbered afterwards.
        lined = understood.has("product") or understood.has("title") or not understood.has("order")
        return "NULL" if lined else "0"
    return None


def _exact(understood: Understood, ours: str, type_: str = "exact") -> str:
    place = understood.place(ours)
    return f"as_{type_}(t{place}, d{place}, {_mark(understood, place or 0)})"


def _mark(understood: Understood, place: int) -> str:
    return literal(understood.mark(place))


def _of_events(understood: Understood, name: str) -> str | None:
    if name == "at" and understood.has("at", "time"):
        return _moment(understood)
    if name == "session" and not understood.has("session"):
        at = _read(f"t{understood.place('at')}", understood)
        day = f"{at}::DATE"
        return f"left(md5(as_person(s{understood.place('visitor')}) || {day}::VARCHAR), 20)"
    return None


def _of_campaigns(understood: Understood, name: str) -> str | None:
    if name == "id" and not understood.has("id") and understood.has("code"):
        return f"s{understood.place('code')}"
    if name == "channel" and not understood.has("channel"):
        letters = understood.has("opened") or understood.has("subject") or understood.has("sent")
        return "'email'" if letters else "'ads'"
    if name == "audience" and not understood.has("audience"):
        aids = ("age", "gender")
        parts = [f"s{understood.place(one)}" for one in aids if understood.has(one)]
        return f"nullif(concat_ws(', ', {', '.join(parts)}), '')" if parts else None
    return None


def _of_experiments(understood: Understood, name: str) -> str | None:
    stem = understood.name.rsplit(".", 1)[0]
    if name == "experiment" and not understood.has("experiment"):
        return literal(stem)
    if name == "unit" and not understood.has("unit") and not understood.has("users"):
        return f"as_person({literal(stem)} || ':' || n)"
    if name == "users" and not understood.has("users"):
        return "1"
    if name == "metric" and not understood.has("metric"):
        return "'conversion'"
    return None
