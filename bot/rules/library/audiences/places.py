"""Countries that words name, as the orders write them."""

import re

import ibis.expr.types as ir

from bot.data.analyses.audience_proposals.rule_names import list_places
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import list_country_names


def countries_in(low: str, lines: ir.Table, shelf: Warehouse) -> tuple[tuple[str, ...], str]:
    """The countries that folded words name, as the orders write them, and the words with blanks in
    their place. A country is known by its code, and by its English and French names."""
    found = []
    for value in list_places(lines, "country", shelf):
        for name in sorted(list_country_names(value), key=len, reverse=True):
            shape = rf"\b{re.escape(name)}\b"
            if re.search(shape, low):
                low = re.sub(shape, lambda its: " " * len(its[0]), low)
                found.append(value)
    return tuple(dict.fromkeys(found)), low
