"""What a rewriting names that neither the facts nor the version by rules name.

"Vegetarians in Lyon respond best" holds no figure and no claim, and yet it is invented.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from bot.evidence import Fact
from bot.fold import bag, fold, words_of
from bot.goods import concepts as goods_in
from bot.proof import subjects
from bot.proof.nouns import everyday, key, nouns
from bot.proof.subjects import Named
from bot.words import Words

STEM = 5  # letters by which words of one family are alike
_VERBATIM = re.compile(r"quote|verbatim|comment|review text|citation|\.rule-code$")
_NUMBERS = re.compile(r"(?<![\w.,])(?:\d{2}|2[AB])(?![\w.,]*\d)")
# What a report may count or advise about, whatever its facts: words of the trade, no subjects.
_TRADE = """
sales orders parcels returns buyers customers shoppers clients visitors visits sessions payments
purchases carts baskets checkouts pages products articles items units pieces prices discounts
reviews messages texts comments complaints quotes ratings stars themes words letters figures
numbers shares rates results tests variants versions campaigns keywords clicks impressions budgets
ads e-mails mails emails regions days weeks months years periods categories segments audiences
groups people others things steps ways signs changes differences effects chances reasons answers
questions decisions promises photos teams colleagues suppliers carriers deliveries delays stocks
sizes colours colors losses gains rises falls drops increases decreases those these this its was
does has plans files rows sources reports trends series totals averages most
shows looks stays remains comes goes sells moves needs makes takes brings gets keeps starts ends
perhaps besides always sometimes towards afterwards nowadays thanks makes lets
ventes commandes colis retours acheteurs acheteuses clients clientes visiteurs visites sessions
paiements achats paniers pages produits articles pieces prix remises avis messages textes
commentaires plaintes notes themes mots lettres chiffres parts taux resultats tests variantes
versions campagnes mots-cles clics affichages budgets publicites mails courriels regions
departements jours semaines mois annees periodes categories segments audiences cibles groupes
personnes gens autres choses etapes moyens signes changements ecarts effets chances raisons
reponses questions decisions promesses photos equipes collegues fournisseurs transporteurs
livraisons retards stocks tailles couleurs pertes gains hausses baisses ceux celles plans fichiers
lignes sources rapports tendances series totaux moyennes moins plus sans dans apres vers toujours
parfois ensuite alors mais depuis tous toutes certains certaines plusieurs quelques dites faites
montrez meilleurs meilleures premiers premieres derniers dernieres nouveautes conseils ruptures
motifs trois deux delais frais montants depenses recettes revenus participants votes emails
"""
TRADE = frozenset(word[:STEM] for word in bag(fold(_TRADE)))
TRADE_KEYS = frozenset(key(word) for word in bag(fold(_TRADE)))


class Vocabulary:
    """What may be named: all that the facts say, and the version put together by rules. What a
    customer wrote is a quotation and names nobody; what was said in a conversation is its matter.
    """

    def __init__(self, facts: Iterable[Fact], by_rules: Iterable[str], *, language: str):
        self.facts = [fact for fact in facts if fact.stated_by is None]
        self.by_rules, self.language = tuple(by_rules), language

    @cached_property
    def text(self) -> str:
        return "\n".join([*self.by_rules, *self._said()])

    @cached_property
    def folded(self) -> str:
        return fold(self.text).replace("-", " ")

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(word[:STEM] for word in words_of(self.text))

    @cached_property
    def letters(self) -> frozenset[str]:
        """Single capitals: the variants of a test."""
        return frozenset(re.findall(r"(?<!\w)[A-Z](?!\w)", self.text))

    @cached_property
    def concepts(self) -> frozenset[str]:
        numbers = {n for fact in self.facts for n in _NUMBERS.findall(fact.about)}
        near = {name for name, inside in subjects.quarters().items() if numbers & inside}
        return subjects.concepts(self.text) | near

    def knows(self, named: Named) -> bool:
        """Whether this is named there too, in either language."""
        if named.concept in subjects.orders():
            return named.concept in self._ours
        if named.concept is not None:
            same = named.concept in self.concepts or self._says(named.text)
            return same or bool(goods_in(named.text) & goods_in(self.text))
        if len(named.text) == 1:
            return named.text in self.letters
        words = words_of(named.text)
        return self._says(named.text) or all(
            word[:STEM] in self.stems or (word[:STEM] in TRADE and len(words) > 1) or len(word) < 3
            for word in words
        )

    @cached_property
    def ours(self) -> str:
        """What the version by rules says itself, folded, whatever things are called in it."""
        text = fold("\n".join(self.by_rules))
        names = {name for fact in self.facts for name in _names(fact)}
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(fold(name), " ") if len(name) > 3 else text
        return text

    @cached_property
    def _ours(self) -> frozenset[str]:
        return subjects.concepts(self.ours)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(key(word) for word in words_of(self.text.replace("-", " ")))

    def has(self, noun: Named) -> bool:
        """Whether this very word is there, whatever its ending; or its concept, by another word."""
        words = re.split(r"[\W_]+", fold(noun.text))
        if all(key(word) in self.keys | TRADE_KEYS for word in words if word):
            return True
        concepts = subjects.concepts(noun.text)
        return self._says(noun.text) or bool(concepts and concepts <= self.concepts)

    def _says(self, name: str) -> bool:
        return fold(name).replace("-", " ").strip(" .,!?") in self.folded

    def _said(self) -> Iterator[str]:
        for fact in self.facts:
            yield from (fact.id.replace("-", " ").replace(".", " "), fact.about, fact.label)
            yield from (Words(text).to(self.language) for text in fact.about.split(", "))
            said = fact.id.startswith("thread.") or not _VERBATIM.search(f"{fact.label} {fact.id}")
            if said:
                yield fact.spelled(self.language)


def strangers(text: str, known: Vocabulary) -> Iterator[Named]:
    """Each thing named that is not known, once, in the order of the text."""
    listed = [one for one in subjects.listed(text) if one.concept and known.knows(one)]
    found: dict[str, Named] = {}
    strange = [one for one in nouns(text, known.language) if not known.has(one)]
    every = [*subjects.read(text, known.language), *strange]
    for named in sorted(every, key=lambda one: (one.start, -one.end)):
        told = (*found.values(), *listed)
        inside = any(one.start <= named.start and named.end <= one.end for one in told)
        new = named in strange or not (_is_trade(named) or known.knows(named))
        if new and not inside:
            found.setdefault(fold(named.text), named)
    yield from found.values()


def _names(fact: Fact) -> Iterator[str]:
    """What a fact is about, each later part of it ("runs small, Alba shirt"), and what it says."""
    pieces = fact.about.split(", ")
    yield from (", ".join(pieces[n:]) for n in range(len(pieces)))
    yield str(fact.value)
    yield fact.source


def _is_trade(named: Named) -> bool:
    low = fold(named.text)
    known = low[:STEM] in TRADE or key(low) in everyday()
    return named.concept is None and known and named.text[1:].islower()
