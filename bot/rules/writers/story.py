"""Whom a text speaks to, why now, and with what offer: the brief as the offline writer sees it."""

import json
import re
from dataclasses import dataclass, field

from bot.core.audience_rule import AudienceRule
from bot.core.brief import Brief
from bot.core.facts import Evidence
from bot.core.request import SkillRequest
from bot.drafts.occasions import Occasion, load_occasions
from bot.i18n.messages import LANGUAGES, Language
from bot.rules.conditions import conditions
from bot.rules.writers import dates, lexicon, offers
from bot.rules.writers.dates import When
from bot.rules.writers.lexicon import Noun
from bot.rules.writers.offers import Offer

AUDIENCES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            "gift",
            r"gift|present\b|cadeaux?|offrir|à gâter|grand-?(?:parents?|m(?:others?|ères?))"
            r"|grand(?:fathers?|s-parents)",
        ),
        (
            "lapsed",
            r"lapsed|inacti|drifting|s'éloign|haven'?t|hasn'?t|not (?:bought|ordered)|no longer"
            r"|for a while|n'ont (?:pas|plus|rien)|n'a pas|depuis (?!l'été|l'hiver)|ancien|former|"
            r"\bold customers|perdus?|endormi|dormant",
        ),
        (
            "new",
            r"new (?:customer|client|subscriber|buyer|member|visitor|shopper)|newcomer|first.time"
            r"|never (?:bought|ordered)|nouve(?:aux|lles)|prospects?|jamais (?:acheté|commandé)"
            r"|première (?:commande|fois)|just (?:joined|subscribed)|viennent de s'inscrire",
        ),
        (
            "buyers",
            r"\bb(?:ought|uyers)\b|purchased|ordered|owners?\b|acheté|acheteu(?:rs|ses)|commandé"
            r"|ont pris|possèdent",
        ),
        (
            "loyal",
            r"\bvips?\b|loyal|best customers|regulars?|most active|fid[eè]les|meilleure?s client"
            r"|habituée?s|members|membres|top customers",
        ),
        (
            "price",
            r"bargain|price.sensitive|budget|deal|promo|petits? prix|bons? plans?|économ|étudiant"
            r"|students?|soldes|sales? shoppers|first flat|premier appartement",
        ),
        ("parents", r"parents?|mums?|moms?|dads?|mamans?|papas?|famil|children|kids|enfants"),
        (
            "pro",
            r"designers?|decorat|décorat|architect|office|profession|work(?:ers|ing)|bureau|cadres"
            r"|indépendant|télétravail",
        ),
    )
)
_SINCE = {
    r"last summer|(?:l')?été dernier": ("last summer", "l'été dernier"),
    r"last winter|(?:l')?hiver dernier": ("last winter", "l'hiver dernier"),
    r"last spring|(?:le )?printemps dernier": ("last spring", "le printemps dernier"),
    r"last autumn|last fall|(?:l')?automne dernier": ("last autumn", "l'automne dernier"),
    r"last year|(?:l')?année dernière|l'an dernier": ("last year", "l'an dernier"),
    r"last month|le mois dernier": ("last month", "le mois dernier"),
    r"this summer|cet été": ("this summer", "cet été"),
    r"this winter|cet hiver": ("this winter", "cet hiver"),
    r"this spring|ce printemps": ("this spring", "ce printemps"),
    r"this year|cette année": ("this year", "cette année"),
    r"last christmas|noël dernier": ("last Christmas", "à Noël dernier"),
}
WISHES = tuple(
    (wish, re.compile(pattern, re.IGNORECASE))
    for wish, pattern in (
        ("shorter", r"short|court|trop long|too long|condens|raccourc|tight|allég"),
        ("longer", r"\blonger\b|more detail|plus long|développe|étoffe|plus de détails"),
        ("formal", r"formal|formel|soutenu|sober|sobre|serious|sérieux|less (?:casual|chatty)"),
        (
            "no price",
            r"(?:no|without|remove|drop|not? mention) (?:the )?price"
            r"|(?:sans|pas de|enlève\w*|retire\w*) (?:le )?prix",
        ),
        ("price", r"price|prix|tarif"),
        ("tu", r"\btuto|\ben tu\b|\btu\b"),
        ("vous", r"\bvouvo|\ben vous\b"),
        (
            "no offer",
            r"(?:no|without|remove) (?:the )?(?:offer|discount)"
            r"|sans (?:l'|la )?(?:offre|remise|promo)",
        ),
    )
)


TERMS = tuple(  # the hour, the place, the price, how to come
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"\b(?:(?:de|à|from|at) )?\d{1,2}(?: ?h(?:\d\d)?|(?::\d\d)? ?[ap]m|:\d\d)\b"
        r"(?: ?(?:à|-|to|until) ?\d{1,2}(?: ?h(?:\d\d)?|(?::\d\d)? ?[ap]m|:\d\d))?",
        r"\b(?:à la|en|dans (?:la|notre)|at (?:the|our)|in (?:the|our)) (?:boutique|store|shop)"
        r"(?: (?:de|d'|in|rue) ?(?-i:[A-Z])[\w-]+)?",
        r"\b(?:gratuit|entrée libre|free(?: entry)?(?! ?(?:delivery|shipping|gift)))\b",
        r"\b(?:sur (?:inscription|réservation)|places limitées|booking (?:needed|required)"
        r"|(?:please )?(?:book|register) (?:ahead|first)|limited places)\b",
    )
)
TYPED = tuple(  # a piece of the brief that says nothing but this
    (wish, re.compile(rf"(?:{pattern})(?: (?:please|pls|svp|stp))?", re.IGNORECASE))
    for wish, pattern in (
        (
            "shorter",
            r"(?:(?:svp|stp|please|keep it|make it|very|bien|très|plutôt|fais|faites|un texte|texte"
            r"|version|an?|une?|e-?mail|mail|newsletter|sms|message|fiche(?: produit)?) )*"
            r"(?:short|brief|concise?|courte?|bref|brève)(?: and sweet)?"
            r"(?: (?:e-?mail|mail|newsletter|sms|message|text|note))?|plus courte?",
        ),
        (
            "longer",
            r"(?:a bit |make it |much |un peu |bien )?(?:longer|more detail(?:s|ed)?"
            r"|plus (?:longue?|détaillée?|de détails))|détaillée?|detailed",
        ),
        ("tu", r"(?:on |à |en |il faut )?(?:tuto(?:yer|yez|ie|iement)|tu)"),
        ("vous", r"(?:on |à |en |il faut )?(?:vouvo(?:yer|yez|ie|iement)|vous)"),
        ("no price", r"(?:sans|pas de|no|without) (?:le |the )?(?:prix|price)"),
    )
)
ADDRESSED = (  # wherever it stands in the brief
    ("tu", re.compile(r"\btuto(?:y|i)", re.IGNORECASE)),
    ("vous", re.compile(r"\bvouvo(?:y|i)", re.IGNORECASE)),
)
SPOKEN_TO = {  # the named groups of customers
    **dict.fromkeys(("champions", "loyal"), "loyal"),
    **dict.fromkeys(("at-risk", "drifting-away", "lapsed"), "lapsed"),
    **dict.fromkeys(("new", "one-time", "promising"), "new"),
}
PRICE_FIRST = re.compile(r"\bprice first\b|\bprix (?:d'abord|en premier)\b", re.IGNORECASE)
TO_GIVE = re.compile(
    r"\bidées? (?:de )?cadeaux?\b|\bgift ideas?\b|\bà offrir\b"
    r"|\b(?:gifts?|presents?) (?:for|to)\b|\bcadeaux? (?:pour|à)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Story:
    """Who is spoken to (a key of the phrases), what they bought, and why we write now."""

    audience: str
    bought: Noun | None = None  # what they bought
    category: str = ""  # or what sort of things, as the catalogue calls it
    since: str = ""
    offer: Offer | None = None
    when: When = field(default_factory=When)
    occasion: Occasion | None = None
    limits: tuple[str, ...] = ()  # what the offer depends on, as it was typed
    terms: tuple[str, ...] = ()  # of a date to come to: when, where, for how much, as typed
    goal: str = "inform"
    wishes: frozenset[str] = frozenset()  # what a send-back asks: shorter, price, no price, …


def tell(request: SkillRequest, evidence: Evidence | None = None) -> Story:
    """The story of this request; what its audience bought may stand in the evidence alone."""
    brief, language = request.brief, request.language
    occasion = load_occasions().get(brief.occasion or "")
    audience = _of_rule(brief.rule) or _audience(brief.audience or "")
    whom = [fact for fact in (evidence or Evidence()).of("segment") if fact.label == "audience"]
    said = f"{brief.audience or ''} {whom[0].value if whom else ''}".strip()
    if audience == "everyone" and PRICE_FIRST.search(brief.words):
        audience = "price"
    if audience in ("everyone", "parents") and TO_GIVE.search(brief.words):
        audience = "gift"  # a gift for dads speaks to who gives it
    if audience == "everyone" and occasion and occasion.gift:
        audience = "gift"
    return Story(
        audience=audience,
        bought=_bought(said, language),
        category=_category(brief.rule, language),
        since=_since(brief.audience or "", language),
        offer=offers.read(brief.offer, language),
        when=dates.read(brief.dates, language),
        limits=_limits(brief, language),
        terms=tuple(m[0] for shape in TERMS for m in shape.finditer(brief.words)),
        occasion=occasion,
        goal=brief.goal or "inform",
        wishes=_wishes(request.reason or "", brief),
    )


def _of_rule(stored: str | None) -> str:
    """Who a rule picks, as the phrases know them: a rule says it better than its name."""
    rule = _rule(stored)
    if rule is None:
        return ""
    groups = {SPOKEN_TO.get(segment, "") for segment in rule.segments}
    if len(groups) == 1:
        return groups.pop()
    if rule.last_until or (rule.not_within and not rule.not_bought):
        return "lapsed"
    bought = (rule.bought, rule.bought_named, rule.bought_categories, rule.like_product,
              rule.like_category)  # fmt: skip
    return "buyers" if any(bought) else ""


def _rule(stored: str | None) -> AudienceRule | None:
    try:
        return AudienceRule.model_validate(json.loads(stored)) if stored else None
    except ValueError:
        return None


def _audience(said: str) -> str:
    return next((kind for kind, pattern in AUDIENCES if pattern.search(said)), "everyone")


def _limits(brief: Brief, language: Language) -> tuple[str, ...]:
    """In the language they were typed in alone: what is not translated is missed in the proof."""
    there = lexicon.language_of(brief.words)
    if there not in (language, None):
        return ()
    return tuple(_to_reader(one) for one in conditions(brief.words))


def _to_reader(said: str) -> str:
    """ "Their first order" is the reader's own."""
    return re.sub(r"\btheir\b", "your", re.sub(r"\bleur\b", "<votre|ta>", said))


def _bought(said: str, language: Language) -> Noun | None:
    there = lexicon.language_of(said) or language
    for one in (there, *(other for other in LANGUAGES if other != there)):
        if hits := [hit for hit in lexicon.scan(said, one) if hit.as_a("nouns")]:
            return lexicon.nouns()[hits[-1].as_a("nouns") or ""]
    return None


def _category(stored: str | None, language: Language) -> str:
    """The category that a rule's people bought from, where it is called so in this language."""
    rule = _rule(stored)
    for name in rule.bought_categories[:1] if rule else ():
        there = lexicon.language_of(name) or language
        if there == language:
            return name[0].lower() + name[1:]
        for hit in lexicon.scan(name, there):
            if key := hit.as_a("materials"):
                term = lexicon.terms("materials")[key]
                return f"{term.en[0]} pieces" if language == "en" else f"pièces en {term.fr[0][0]}"
    return ""


def _since(said: str, language: Language) -> str:
    for shape, (english, french) in _SINCE.items():
        if re.search(shape, said, re.IGNORECASE):
            return english if language == "en" else french
    return ""


def _wishes(reason: str, brief: Brief) -> frozenset[str]:
    """What a send-back asks of the form; "mention the price" may stand in the brief as well."""
    musts = " ; ".join(brief.must_say)
    pieces = [piece.strip() for piece in re.split(r"[,.;:!?()|\n]| [-–—] ", brief.words)]
    typed = {wish for wish, shape in TYPED for piece in pieces if shape.fullmatch(piece)}
    typed |= {form for form, shape in ADDRESSED if shape.search(brief.words)}
    found = typed | {wish for wish, pattern in WISHES if pattern.search(reason)}
    if re.match(r"(?:the |le )?(?:price|prix)", musts, re.IGNORECASE):
        found.add("price")
    if "no price" in found:
        found.discard("price")
    if "shorter" in found:
        found.discard("longer")
    return frozenset(found)
