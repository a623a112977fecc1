"""Products and categories in a rule as a person typed them, and as the shop calls them."""

from collections.abc import Sequence
from difflib import get_close_matches

from bot.core.audience_rule import AudienceRule
from bot.data.analyses.products import PurchasedProducts, is_in_product_name
from bot.text.normalize import collapse_spaces, normalize_text

LIKE = 0.6  # of 1: how much alike two names must be for a slip of the pen


def resolved(rule: AudienceRule, goods: PurchasedProducts) -> tuple[AudienceRule, list[str]]:
    """The rule with keys for titles, the shop's spelling of categories, and words that names of
    several products say; and what nothing in the orders is called."""
    unknown: list[str] = []
    changed: dict[str, object] = {}
    for products, categories in (
        ("bought", "bought_categories"),
        ("not_bought", "not_bought_categories"),
    ):
        keys, names = _sorted(
            [*getattr(rule, products), *getattr(rule, categories)], goods, unknown
        )
        changed |= {products: keys, categories: names}
    said = [one for one in unknown if one in rule.bought and is_in_product_name(one, goods)]
    changed["bought_named"] = tuple(dict.fromkeys([*rule.bought_named, *said]))
    return rule.model_copy(update=changed), [one for one in unknown if one not in said]


def _sorted(
    typed: Sequence[str], goods: PurchasedProducts, unknown: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was typed as products' keys and as categories."""
    titles = {_same(title): key for key, title in goods.titles.items()}
    names = {_same(name): name for name in goods.names}
    keys, categories = [], []
    for one in typed:
        if one in goods.titles:
            keys.append(one)
        elif _same(one) in names:
            categories.append(names[_same(one)])
        elif _same(one) in titles:
            keys.append(titles[_same(one)])
        elif found := _within(_same(one), titles):
            keys.append(found)
        else:
            unknown.append(one)
    return tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(categories))


def _within(typed: str, titles: dict[str, str]) -> str | None:
    """The one product whose title has all that was typed in it."""
    found = [key for title, key in titles.items() if typed and typed in title]
    return found[0] if len(found) == 1 else None


def _same(name: str) -> str:
    return normalize_text(collapse_spaces(name))


def nearest(typed: str, goods: PurchasedProducts) -> str | None:
    """The category or product whose name is most like what was typed; None when none is."""
    known = {_same(name): name for name in (*goods.titles.values(), *goods.names)}
    near = get_close_matches(_same(typed), known, n=1, cutoff=LIKE)
    return known[near[0]] if near else None
