"""What can be invented in words that are all known: who customers are, why, the most ever, who
says so. None of it stands in a statement unless the version by rules says it in those words.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from bot.rules.proof import figures, plain
from bot.rules.proof.compared import compared, lasting
from bot.rules.proof.customers import PEOPLE, habits, made_others
from bot.rules.proof.inflection import key
from bot.rules.proof.outcomes import outcomes
from bot.rules.proof.plain import Stretch
from bot.rules.proof.ties import known_by
from bot.text.normalize import tokenize

_WHY = {
    "en": re.compile(
        r"\b(?:because|due to|owing to|thanks to|as a result|results? from"
        r"|stems? from|comes? down to"
        r"|(?<!would )(?<!chance )(?<!chance can )(?<!chance could )explain(?:s|ed)?|behind"
        r"|is why|reason"
        r"|(?<!not )(?<!never )(?:leads? to|led to)|driven by|follow(?:s|ed)? (?:from|the|an?"
        r"|on)|cause[sd]?"
        r"|related to"
        r"|connected|(?:it|this|that) is what"
        r"|go(?:es)? back to|down to|in response to)(?![\w-])"
        r"|\bsince (?=[a-z])(?!then\b|about\b|the week of|[a-z ]{0,12}\d)[a-z]+"
    ),
    "fr": re.compile(
        r"\b(?:parce qu|a cause|grace (?:a|au|aux)\b|en raison|du fait|car\b|puisqu|faute de"
        r"|derriere|c'est pourquoi|c'est (?:elle|lui|cela|ce) qui|explique(?:nt|s)?\b"
        r"|(?:est|sont) (?:dus?|dues?)\b"
        r"|dues? (?:a|au|aux)\b|tien(?:t|nent) (?:a|au|aux)\b|depuis qu|suite a\b|a la suite"
        r"|resulte\w*|provo\w+|lie[es]* (?:a|au|aux)\b|raison|cause[es]*\b|mene(?:nt)? a"
        r"|entraine\w*|en reponse|depuis (?!le\b|la semaine|environ"
        r"|plus|bien|trois|lors|longtemps|[^a-z]|[a-z' ]{0,14}\d))"
    ),
}
_PERIOD = r"(?:week|month|day|period|year|time|season|semaine|mois|jour|journee|periode|annee)s?"
_MOST = re.compile(
    rf"\b(?:best|worst|strongest|weakest|largest|biggest|smallest|highest|lowest|most (?!this"
    rf"|of|in|last|these)[a-z]+)"
    rf" (?:{_PERIOD}|[a-z]+ (?:that|of yours|we|you|in))\b"
    r"|\b(?:more|less|better|worse|higher|lower|larger|smaller|stronger|weaker) than (?:it|they|we)"
    r" (?:is|are|was|were|has|have|had)\b"
    r"|\b(?:never|not once) (?:before|has|have|had)\b|\bin a long (?:time|period|while)\b"
    r"|\bso (?:strong|large|big|high|low|small|clear) a\b"
    rf"|\b(?:meilleure?|pire|plus (?:grande?|forte?|haute?|basse?|faible|petite?)) {_PERIOD}\b"
    r"|\b(?:plus (?:grand|fort|gros|haut|bas|faible|petit)e?s?|meilleur\w*) [a-z]+ (?:qu|de toute?)"
    r"|\bmeilleur\w* qu|\bjamais\b(?! (?:dire|ce que))"
    r"|\bpour la premiere fois\b|\bfor the first time\b"
)
_EXTREMES = (
    re.compile(r"\b(?:worst|weakest|lowest|pires?|plus faible|moins bonne?)\b"),
    re.compile(r"\b(?:best|strongest|highest|meilleure?s?|plus forte?)\b"),
)
_SAYS = {
    "en": r"(?:say|says|said|tell|tells|told|write|writes|wrote|put it|know|knows"
    r"|confirm\w*|claim\w*|expects?|expected|find|finds|found|note[sd]?|report(?:s|ed)?"
    r"|explain\w*|mention\w*)",
    "fr": r"(?:dit|disent|ecrit|ecrivent|raconte\w*|confirme\w*|explique\w*|sait|savent|trouve\w*"
    r"|attend|attendent|signale\w*|constate\w*|note\w*|estime\w*|resume\w*)",
}
_ONE = {
    "en": r"(?:(?:one|an?|this|another) (?:[a-z]+ )?(?:customer|buyer|shopper|client|visitor"
    r"|person|user))",
    "fr": r"(?:(?:une?|cette?|tel|telle) (?:[a-z]+ )?(?:client|cliente|acheteur|acheteuse|visiteur"
    r"|visiteuse|personne))",
}
_ACTORS = {
    "en": r"(?:carrier|team|developers?|supplier|colleagues?|technicians?|manager|support|service"
    r"|warehouse|agency|accountant)",
    "fr": r"(?:transporteur|equipe|developpeurs?|fournisseur|collegues?|technicien|responsable"
    r"|service client|support|entrepot)",
}
# "Mostly with people who had bought before": a share of customers that nobody counted.
_MOSTLY = {
    "en": r"\b(?:mostly|mainly|chiefly|especially|largely|above all)"
    r" (?:(?:with|by|from|among|of|to|for"
    r"|in|on) )?(?:the |your |those )?",
    "fr": r"\b(?:surtout|principalement|essentiellement|notamment|avant tout)"
    r" (?:(?:de|des|d'|par"
    r"|chez|aupres des?|a|aux|pour|sur) ?)?(?:les |des |vos )?",
}
_N = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|une?|deux|trois|quatre|cinq|sept|huit"
    r"|neuf|dix)"
)
_SHARE = re.compile(
    r"\b(?:(?:an?|one|two|three|the|good|full|nearly|almost) (?:half|thirds?|quarters?|fifths?)"
    rf"(?! [a-z]*(?:week|month|day|step|time|place|category))|half (?:of|the)"
    rf"|{_N} (?:times |fois )?(?:in|out of|sur) {_N}|every (?:second|third|fourth|fifth|tenth)"
    r"|every other|(?:une?|deux|trois|bon|bonne|petit|gros|la|pres d'un)"
    r" (?:tiers|quarts?|moitie))\b"
)
# "Most of the rise": more than half, as long as nothing beside it says how many.
_MOST_OF = re.compile(
    r"\b(?:most of (?!all\b|the time)|(?:the|a) (?:large |vast )?majority of|the bulk of|mainly to"
    r"|la plupart d|la (?:grande |large )?majorite d|l'essentiel d|le gros d"
    r"|se concentre(?:nt)? sur"
    r"|(?:is|are) concentrated (?:in|on|among)|most (?P<noun>[a-z]{3,}s)\b)"
)
# "It mostly comes from", « on achète surtout »: not « surtout, … ».
_MOSTLY_SO = re.compile(
    r"\b(?:mostly|mainly|chiefly|largely|predominantly|primarily|principalement|essentiellement"
    r"|majoritairement|en majorite|(?<=[a-z] )(?<!et )(?<!mais )(?<!avant )surtout)\b(?!,)"
)
_HALF = Decimal(50)
_BY_VOICE = re.compile(r"\b(?:according to|d'apres|selon|a en croire|in the words of)\b")
_THAT = {
    "en": r"(?: (?:it|so|simply|this way|like this))*"
    r"(?: that\b| (?=(?:they|it|the|we|their|this) )|,? ?(?P<end>$))",
    "fr": r"(?: (?:ainsi|simplement|comme ceci))*(?: qu(?:e |')|,? ?(?P<end>$))",
}
_TWICE = re.compile(r"\b(?:twice|doubl\w+|deux fois|half as|moitie moins)\b")


def liberties(
    stretch: Stretch, whole: str, known: list[frozenset[str]], ours: str, language: str
) -> Iterator[tuple[str, str]]:
    """Each liberty that a stretch of a whole text takes: (what is said, what it tells). `known` is
    what belongs together, `ours` the version by rules, folded."""
    for said in made_others(stretch, known, language):
        if said not in ours:
            yield said, "which customers they are"
    for said, what in outcomes(stretch, language):
        if said not in ours:
            yield said, what
    if stretch.advises:
        return
    for shape, what in _shapes(language):
        for match in shape.finditer(stretch.bare):
            said, ours_too = match[0].strip(), shape is _MOST and _is_extreme(match[0], ours)
            if said not in ours and not ours_too:
                yield said, what
    counted = [(one.start, one.end) for one in figures.read(stretch.text)]
    for match in _SHARE.finditer(stretch.text):  # what is read as a figure is held to its source
        read = any(a < match.end() and match.start() < b for a, b in counted)
        if match[0] not in ours and not read:
            yield match[0], "how many"
    for said in lasting(stretch, ours, language):
        yield said, "how long"
    for said in compared(stretch, whole, ours, language):
        yield said, "than whom"
    for said in habits(stretch, known, language):
        if said not in ours:
            yield said, "what customers do"
    for match in _MOSTLY_SO.finditer(stretch.text):
        if match[0] not in ours and not _is_most(whole):
            yield match[0], "how many"
    for match in _MOST_OF.finditer(stretch.text):
        plain_noun = match["noun"] is None or match["noun"] not in plain.exact(language)
        known_most = _is_most(whole) or _is_most_of(
            stretch.text[match.end() :], match["noun"], ours
        )
        if match[0] not in ours and plain_noun and not known_most:
            yield match[0].strip(), "how many"
    if reported := _reported(language).search(stretch.bare):  # with a colon behind it, it quotes
        said = stretch.bare[reported.end() :]
        quotes = not said.strip() and stretch.leads
        if quotes or not _all_known(said, known, language):
            yield reported[0].strip(), "what customers say"
    if (twice := _TWICE.search(stretch.bare)) and not _is_double(whole):
        yield twice[0], "how many times"


def _is_extreme(said: str, ours: str) -> bool:
    """Whether the version by rules names the best or the worst of them too."""
    return any(shape.search(said) and shape.search(ours) for shape in _EXTREMES)


@cache
def _shapes(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    says, one, actors = _SAYS[language], _ONE[language], _ACTORS[language]
    who = rf"\b(?:{one}|{actors}) (?:[a-z']+ )?{says}\b"
    return (
        (_WHY[language], "why"),
        (_MOST, "the most ever"),
        (re.compile(who), "who says so"),
        (_BY_VOICE, "who says so"),
        (re.compile(_MOSTLY[language] + PEOPLE[language] + r"\b"), "which customers they are"),
    )


@cache
def _reported(language: str) -> re.Pattern[str]:
    people = rf"(?:{PEOPLE[language]}|they|many|some|several|others|most|few|on|ils|elles|beaucoup"
    people += r"|certains|certaines|plusieurs|d'autres)"
    return re.compile(rf"\b{people} (?:[a-z']+ )?{_SAYS[language]}{_THAT[language]}")


def _all_known(text: str, known: list[frozenset[str]], language: str) -> bool:
    """Whether what is reported holds no noun and no deed but those of one line."""
    loose = plain.adjectives(language)
    content = [word for word in plain.content(text, language) if word not in loose]
    return not content or any(all(known_by(w) & group for w in content) for group in known)


def _is_most(text: str) -> bool:
    """Whether one of its shares is above a half, or one of its counts is of another's."""
    firsts = [one.first for one in figures.read(text)]
    shares = [f.value for f in firsts if f.unit == "%" and isinstance(f.value, Decimal)]
    counts = [f.value for f in firsts if f.unit != "%" and isinstance(f.value, Decimal)]
    halves = any(b / 2 <= a < b for a in counts for b in counts if b > 1)
    return any(share >= _HALF for share in shares) or (halves and not shares)


def _is_most_of(behind: str, noun: str | None, ours: str) -> bool:
    """Whether the version by rules gives a share above a half of what is named."""
    said = [noun] if noun else re.findall(r"[a-z]{4,}", behind)[:1]
    sentences = [one for one in re.split(r"(?<=[.!?])\s|\n", ours) if _is_most(one)]
    return any(key(word) in {key(w) for w in tokenize(one)} for word in said for one in sentences)


def _is_double(text: str) -> bool:
    """Whether two of its figures stand so to each other: 126 to 63."""
    found = [one.first.value for one in figures.read(text)]
    numbers = [value for value in found if isinstance(value, Decimal) and value > 0]
    return any(Decimal("1.6") <= a / b <= Decimal("2.4") for a in numbers for b in numbers)
