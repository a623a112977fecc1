"""The rules of audiences: which ones to propose for a product and a goal, and from how a person
typed products, categories and places to how the shop's rows write them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import ibis.expr.types as ir
from ibis import _

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.products import PurchasedProducts, Subject, is_in_product_name
from bot.data.warehouse.query import fetch_rows
from bot.data.warehouse.warehouse import Warehouse
from bot.i18n.countries import list_country_names
from bot.i18n.countries import normalize_name as normalize_place
from bot.i18n.messages import Words
from bot.text.normalize import collapse_spaces, normalize_text

DEFAULT_PROPOSALS = ("buyers", "alike", "loyal", "drifting", "newcomers")
PROPOSALS_BY_GOAL: Mapping[str, Sequence[str]] = {
    "win back": ("drifting", "lapsed"),
    "second order": ("newcomers", "loyal"),
    "reward": ("loyal", "buyers", "newcomers"),
}
MAX_PROPOSALS = 3  # without the niche
MAX_DAYS_SINCE_PURCHASE = 365  # older purchases say little about today's needs


@dataclass(frozen=True)
class Proposal:
    """One proposed audience. `id` is the subject of its facts and its key in AUDIENCE_NAMES."""

    id: str
    rule: AudienceRule


def list_proposals(
    subject: Subject, goal: str | None, niche: Sequence[str], countries: tuple[str, ...] = ()
) -> list[Proposal]:
    """Return at most three proposals that fit the request, plus the niche when there is one. All
    are limited to `countries`; everybody in these countries comes first."""
    known = {candidate.id: candidate for candidate in _iter_candidates(subject, goal)}
    order = PROPOSALS_BY_GOAL.get(goal or "", DEFAULT_PROPOSALS)
    proposals = [known[name] for name in order if name in known]
    if countries:
        proposals.insert(0, Proposal("there", AudienceRule()))
    proposals = proposals[:MAX_PROPOSALS]
    if niche:
        proposals.append(Proposal("niche", AudienceRule(bought=tuple(niche), bought_at_least=2)))
    return [
        Proposal(candidate.id, candidate.rule.model_copy(update={"countries": countries}))
        for candidate in proposals
    ]


def _iter_candidates(subject: Subject, goal: str | None) -> Iterator[Proposal]:
    its = {
        "bought": (subject.product,) if subject.product else (),
        "bought_categories": (subject.category,) if subject.category else (),
    }
    if subject.name:
        yield Proposal(
            "buyers", AudienceRule.model_validate({**its, "bought_within": MAX_DAYS_SINCE_PURCHASE})
        )
        like = AudienceRule(like_product=subject.product, like_category=subject.category)
        yield Proposal("alike", like)
    yield Proposal("loyal", AudienceRule(segments=("champions", "loyal")))
    only = its if goal == "win back" and subject.name else {}
    segments = ("at-risk", "drifting-away")
    yield Proposal("drifting", AudienceRule.model_validate({**only, "segments": segments}))
    yield Proposal("lapsed", AudienceRule.model_validate({**only, "segments": ("lapsed",)}))
    yield Proposal("newcomers", AudienceRule(segments=("new",)))


# The products, categories and places of a rule: from how a person typed them to how the shop's
# rows write them.

MIN_SIMILARITY = 0.6  # of 1: how much alike two names must be for a typing error
MAX_PLACES = 5  # named when a place is not known, those most people ordered to
UNKNOWN_PLACE = {
    "countries": Words(
        "Nobody ordered to the country {place}. Your orders write countries so: {some}."
    ),
    "regions": Words("Nobody ordered to the region {place}. Your orders write regions so: {some}."),
}
NO_PLACES = {
    "countries": Words("Your orders don't say to which country they went: leave the country out."),
    "regions": Words("Your orders don't say to which region they went: leave the region out."),
}


def resolve_products(
    rule: AudienceRule, goods: PurchasedProducts
) -> tuple[AudienceRule, list[str]]:
    """Return the rule with keys for titles and the shop's spelling of categories; a word that the
    names of several products say stays a word. Also return what nothing in the orders is called."""
    unknown: list[str] = []
    changed: dict[str, object] = {}
    for products, categories in (
        ("bought", "bought_categories"),
        ("not_bought", "not_bought_categories"),
    ):
        typed = [*getattr(rule, products), *getattr(rule, categories)]
        changed[products], changed[categories] = _sort_names(typed, goods, unknown)
    words = [one for one in unknown if one in rule.bought and is_in_product_name(one, goods)]
    changed["bought_named"] = tuple(dict.fromkeys([*rule.bought_named, *words]))
    return rule.model_copy(update=changed), [one for one in unknown if one not in words]


def _sort_names(
    typed: Sequence[str], goods: PurchasedProducts, unknown: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was typed as products' keys and as categories, and add the rest to `unknown`."""
    titles = {_normalize(title): key for key, title in goods.titles.items()}
    names = {_normalize(name): name for name in goods.names}
    keys, categories = [], []
    for one in typed:
        name = _normalize(one)
        containing = [key for title, key in titles.items() if name and name in title]
        if one in goods.titles:
            keys.append(one)
        elif name in names:
            categories.append(names[name])
        elif name in titles:
            keys.append(titles[name])
        elif len(containing) == 1:
            keys += containing
        else:
            unknown.append(one)
    return tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(categories))


def _normalize(name: str) -> str:
    return normalize_text(collapse_spaces(name))


def find_similar_name(typed: str, goods: PurchasedProducts) -> str | None:
    """Return the category or product whose name is most like what was typed; None for none."""
    known = {_normalize(name): name for name in (*goods.titles.values(), *goods.names)}
    similar = get_close_matches(_normalize(typed), known, n=1, cutoff=MIN_SIMILARITY)
    return known[similar[0]] if similar else None


def resolve_places(
    rule: AudienceRule, lines: ir.Table, warehouse: Warehouse
) -> tuple[AudienceRule, list[Words]]:
    """Return the rule with the orders' spelling of places, and messages on those to which no order
    went. A country is known by its code, and by its English and French names."""
    messages: list[Words] = []
    changed: dict[str, tuple[str, ...]] = {}
    for field, column in (("countries", "country"), ("regions", "region")):
        if not (typed := getattr(rule, field)):
            continue
        every = list_places(lines, column, warehouse)
        known = {normalize_place(name): name for name in reversed(every)}
        if field == "countries":
            known |= {
                name: value for value in reversed(every) for name in list_country_names(value)
            }
        found = [known[normalize_place(one)] for one in typed if normalize_place(one) in known]
        changed[field] = tuple(dict.fromkeys(found))
        missing = [one for one in typed if normalize_place(one) not in known]
        if missing and not known:
            messages.append(NO_PLACES[field])
        elif missing:
            text, some = UNKNOWN_PLACE[field].text, ", ".join(every[:MAX_PLACES])
            messages += [Words(text, place=one, some=some) for one in missing]
    return rule.model_copy(update=changed), messages


def list_places(lines: ir.Table, column: str, warehouse: Warehouse) -> list[str]:
    """Return the values of the column, those of most customers first."""
    counted = (
        lines.filter(lines[column].notnull())
        .group_by(place=lines[column])
        .aggregate(people=_.customer.nunique())
    )
    rows = sorted(fetch_rows(warehouse, counted), key=lambda row: (-row["people"], row["place"]))
    return [str(row["place"]) for row in rows if str(row["place"]).strip()]
