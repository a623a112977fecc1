"""What a question about audiences is about: a product, a category, or some products by their names.

Words and names may be in different languages: "linen" finds « Vêtements en lin ». Both are read as
the goods and the materials that they name; what is left is compared word by word.
"""

import re
from collections.abc import Sequence

from bot.data.analyses.products import PurchasedProducts, Subject, list_matching_titles
from bot.rules.about import IDLE, speaks_of
from bot.rules.goods import concepts, named_in
from bot.text.normalize import normalize_text, word_set

WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
FEASTS = re.compile(r"\b(?:christmas|easter|halloween|valentine|noël|pâques)")
ASIDE = word_set(  # what every such question says
    "target targets targeting audience audiences whom should segment segments launch launches "
    "relaunch campaign campaigns collection newsletter email emails mail sale sales offer new "
    "cible cibler ciblage cibles lancement lancer campagne campagnes offre nouvelle nouveau "
    "nouvelles nouveaux vente ventes soldes promotion write send reach ecrire envoyer toucher "
    "niche groupe group with into from than then pour avec dans chez sans entre vers notre votre "
    "leur leurs cette quelle quels quelles comment faire plus tres tout tous toute toutes "
    "proposer presenter offrir parler suggest find choose choisir trouver month mois which"
)


def subject_of(words: str, product: str | None, goods: PurchasedProducts) -> Subject:
    """The product that is known already, else what the words name; a category before products."""
    if product is not None and product in goods.titles:
        return Subject(goods.titles[product], product=product)
    said = [word for word in WORD.finditer(words) if normalize_text(word[0]) not in ASIDE | IDLE]
    if not said:
        return Subject()
    asked = " ".join(word[0] for word in said)
    wanted = concepts(asked)
    best = [(len(concepts(name) & wanted), name) for name in goods.names]
    if best and (top := max(best, key=lambda one: one[0]))[0]:
        return Subject(top[1], category=top[1])
    if near := [name for name in goods.names if speaks_of(asked, name)]:
        return Subject(near[0], category=near[0])
    return _by_title(words, said, goods)


def _by_title(words: str, said: Sequence[re.Match[str]], goods: PurchasedProducts) -> Subject:
    """The products whose titles name most of what was asked: "christmas lights" are those that are
    both. They are called as they were asked for."""
    wanted = named_in(" ".join(word[0] for word in said))
    found = list_matching_titles(wanted, goods)
    if not found:
        return Subject()
    if len(found) == 1:
        return Subject(goods.titles[found[0]], product=found[0])
    common = frozenset().union(*(named_in(goods.titles[key]) & wanted for key in found))
    own = [word for word in said if named_in(word[0]) & common]
    name = words[own[0].start() : own[-1].end()] if own else goods.titles[found[0]]
    name = FEASTS.sub(lambda feast: feast[0].capitalize(), name)
    return Subject(name, products=tuple(found))
