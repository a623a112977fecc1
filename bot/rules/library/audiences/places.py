"""Countries and regions in a rule as a person typed them, and as the orders write them."""

import re

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import list_country_names, parse_country_code
from bot.i18n.countries import normalize_name as _same
from bot.i18n.messages import Words

SOME = 5  # places said, those most people ordered to
WRITTEN = {
    "countries": Words("Nobody ordered to the country {place}. Your orders write countries so: "
                       "{some}."),
    "regions": Words("Nobody ordered to the region {place}. Your orders write regions so: {some}."),
}  # fmt: skip
IN_A_COUNTRY = re.compile(  # what is meant to be a place: "in Japan", « aux Pays-Bas »
    r"\b(?:in|to|from|en|au|aux|à|vers|du|des) (?:the |la |le |l['’])?"
    r"([A-ZÀ-Ý][\w'’-]+(?:[ -](?:of |de |du |des |et |and )?[A-ZÀ-Ý][\w'’-]+)*)"
)
UNTOLD = {
    "countries": Words("Your orders don't say to which country they went: leave the country out."),
    "regions": Words("Your orders don't say to which region they went: leave the region out."),
}


def placed(
    rule: AudienceRule, lines: ir.Table, shelf: Warehouse
) -> tuple[AudienceRule, list[Words]]:
    """The rule with the orders' spelling of places, and what there is to say of those to which no
    order went. `lines` as bought.lines gives them."""
    said: list[Words] = []
    changed: dict[str, tuple[str, ...]] = {}
    for field, column in (("countries", "country"), ("regions", "region")):
        if typed := getattr(rule, field):
            every = _known(lines, column, shelf)
            known = {_same(name): name for name in reversed(every)}
            if field == "countries":
                known |= {
                    name: value for value in reversed(every) for name in list_country_names(value)
                }
            found = [known[_same(one)] for one in typed if _same(one) in known]
            changed[field] = tuple(dict.fromkeys(found))
            some = ", ".join(every[:SOME])
            missing = [one for one in typed if _same(one) not in known]
            if missing and not known:
                said.append(UNTOLD[field])
            elif missing:
                text = WRITTEN[field].text
                said += [Words(text, place=one, some=some) for one in missing]
    return rule.model_copy(update=changed), said


def _known(lines: ir.Table, column: str, shelf: Warehouse) -> list[str]:
    """What the column says at all, what most customers have first."""
    counted = (
        lines.filter(lines[column].notnull())
        .group_by(place=lines[column])
        .aggregate(people=_.customer.nunique())
    )
    rows = sorted(fetch_rows(shelf, counted), key=lambda row: (-row["people"], row["place"]))
    return [str(row["place"]) for row in rows if str(row["place"]).strip()]


def countries_in(low: str, lines: ir.Table, shelf: Warehouse) -> tuple[tuple[str, ...], str]:
    """The countries that folded words name, as the orders write them, and the words with blanks in
    their place. A country is known by its code, and by its English and French names."""
    found = []
    for value in _known(lines, "country", shelf):
        for name in sorted(list_country_names(value), key=len, reverse=True):
            shape = rf"\b{re.escape(name)}\b"
            if re.search(shape, low):
                low = re.sub(shape, lambda its: " " * len(its[0]), low)
                found.append(value)
    return tuple(dict.fromkeys(found)), low


def without_places(words: str, low: str) -> str:
    """Words without what `countries_in` took out of them: a place names no goods."""
    return "".join(
        " " if blank == " " else letter for letter, blank in zip(words, low, strict=True)
    )


def strange_in(words: str, lines: ir.Table, shelf: Warehouse) -> list[Words]:
    """What there is to say of a country that is named, and to which nobody ordered: "in Japan"."""
    found = IN_A_COUNTRY.finditer(words)
    codes = {match[1]: parse_country_code(match[1]) for match in found}
    known = _known(lines, "country", shelf)
    if not known and any(codes.values()):
        return [UNTOLD["countries"]]
    ours = {parse_country_code(value) for value in known}
    some = ", ".join(known[:SOME])
    return [Words(WRITTEN["countries"].text, place=name, some=some)
            for name, code in codes.items() if code and code not in ours]  # fmt: skip
