"""Countries and regions in a rule as a person typed them, and as the orders write them."""

import re

import ibis.expr.types as ir
from ibis import _

from bot.audience import Rule
from bot.fold import fold, squeeze
from bot.library.read import rows_of
from bot.library.shelf import Shelf
from bot.words import Words

SOME = 5  # places said, those most people ordered to
WRITTEN = {
    "countries": Words("Nobody ordered to the country {place}. Your orders write countries so: "
                       "{some}."),
    "regions": Words("Nobody ordered to the region {place}. Your orders write regions so: {some}."),
}  # fmt: skip
UNTOLD = {
    "countries": Words("Your orders don't say to which country they went: leave the country out."),
    "regions": Words("Your orders don't say to which region they went: leave the region out."),
}


def placed(rule: Rule, lines: ir.Table, shelf: Shelf) -> tuple[Rule, list[Words]]:
    """The rule with the orders' spelling of places, and what there is to say of those to which no
    order went. `lines` as bought.lines gives them."""
    said: list[Words] = []
    changed: dict[str, tuple[str, ...]] = {}
    for field, column in (("countries", "country"), ("regions", "region")):
        if typed := getattr(rule, field):
            known = {_same(name): name for name in reversed(_known(lines, column, shelf))}
            found = [known[_same(one)] for one in typed if _same(one) in known]
            changed[field] = tuple(dict.fromkeys(found))
            some = ", ".join(list(reversed(known.values()))[:SOME])
            missing = [one for one in typed if _same(one) not in known]
            if missing and not known:
                said.append(UNTOLD[field])
            elif missing:
                text = WRITTEN[field].text
                said += [Words(text, place=one, some=some) for one in missing]
    return rule.model_copy(update=changed), said


def _known(lines: ir.Table, column: str, shelf: Shelf) -> list[str]:
    """What the column says at all, what most customers have first."""
    counted = (
        lines.filter(lines[column].notnull())
        .group_by(place=lines[column])
        .aggregate(people=_.customer.nunique())
    )
    rows = sorted(rows_of(shelf, counted), key=lambda row: (-row["people"], row["place"]))
    return [str(row["place"]) for row in rows if str(row["place"]).strip()]


def _same(name: str) -> str:
    return fold(squeeze(name))


def countries_in(low: str, lines: ir.Table, shelf: Shelf) -> tuple[tuple[str, ...], str]:
    """The countries that folded words name, as the orders write them, and the words without them.
    A country is known by its code, and by its English and French names."""
    found = []
    for value in _known(lines, "country", shelf):
        for name in sorted(_called(value), key=len, reverse=True):
            if re.search(rf"\b{re.escape(name)}\b", low):
                low = re.sub(rf"\b{re.escape(name)}\b", " ", low)
                found.append(value)
    return tuple(dict.fromkeys(found)), low


def _called(value: str) -> set[str]:
    """Folded names of the country that the orders write so; a code is no word of a sentence."""
    from babel import Locale

    tongues = [Locale(language).territories for language in ("en", "fr")]
    same = {code for told in tongues for code, name in told.items() if _same(name) == _same(value)}
    codes = {value.upper(), *same}
    names = {_same(told[code]) for told in tongues for code in codes if code in told}
    return names | ({_same(value)} if len(value) > len("XX") else set())
