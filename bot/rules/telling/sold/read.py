"""From the words of a question to what is asked of the sales: what is understood is taken out of
them, and what is left must be the name of something."""

import re
from decimal import Decimal

from bot.core.sales_query import OrderFilter, SalesQuery
from bot.rules import period
from bot.rules.spelt import mended
from bot.rules.telling.questions import BEST, names_in
from bot.rules.telling.sold import words as said
from bot.rules.telling.sold.idle import IDLE
from bot.rules.telling.sold.sale import RETURNS, Sale


class _Words:
    """Folded words, out of which what is understood is taken."""

    def __init__(self, left: str) -> None:
        self.whole = self.left = re.sub(r" {2,}", " ", left)

    def take(self, shape: str | re.Pattern[str]) -> re.Match[str] | None:
        """The first place of a shape, which is then gone; None for none."""
        found = re.search(shape, self.left)
        if found:
            self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
            self.left = re.sub(r" {2,}", " ", self.left)
        return found

    def has(self, shape: str | re.Pattern[str]) -> bool:
        return bool(re.search(shape, self.whole))


def read(words: str) -> Sale | None:
    """What words ask of the sales; None when they ask for something else, or for who somebody
    is."""
    text = _Words(period.without(words.replace("’", "'")))
    if text.has(said.WHO) or text.has(said.AHEAD) or text.has(said.WE_SPENT):
        return None
    if text.has(said.SPAN):
        return Sale(SalesQuery(measure="span", ever=True))
    if text.has(said.CANCELLED):
        return Sale(SalesQuery(measure="cancelled"))
    amounts: dict[str, Decimal | bool | int] = {**_pieces(text), **_amounts(text)}
    if times := _times(text):
        return _often(text, times)
    most = text.take(said.TOP)
    per = text.take(said.PER)
    share = bool(text.take(said.SHARE)) and not text.has(dict(said.MEASURES)["return-rate"])
    ever = bool(text.take(said.EVER))
    sellers = bool(text.take(said.SELLERS))
    values = text.take(said.VALUES.pattern.replace("{cuts}", _countable()))
    cut = _cut(text, top=most is not None) or ("product" if sellers else "")
    only = _only(text, cut)
    if not cut and text.has(said.BETTER) and any(one.by == "weekend" for one in only):
        cut, only = "weekend", tuple(one for one in only if one.by != "weekend")
    without = _without(text)
    best, least = text.has(BEST) or text.has(said.MOST), text.has(said.LEAST)
    measure = next((name for name, shape in said.MEASURES if re.search(shape, text.left)), "")
    why = text.has(said.WHY)
    if why and measure in RETURNS and not cut:
        cut = "reason"
    if not measure and text.has(said.HOW) and period.without(words) != mended(words):
        measure = "revenue"  # "how was last weekend?"
    if not (measure or cut or share or amounts or values or sellers):
        return None
    if measure == "customers" and (best or most) and not cut:
        return None  # who they are is another question
    if measure == "new-customers" and (cut == "first" or any(one.by == "first" for one in only)):
        measure = next((n for n, s in said.MEASURES if n != measure and re.search(s, text.left)),
                       "orders")  # fmt: skip
    if values and measure in ("", "revenue", "units", "orders"):
        cut, measure = _named_cut(values["cut"]), "values"
    grows = 1 if text.has(said.GROWS) else -1 if text.has(said.FALLS) else 0
    strange = _strange(text)
    names = tuple(names_in(_idle(_without_measures(text))))
    tally = SalesQuery(strange=strange,
        measure=measure or ("orders" if amounts else "revenue"),
        cut=cut, only=only, names=names, without=without, share=share,
        ever=ever or _of_all_days(text, measure, cut, best or least),
        most=_number(most), **amounts,
    )  # fmt: skip
    return Sale(tally, least, best or (sellers and not least), grows, False, "", _per(per), why)


def names_of(words: str) -> tuple[str, ...]:
    """The words that must be of a name."""
    return tuple(names_in(_idle(_without_measures(_Words(period.without(words))))))


def _often(text: _Words, times: str) -> Sale | None:
    """How many customers ordered once, twice or more often."""
    names = tuple(names_in(_idle(_without_measures(text))))
    return Sale(SalesQuery(measure="customers", cut="times", names=names), times=times)


def _times(text: _Words) -> str:
    if not text.has(said.PEOPLE):
        return ""
    return next((key for key, shape in said.TIMES if text.take(shape)), "")


def _pieces(text: _Words) -> dict[str, int]:
    """How many pieces an order must have."""
    if more := text.take(said.MORE_PIECES):
        return {"pieces_from": int(more[1]) + 1}
    if least := text.take(said.LEAST_PIECES):
        return {"pieces_from": int(least[1] or least[2] or least[3])}
    if fewer := text.take(said.FEWER_PIECES):
        return {"pieces_to": int(fewer[1]) - 1}
    if many := text.take(said.SO_MANY):
        n = int(many[1]) if many[1].isdigit() else 1
        return {"pieces_from": n, "pieces_to": n}
    return {}


def _amounts(text: _Words) -> dict[str, Decimal | bool]:
    """What an order must come to, and whether the ends belong to it."""
    if both := text.take(said.RANGE):
        return {"over": _money(both[1], both[2]), "under": _money(both[3], both[4]), "ends": True}
    found: dict[str, Decimal | bool] = {}
    for shape, end, ends in (
        (said.OVER, "over", False), (said.OR_MORE, "over", True), (said.AT_LEAST, "over", True),
        (said.UNDER, "under", False), (said.AT_MOST, "under", True),
    ):  # fmt: skip
        if end not in found and (one := text.take(shape)):
            found |= {end: _money(one[1], one[2]), **({"ends": True} if ends else {})}
    return found


def _money(digits: str, thousands: str) -> Decimal:
    bare = re.sub(r"[ ,.](?=\d{3}(?!\d))", "", digits).replace(" ", "").replace(",", ".")
    return Decimal(bare) * (1000 if thousands else 1)


def _cut(text: _Words, *, top: bool) -> str:
    """By what it is asked; the words that ask are taken out."""
    if both := text.take(said.FIRST):
        if re.search(dict(said.MEASURES)["orders"], both[0]):
            text.left += " orders"  # the figure, which was said with it
        return "first"
    if text.take(said.WEEKENDS):
        return "weekend"
    for name, shape in said.CUTS.items():
        ranked = rf"(?:(?:{said.RANKED}|{said.NUMBER}) )*"
        if text.take(rf"{said.ASKS_BY}{ranked}(?:{shape})\b(?!-)"):
            return name
    for name, shape in said.CUTS.items():
        if text.take(
            rf"\b{said.RANKED}(?: (?:{said.NUMBER}|{said.RANKED}|single|sales))* (?:{shape})\b(?!-)"
        ):
            return name
    if top:  # "top 5 countries"
        for name, shape in said.CUTS.items():
            if text.take(
                rf"^\W*(?:(?:what|which|are|of|our|the|in|for|des|de|les|nos) )*(?:{shape})\b"
            ):
                return name
    return next((name for name, shape in said.RHYTHM if text.take(shape)), "")


def _only(text: _Words, cut: str) -> tuple[OrderFilter, ...]:
    """Which orders alone are meant, of what no value of the orders' is the name."""
    some: list[OrderFilter] = []
    if text.take(said.NO_CODE):
        some.append(OrderFilter(by="code", but=True))
    elif cut != "code" and text.take(said.ANY_CODE):
        some.append(OrderFilter(by="code"))
    text.take(r"\b(?:(?:promo|discount) )?codes?(?: promo)?\b")
    if cut != "weekend" and cut != "weekday":
        if text.take(said.ON_WEEKENDS):
            some.append(OrderFilter(by="weekend", values=("weekend",)))
        elif text.take(said.ON_WEEKDAYS):
            some.append(OrderFilter(by="weekend", values=("in-the-week",)))
    if cut != "weekday" and (day := text.take(said.ON_A_DAY)):
        some.append(OrderFilter(by="weekday", values=(str(said.WEEKDAYS[day[1]]),)))
    if text.take(said.LATE):
        some.append(OrderFilter(by="late", values=("late",)))
    return (*some, *_first(text, cut))


def _first(text: _Words, cut: str) -> tuple[OrderFilter, ...]:
    if cut == "first":
        return ()
    if text.take(said.CAME_BACK):
        text.left += " customers"  # whom it counts, which was said with it
        return (OrderFilter(by="first", values=("again",)),)
    if text.take(said.ONLY_BACK):
        return (OrderFilter(by="first", values=("again",)),)
    counts_people = re.search(dict(said.MEASURES)["new-customers"], text.left)
    other = [n for n, s in said.MEASURES if n not in ("new-customers", "customers")
             and re.search(s, text.left)]  # fmt: skip
    if (not counts_people or other) and (new := text.take(said.ONLY_NEW)):
        if re.search(dict(said.MEASURES)["orders"], new[0]):
            text.left += " orders"  # the figure, which was said with it
        return (OrderFilter(by="first", values=("first",)),)
    return ()


def _strange(text: _Words) -> tuple[str, ...]:
    """ "By shoe width": by what nothing is cut."""
    found = re.search(r"\b(?:by|per|par) ((?!the |la |le |the |all )[a-z]{3,})\b", text.left)
    rest = names_in(_idle(_without_measures(_Words(found[1])))) if found else []
    if found and rest:
        text.take(rf"\b(?:by|per|par) {found[1]}\b")
    return tuple(rest)


def _without(text: _Words) -> tuple[str, ...]:
    found = text.take(said.WITHOUT)
    return tuple(names_in(found["what"])) if found else ()


def _without_measures(text: _Words) -> _Words:
    left = _Words(text.left)
    for _name, shape in said.MEASURES:
        while left.take(shape):
            pass
    return left


def _idle(text: _Words) -> str:
    """What is left of the words when all that asks is taken away."""
    for shape in (BEST, said.MOST, said.LEAST, said.GROWS, said.FALLS, said.HAVE):
        while text.take(shape):
            pass
    words = re.findall(r"[a-z0-9œæß]+", text.left)
    return " ".join(word for word in words if word not in IDLE)


def _of_all_days(text: _Words, measure: str, cut: str, ranked: bool) -> bool:
    """Whether all days are meant where none are named: the best month, how many customers."""
    if cut in ("month", "week", "day") and ranked:
        return True
    return measure in ("customers", "largest-order") and text.has(said.HAVE)


def _countable() -> str:
    return "|".join(said.CUTS[cut] for cut in ("country", "region", "source", "category", "product",
                                               "code"))  # fmt: skip


def _named_cut(words: str) -> str:
    return next((cut for cut, shape in said.CUTS.items() if re.fullmatch(shape, words)), "product")


def _number(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    many = found[1] or found[2]
    return said.NUMBERS.get(many) or int(many)


def _per(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    unit = found["unit"] or found["unit2"] or found["unit3"] or found["unit4"]
    return said.PER_UNIT.get(unit, unit)
