"""What a rewriting foretells, and what it says that something does to sales.

"It will bring them back", "free delivery lifts orders": facts tell what was, and how it is known.
That somebody is likely to buy is a forecast; what somebody will see or need is the way there.
"""

import re
from collections.abc import Iterator

from bot.rules.proof import plain
from bot.rules.proof.plain import Stretch
from bot.text.normalize import word_set

_HEDGE = {
    "en": r"(?:(?:not|never|also|still|then|soon|all|only|just|probably|likely|again|no longer) )*",
    "fr": r"(?:(?:pas|plus|sans doute|aussi|encore|alors|bientot|tous|toutes|peut-etre) )*",
}
# The verb that is foretold, and what stands before it.
_FORETELLS = {
    "en": (
        re.compile(
            r"(?P<before>(?:[a-z'-]+ ){0,4})\b(?P<who>[a-z]+)(?: will(?! be likely)|'ll| won't"
            rf"| (?:is|are) (?:about|going|bound|set|sure|certain) to) (?P<hedge>{_HEDGE['en']})"
            r"(?P<verb>[a-z]+)"
        ),
        re.compile(
            r"(?P<before>)\b(?P<who>[a-z]+)(?P<hedge>) would (?P<verb>halve|double|triple|win"
            r"|bring|save|lift"
            r"|raise|boost|improve|cut|increase|reduce|solve|recover|regain|pay)\b"
        ),
    ),
    "fr": (
        re.compile(
            r"(?P<before>(?:[a-z']+[ ']){0,4})\b(?P<who>[a-z]+)[ ']"
            r"(?P<hedge>(?:ne |n'|se |s'|en |y |les |l[ea'] ?|leur |vous |nous )*)"
            r"(?P<verb>[a-z]{2,}(?:ra|ront))\b"
        ),
        re.compile(
            r"(?P<before>(?:[a-z']+[ ']){0,4})\b(?P<who>[a-z]+)[ '](?P<hedge>(?:ne |n')?)(?:va"
            r"|vont) "
            rf"{_HEDGE['fr']}(?P<verb>[a-z]+(?:er|ir|re))\b"
        ),
        re.compile(
            r"(?P<before>)\b(?P<who>[a-z]+)(?P<hedge>) (?P<verb>(?:divise|augmente|redui"
            r"|rapporte|sauve|resoud"
            r"|supprime|double|triple|ameliore|evite|regagne|recupere)(?:rait|raient))\b"
        ),
    ),
}
_YOU = word_set("you we i one vous nous on je")
_ASKS = {  # "see who will come back", "until it is back", "let them know when it will be"
    "en": re.compile(r"\b(?:who|what|when|whether|if|how|which|where|until|whatever|that)\b"),
    "fr": re.compile(r"\b(?:qui|quand|si|s|combien|lesquel\w*|quel\w*|comment|ou|que|dont)\b"),
}
_SHOWS = {
    "en": word_set(
        "show tell reveal take need require say answer depend indicate look give help last run"
        " count decide remain stay matter"
    ),
    "fr": word_set(
        "montrera montreront dira diront revelera faudra prendra prendront durera suffira suffiront"
        " permettra permettront comptera aidera restera repondra dependra donnera demandera"
        " montrer dire reveler prendre durer permettre aider rester demander donner falloir mourra"
    ),
}
_FORECASTS = {
    "en": word_set("probably likely"),
    "fr": word_set("probablement vraisemblablement sans doute"),
}
_AFFECTS = {
    "en": re.compile(
        r"(?P<before>[a-z']+) (?P<verb>(?:often |usually |always |generally )?(?:lifts?|lifted"
        r"|raises?|raised"
        r"|boosts?|boosted|improves?|improved|drives?|drove|(?:wins?|won|brings?"
        r"|brought) (?:[a-z]+ )?back"
        r"|doubles?|triples?|increases?|reduces?|drives? (?:away|off|up|down)))"
        r" (?:(?:the|your|our|its|their|more|up|down|every|each|all|one|many|some|lost|third"
        r"|of) )*(?P<what>[a-z]+)"
    ),
    "fr": re.compile(
        r"(?P<before>[a-z']+)[ '](?P<verb>(?:augmente|ameliore|reduit|stimule|dope|accelere"
        r"|freine|double|triple)"
        r"(?:nt)?|(?:fait|font) (?:monter|grimper|baisser|revenir|fuir|vendre|acheter))"
        r"(?: (?:souvent|toujours|generalement|d'ordinaire))? +(?:les?|la|l'|vos|votre|des|plus de)"
        r" ?(?P<what>[a-z]+)"
    ),
}
_WHOM = word_set("them us people everyone everybody")
_ASIDE = word_set(
    "to would could should can may might whether if the a an no any si pour un une le la les au"
)


def outcomes(stretch: Stretch, language: str) -> Iterator[tuple[str, str]]:
    """Each thing that is foretold, and each effect that is asserted: (what is said, what it is)."""
    for shape in _FORETELLS[language]:
        for match in shape.finditer(stretch.bare):
            if _foretells(match, language):
                yield match[0][match.end("before") - match.start() :].strip(), "what will come"
    if not stretch.advises:
        for match in _AFFECTS[language].finditer(stretch.bare):
            noun = match["what"] not in plain.exact(language) - _WHOM
            if noun and match["before"] not in _ASIDE:
                yield match[0].removeprefix(match["before"]).strip(), "what brings what about"


def _foretells(match: re.Match[str], language: str) -> bool:
    if match["who"] in _YOU or match["verb"] in _SHOWS[language]:
        return False
    if _ASKS[language].search(f"{match['before']}{match['who']}"):
        return False
    hedged = bool(_FORECASTS[language] & set(match["hedge"].split()))
    return not (hedged and match["verb"] in plain.deeds(language))
