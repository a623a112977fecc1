"""What the subjects of what was sold are called, and which of them are asked about."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from bot.i18n import countries
from bot.i18n.calendar_names import list_weekday_names
from bot.i18n.messages import Language, Words
from bot.rules.telling.sold.sale import Sale
from bot.rules.telling.told import AGE, CANNOT, Teller, Told

WHOLE, EVERYTHING = "all", "whole"
OTHERS = (WHOLE, EVERYTHING, CANNOT, AGE)
FEW, TOGETHER = "few", "others-"  # too few people; groups of too few people, told together
# what is of the question, not of the sales
BESIDE = ("only-", "but-", "read-", "unknown", "times-", FEW, TOGETHER)
DATED = ("month", "week", "day", "weekday", "hour", "weekend")
SHOWN = 3  # products of one name that are told
ONLY = {  # what a question says besides names
    ("first", "first"): Words("first orders"),
    ("first", "again"): Words("orders of customers who had ordered before"),
    ("weekend", "weekend"): Words("on Saturdays and Sundays"),
    ("weekend", "in-the-week"): Words("from Monday to Friday"),
    ("late", "late"): Words("orders that came late"),
    ("code", ""): Words("with a code"),
}
OURS = {  # values that are ours
    "first": Words("first orders"),
    "again": Words("orders of customers who had ordered before"),
    "weekend": Words("Saturday or Sunday"),
    "in-the-week": Words("Monday to Friday"),
}


def subjects(every: Mapping[str, Told], sale: Sale) -> list[Told]:
    """The values of the cut that is asked for."""
    return [one for key, one in every.items()
            if key not in OTHERS and not key.startswith(BESIDE)
            and cut_of(one) == sale.cut]  # fmt: skip


def too_few(every: Mapping[str, Told]) -> bool:
    """Whether nothing is told because it would be of too few people."""
    return bool(FEW in every and every[FEW].get("under"))


def cut_of(one: Told) -> str:
    return one.key.split("-")[0]


def called(one: Told, language: Language, *, year: bool = False) -> str:
    """A subject as people of that language say it: "October", « lundi », "Germany"."""
    return named(cut_of(one), one.about, language, year=year) or one.named(language)


def named(cut: str, about: str, language: Language, *, year: bool = False) -> str:
    """A value of a cut, by its name; nothing where it is its own name."""
    from babel.dates import format_date

    if cut == "month":
        first = date(int(about[:4]), int(about[5:]), 1)
        return str(format_date(first, "MMMM y" if year else "MMMM", locale=language))
    if cut in ("day", "week"):
        day = str(format_date(date.fromisoformat(about), "d MMMM y", locale=language))
        return Words("week of {day}", day=day).to(language) if cut == "week" else day
    if cut == "country":
        return countries.translate_country(about, language)
    said = OURS.get(about)
    return said.to(language) if said else ""


def capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def meant(teller: Teller, sale: Sale, every: Mapping[str, Told]) -> list[str]:
    """Which orders alone are meant, each part as people say it; none for all of them."""
    parts = [_places(teller, by, some, but)
             for but in (False, True) for by, some in _grouped(every, but).items()]  # fmt: skip
    parts += list(_more(teller, sale, every))
    return parts


def _grouped(every: Mapping[str, Told], but: bool) -> dict[str, list[Told]]:
    grouped: dict[str, list[Told]] = {}
    for key, one in every.items():
        if key.startswith("but-" if but else "only-"):
            grouped.setdefault(one.about, []).append(one)
    return grouped


def _places(teller: Teller, by: str, some: Sequence[Told], but: bool) -> str:
    names = [_value(teller, by, one) for one in some]
    shown = ", ".join(names[:SHOWN] if len(names) > SHOWN + 1 else names)
    if len(names) > SHOWN + 1:
        shown = teller.say(Words("{few} and others", few=shown))
    return teller.say(Words("without {names}", names=shown)) if but else shown


def _value(teller: Teller, by: str, one: Told) -> str:
    teller.value(one.get("name"))
    said = one.word("name")
    if by == "code":
        return teller.say(Words("code {code}", code=said))
    return named(by, said, teller.language) or Words(said).to(teller.language)


def _more(teller: Teller, sale: Sale, every: Mapping[str, Told]) -> Iterator[str]:
    whole = every.get(WHOLE)
    for one in sale.tally.only:
        value = one.values[0] if one.values else ""
        if one.by == "weekday":
            yield list_weekday_names(teller.language)[int(value)]
        elif one.but:
            yield teller.say(Words("without a code"))
        else:
            yield teller.say(ONLY[one.by, value])
    if whole is None:
        return
    least, most = (teller.of(whole, f"pieces-{end}") for end in ("from", "to"))
    if least and most and least != most:
        yield teller.say(Words("orders of {least} to {most}", least=least, most=most))
    elif least and most:
        yield teller.say(Words("orders of {n}", n=least))
    elif least:
        yield teller.say(Words("orders of {n} or more", n=least))
    elif most:
        yield teller.say(Words("orders of {n} at most", n=most))
    over, under = (_amount(teller, whole, end) for end in ("over", "under"))
    if over and under:
        yield teller.say(Words("orders from {over} to {under}", over=over, under=under))
    elif over:
        words = (
            Words("orders of {over} or more") if sale.tally.ends else Words("orders over {over}")
        )
        yield teller.say(Words(words.text, over=over))
    elif under:
        words = (
            Words("orders of {under} or less") if sale.tally.ends else Words("orders under {under}")
        )
        yield teller.say(Words(words.text, under=under))


def _amount(teller: Teller, whole: Told, end: str) -> str:
    """As it was asked: "€100", and no cents where there are none."""
    teller.of(whole, end)
    fact = whole.get(end)
    return fact.spelled(teller.language, 0 if whole.number(end) % 1 == 0 else None) if fact else ""


def ranked(sale: Sale, some: Sequence[Told]) -> list[Told]:
    """With the figure that is asked for; the highest first, the lowest where they are meant, what
    grew or fell most; by when it was where nothing is to be ranked."""
    measure = f"{sale.measure}-change" if sale.grows else sale.measure
    known = [one for one in some if one.get(measure)]
    dated = sale.cut in DATED
    if dated and not (sale.best or sale.least or sale.grows):
        return known
    down = (sale.least and not sale.best) or sale.grows < 0
    return sorted(known, key=lambda one: one.number(measure) * (1 if down else -1))
