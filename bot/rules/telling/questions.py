"""What the team's own data can be asked: which words ask for which figure, and how it is said.

One `Topic` a figure. Its pattern reads folded words (no accents, no case); what the pattern leaves
of a question, and whatever its groups catch, must be the name of something that is known, or the
question is not answered.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache, cached_property

from bot.i18n.messages import Words
from bot.rules.telling.told import Told
from bot.text.normalize import normalize_text, tokenize, word_set

# Words that ask, and name nothing.
IDLE = word_set(
    "how many much what which who whose when where why is are was were do does did have has "
    "had can could will would the a an of in on at by for from with to per and or our we us "
    "my you your i me it its there this that these those their they them all any some please "
    "tell show give know get got so far now today currently right much often about than more "
    "less each every been be not overall total altogether whole time days day week month year "
    "last past ago since made make number figure rate share percentage amount value level "
    "going doing up down went go happened combien quel quelle quels quelles qui que quoi "
    "quand ou pourquoi est sont etait ete etaient y avons avez ai a t il elle on nous vous je "
    "tu ils elles le la les l un une des de du d en dans sur pour par avec au aux et notre "
    "nos votre vos mon ma mes son sa ses leur leurs ce cet cette ces se qu c s n ne pas plus "
    "moins tres bien tout tous toute toutes actuellement aujourd hui maintenant jusqu ici svp "
    "stp dis dites moi donne donnez montre savoir fait font faire nombre taux part "
    "pourcentage montant chiffre niveau total jours jour semaine mois an annee dernier "
    "derniere derniers dernieres passe passee depuis celui celle ont eu avoir etes suis va "
    "vont est evolue evoluent evolution baisse baissent hausse augmente augmentent monte "
    "montent diminue diminuent increase increased increasing decrease decreased rising "
    "falling dropping drop dropped drops fall fell rise rose change changed work works "
    "working perform performs performed performing perform arrive arrives arrived arrivent arrivee "
    "did does marche marchent fonctionne fonctionnent bring brings rapporte "
    "rapportent vaut worth moyen moyenne average mean client clients cliente clientes "
    "customer customers people gens personnes buyers acheteurs shop boutique site currently "
    "true vrai exact right correct whats hows "
    "produit produits product products article articles item items keyword "
    "segment segments groupe group groups category categorie region regions departement appareil "
    "device "
)
STEM = 5  # letters by which words of one family are alike
BEST = re.compile(
    r"\b(?:best|most|top|highest|biggest|largest|meilleure?s?|le plus|la plus|mieux|premiere?s?)\b"
)
WORST = re.compile(
    r"\b(?:worst|least|lowest|cheapest|most expensive|dearest|pires?|le moins|la moins|les moins"
    r"|plus ch(?:er|ere|ers|eres)|moins ch(?:er|ere|ers|eres))\b"
)
ADVERTISED = re.compile(r"\b(?:ads?|adverts?|advertis\w+|pubs?|publicit\w+|annonces?)\b")
PERIOD = re.compile(
    r"\b(?:(?:in|of|since|during|en|de|depuis|au mois de|mois de|fin|debut) (?:the )?|d')"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|janvier|fevrier|mars|avril"
    r"|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)(?: \d{4})?\b"
    r"|\b(?:last|past|this|next) (?:\d{1,3} )?(?:day|week|month|quarter|year|summer|winter|spring"
    r"|autumn)s?\b|\b(?:cette|la) semaine(?: derniere| passee)?\b|\b(?:ce|le) mois(?:-ci| dernier"
    r"| passe)?\b|\b(?:cette|l') ?annee(?: derniere)?\b|\b(?:yesterday|hier|today|aujourd'hui)\b"
    r"|\b(?:les )?\d{1,3} derniers? (?:jours|mois)\b|\b(?:en|in) (?:19|20)\d\d\b"
)

SUPPOSED = re.compile(r"\d+(?:[.,]\d+)? ?%")  # "is it true that 40 % …"
LAST_WEEK = re.compile(r"\b(?:last|past) week\b|\b(?:la )?semaine (?:derniere|passee)\b")


@dataclass(frozen=True)
class Topic:
    """One figure that can be asked for. `whole` is the subject that stands for everything; a name
    in the question picks another subject that begins with one of `groups` and has `needs`."""

    kind: str
    pattern: str
    needs: tuple[str, ...]  # measures; the first is the figure itself
    says: Words  # of the whole
    file: Words  # what would let a question be answered that can't be
    whole: str = ""
    groups: tuple[str, ...] = ()
    says_of: Words | None = None  # of one subject, called {name}
    each: Words | None = None  # the same in few words, for a list of subjects
    period: bool = False  # whether its facts are of the period asked about
    dated: bool = False  # only when days are asked about
    weekly: bool = False  # its facts are of the last whole week
    figure: Words | None = None  # what it is called in a table
    cuts: Mapping[str, str] = field(default_factory=dict)  # subjects → the words that cut by them
    # (of advertising alone: the words for it name nothing)
    beside: tuple[str, ...] = ()  # what else a table of it has
    low: bool = False  # the lowest is the best

    @cached_property
    def shape(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def rest(self, words: str) -> str | None:
        """What of folded words this topic does not speak of; None when it is not asked for."""
        if not self.shape.search(words):
            return None
        left = self.shape.sub(_between, PERIOD.sub(" ", words))
        for cut in self.cuts.values():
            left = re.sub(cut, " ", left)
        if self.cuts:
            left = ADVERTISED.sub(" ", WORST.sub(" ", left))
        return BEST.sub(" ", left)

    def cut(self, words: str) -> str | None:
        """The subjects that words ask for one by one: "by campaign"."""
        said = normalize_text(words.replace("’", "'"))
        return next((to for to, shape in self.cuts.items() if re.search(shape, said)), None)


def _between(found: re.Match[str]) -> str:
    """What stands between the words that ask: it may be the name of something."""
    return f" {' '.join(filter(None, found.groups()))} "


def asked(words: str, topics: Sequence[Topic]) -> list[Topic]:
    """The topics that words ask for, the one that explains most of them first."""
    said = normalize_text(words.replace("’", "'"))
    rests = [(topic, topic.rest(said)) for topic in topics]
    found = [(topic, rest) for topic, rest in rests if rest is not None]
    return [topic for topic, _ in sorted(found, key=lambda one: len(names_in(one[1] or "")))]


def respelt(words: str) -> str:
    """Folded words with those of the trade spelt right, where one is nearly one of them."""
    return " ".join(_near(word) for word in tokenize(words))


@cache
def _near(word: str) -> str:
    if len(word) < 5 or word in TRADE or word in IDLE:
        return word
    near = get_close_matches(word, TRADE, n=1, cutoff=0.84)
    return near[0] if near else word


# Words of the trade that questions are asked in; what is nearly one of them is taken for it.
TRADE = sorted(word_set(
    "customers orders sales seller sellers bestseller returns returned parcels visits visitors "
    "reviews basket revenue turnover conversion loyal delivery deliveries complaints campaign "
    "keyword average repeat clients commandes ventes retours renvoyes colis visites visiteurs "
    "panier chiffre affaires conversion fideles livraison livraisons plaintes campagne retard "
    "acheteurs meilleures rachat"
))  # fmt: skip


def names_in(words: str) -> list[str]:
    """The words that must be the name of something."""
    said = tokenize(SUPPOSED.sub(" ", words))
    return [word for word in said if word not in IDLE and len(word) > 1]


def is_named(word: str, name: str) -> bool:
    """Whether a word is of a name, in whatever form."""
    stems = {other[:STEM] for other in tokenize(name)}
    return word[:STEM] in stems or word.rstrip("s")[:STEM] in stems


def names_period(words: str, *, but_last_week: bool = False) -> bool:
    """Whether words name days; with `but_last_week`, other days than those of the last week."""
    said = normalize_text(words.replace("’", "'"))
    return bool(PERIOD.search(LAST_WEEK.sub(" ", said) if but_last_week else said))


def can_mean(topic: Topic, words: str, product: str | None, since: date | None) -> bool:
    """What is dated only for days, and not the last week."""
    return not topic.dated or (since is not None and not LAST_WEEK.search(normalize_text(words)))


def as_typed(rest: Sequence[str], words: str) -> str:
    """These folded words as they stand in the question, with what is between them."""
    low = normalize_text(words)
    found = [match.span() for one in rest if (match := re.search(rf"\b{re.escape(one)}\w*", low))]
    return words[min(found)[0] : max(end for _, end in found)] if found else " ".join(rest)


def covers(one: Told, rest: Sequence[str]) -> bool:
    """Whether every word that is left belongs to its name, in either language."""
    name = f"{one.about} {one.named('en')} {one.named('fr')} {ALSO.get(one.about, '')}"
    return all(is_named(word, name) for word in rest)


ALSO = {  # what people say for it
    "mobile": "phone phones smartphone telephone portable",
    "desktop": "computer ordinateur pc",
    "tablet": "tablette ipad",
}
