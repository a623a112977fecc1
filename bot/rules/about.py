"""Whether words speak of what is called so."""

from bot.rules import goods
from bot.text.normalize import tokenize, word_set

IDLE = word_set(  # what every question says, and what names nothing
    "customer customers client clients clientes people buyers shoppers personnes gens order orders "
    "commande commandes review reviews feedback comment comments avis commentaires retours texts "
    "question questions about what with this that they them from month week year itself last days "
    "disent dire pensent quoi cette mois semaine moment leur leurs nous vous summary summarise "
    "resume synthese complain complaints plaintes plaignent asked said saying shop boutique"
)
STEM = 5  # letters by which words of one family are alike


def speaks_of(words: str, name: str) -> bool:
    """Whether words mention what is called so, in whatever form: "sizes" speaks of sizing. What
    every question says ("customers", "reviews") names nothing. Goods and materials are known in
    both languages: "linen" speaks of « Vêtements en lin », "candles" of « Bougies »."""
    return bool(_stems(words) & _stems(name) or goods.concepts(words) & goods.concepts(name))


def _stems(words: str) -> set[str]:
    return {word[:STEM] for word in tokenize(words) if len(word) > 3 and word not in IDLE}
