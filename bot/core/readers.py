"""In which countries the readers of a text are, and what of the brand does not hold there."""

import re
from collections.abc import Sequence
from datetime import date

from bot.config.brand import Brand
from bot.core.audience_rule import AudienceRule
from bot.core.channels import list_sender_channels
from bot.core.request import Brief, SkillRequest
from bot.i18n.countries import find_countries, parse_country_code
from bot.i18n.languages import get_language


def list_reader_countries(brief: Brief) -> tuple[str, ...]:
    """Return the codes of the countries that the audience names. A market has its own values, so
    for it there are none."""
    if brief.market:
        return ()
    rule = AudienceRule.model_validate_json(brief.rule) if brief.rule else AudienceRule()
    counted = [code for one in rule.countries if (code := parse_country_code(one))]
    return tuple(dict.fromkeys((*counted, *find_countries(brief.audience or ""))))


def list_foreign_opt_outs(request: SkillRequest, brand: Brand) -> tuple[str, ...]:
    """Return how an SMS of the brand is stopped by a number, where all its readers are abroad: the
    number is not theirs."""
    countries = list_reader_countries(request.brief)
    found = find_opt_outs_abroad(request, brand)
    return tuple(text for text, abroad in found.items() if abroad == countries)


def find_opt_outs_abroad(request: SkillRequest, brand: Brand) -> dict[str, tuple[str, ...]]:
    """Return the mentions with a number that an SMS to these readers has and that is foreign to
    some of them, each with the countries where it is. A number is at home where the law of its
    mention's language holds, or that of the brand's first one."""
    senders, found = list_sender_channels(), dict[str, tuple[str, ...]]()
    for one in brand.list_mentions(request.language, request.channel):
        if one.channels and senders.issuperset(one.channels) and re.search(r"\d", one.text):
            home = get_language(one.language or brand.languages[0]).law
            countries = list_reader_countries(request.brief)
            if abroad := tuple(country for country in countries if country not in home):
                found[one.text] = abroad
    return found


def list_currencies(countries: Sequence[str], day: date) -> frozenset[str]:
    """Return what people pay in there."""
    from babel.numbers import get_territory_currencies

    return frozenset(
        currency
        for country in countries
        for currency in get_territory_currencies(country, start_date=day)
    )
