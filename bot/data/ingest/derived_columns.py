"""Our columns that are made of several of a file's: an amount of a price and a quantity."""

from bot.data.catalogue.cells import DOLLARS
from bot.data.ingest.cells import mark, read_time, typed
from bot.data.ingest.file_schema import Understood
from bot.data.ingest.source import literal


def made(understood: Understood, name: str) -> str | None:
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
        at = read_time(f"t{place('at')}", understood)
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
    return f"as_{type_}(t{place}, d{place}, {mark(understood, place or 0)})"


def _of_events(understood: Understood, name: str) -> str | None:
    if name == "at" and understood.has("at", "time"):
        return _moment(understood)
    if name == "session" and not understood.has("session"):
        at = read_time(f"t{understood.place('at')}", understood)
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
