"""Finds what a text claims: material, origin, guarantee, scarcity … (`claims.toml`, en and fr)."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.rules.proof import boasts
from bot.text.normalize import normalize_text, word_set

FILE = Path(__file__).parent / "claims.toml"


class Claim(NamedTuple):
    """One claim in a text: its class, its concept, where it stands, and whether it is denied."""

    kind: str
    name: str
    start: int
    end: int
    text: str
    denied: bool = False

    @property
    def concept(self) -> tuple[str, str, bool]:
        return self.kind, self.name, self.denied


class Wording(NamedTuple):
    kind: str
    name: str
    shape: re.Pattern[str]
    length: int


_WORD = re.compile(r"(?<![\w#])[\w#]")
_DENIAL = re.compile(
    r"(?:\b(?:no|not|non|sans|without|zero|never|jamais|ni|pas|aucune?|nor)|n't)"
    r"(?! (?:just|only|seulement|que))(?: (?:de|d'|any|a|the|la|le))?(?: [a-z']+)?[ -]$"
)
_PLACE = re.compile(r"\b(?:du|des|de la|de l['’]|from(?: the)?) ?([A-ZÀ-Þ][a-zà-ÿ][\w-]+)")
_FREE = re.compile(r"[ -]free\b")
# "We write when it is back" promises a word, and says that it is not there.
_AWAITED = re.compile(
    r"\b(?:when|once(?! (?:again|more))|as soon as|if|until|quand|lorsqu\w*|(?:aussitot|des) qu\w*"
    r"|une fois(?! (?:encore|de plus))|jusqu'a ce qu\w*)\b[^.!?;:,]{0,25}$"
)
# How a thing comes from a country: flax grown in Normandy does not make a shirt made in France.
_STAGES = {
    "woven": r"woven|knit(?:ted)?|spun|dyed|printed|tisse\w*|tricote\w*|filee?s?|teinte?s?|"
    r"imprime\w*",
    "grown": r"grown|harvested|sourced|cultive\w*|recolte\w*",
    "designed": r"designed|drawn|imagined|dessine\w*|concue?s?|imagine\w*|cree\w*",
    "made": r"made|sewn|stitched|crafted|hand ?made|manufactured|produced|assembled|cut|blown|"
    r"faconnee?s?|montee?s?|coupee?s?|"
    r"poured|fabrique\w*|confectionne\w*|cousue?s?|produite?s?|assemble\w*|fabrication|confection",
}
_MAKING = re.compile(
    rf"\b(?:{'|'.join(_STAGES.values())})(?:,? (?!in |from |en |au |aux |a )[a-z]+){{0,3}}"
    r" (?:in|from|en|au|aux|a) (?:the |l')?$"
)
_CRAFT_BEFORE = re.compile(r"(?:savoir[ -]faire|ateliers?|manufacture|artisans?|fabrication) $")
_CRAFT_AFTER = re.compile(r"[ -](?:made|craft\w*|manufacture|workmanship|workshops?|ateliers?)\b")
_ORIGIN_LABEL = re.compile(
    r"origin|made in|country|fabrication|fabrique|provenance|pays|confection"
)
_CLOTH = word_set(
    "fabric cloth yarn thread fibre fiber textile tissu toile fil fibre etoffe maille"
)
ANY = "from"  # the country alone: "Portuguese linen"
_MADE_ELSEWHERE = re.compile(
    r"\b(?:[Mm]ade|[Ss]ewn|[Ww]oven|[Kk]nitted|[Cc]rafted|[Ss]titched|[Ff]abriquée?s?|[Tt]issée?s?|[Cc]ousue?s?"
    r"|[Tt]ricotée?s?|[Ff]açonnée?s?|[Cc]onfectionnée?s?)"
    r" (?:by \w+ |par des \w+ )?(?:in|at|à|en|au)(?: the| a)? ([A-ZÀ-Þ][\w-]+)"
)
_MOST = re.compile(
    r"\b(?:the|our) (?:most (?!of\b|part\b|because\b)[a-z]+|[a-z]{3,}est)\b"
    r"|\b(?:le|la|les) plus (?!(?:grande?|petite?)s? ?[.,;!?]|"
    r"souvent|possible|tot|tard|vite|proche|de\b|que\b|"
    r"grand nombre|loin|simple)[a-z]+"
)
# Somebody else is named to be better than, or to vouch: "softer than Zara's", « portée par … ».
_NAME = r"(?P<name>[A-ZÀ-Þ][\w’'-]+)"
_RIVAL = re.compile(
    r"\b(?:[Uu]nlike|[Cc]ontrairement à|[Mm]ieux que|[Bb]etter than|[Àà] la différence de"
    r"|(?:than|que) (?:those|that|the ones?|celles?|ceux|celui)(?: of| from| de| d’| d')"
    r"|\w+er than|(?:[Mm]ore|[Ll]ess) \w+ than|(?:[Pp]lus|[Mm]oins) \w+ que)"
    rf" ?(?:the |la |le |les |l['’])?{_NAME}"
)
_VOUCHER = re.compile(
    r"\b(?:[Ww]orn by|[Pp]ortée?s? par|[Ss]een on|[Aa]perçue?s? dans|[Aa]dopted by"
    r"|[Vv]alidée?s? par)"
    rf" {_NAME}"
)
_NO_RIVAL = word_set(
    "monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi "
    "samedi dimanche christmas noel i january february march april may june july august september "
    "october november december"
)
_NOT_MOST = word_set(
    "latest interest rest guest forest west contest request test harvest nest chest vest crest "
    "northwest southwest midwest simplest plainest slightest faintest modest nearest earliest "
    "quest invest fest best"
)
_NO = frozenset({"no", "non", "false", "faux", "none", "aucun", "0", "-"})


@lru_cache(maxsize=4096)
def read(text: str, languages: tuple[str, ...] = ("en", "fr")) -> tuple[Claim, ...]:
    """The claims of a text that goes out."""
    return tuple(_found(text, _wordings(languages, facts=False)))


@lru_cache(maxsize=4096)
def known(label: str, value: str) -> tuple[Claim, ...]:
    """What a fact says: its value, and its label unless the value is a no."""
    if normalize_text(value).strip() in _NO:
        return tuple(c._replace(denied=True) for c in read(label))
    text = f"{label}: {value}"
    origin = bool(_ORIGIN_LABEL.search(normalize_text(label)))
    found = list(_found(text, _wordings(("en", "fr"), facts=True), origin=origin))
    found += [c._replace(name=wider) for c in found for wider in _country_of(c)]
    countries = [claim for claim in found if claim.kind == "origin"]
    found += [c._replace(name=f"{ANY} {c.name.split(' ', 1)[1]}") for c in countries]
    found += [c._replace(name=wider) for c in found for wider in _wider(c)]
    for place in _PLACE.finditer(text):  # as the fact spells it: « hêtre massif du Jura »
        found.append(Claim("origin", f"{ANY} {normalize_text(place[1])}", *place.span(1), place[1]))
    return tuple(found)


def advertising(kind: str) -> bool:
    """Whether a class is rhetoric, judged only in what goes out to customers."""
    return bool(_lexicon().get(kind, {}).get("advertising", False))


def _country_of(claim: Claim) -> list[str]:
    """The country that a region lies in: what is woven in Normandy is woven in France."""
    how, _, place = claim.name.rpartition(" ")
    country = _lexicon()["within"].get(place) if claim.kind == "origin" else None
    return [f"{how} {country}"] if country and not claim.denied else []


def _wider(claim: Claim) -> list[str]:
    """What a thing also is: porcelain is ceramic. A denial goes the other way, so it has none."""
    said = _lexicon().get(claim.kind, {}).get(claim.name)
    return said.get("is", []) if isinstance(said, dict) and not claim.denied else []


def _found(
    text: str, wordings: dict[str, tuple[Wording, ...]], *, origin: bool = False
) -> Iterator[Claim]:
    low = normalize_text(text)
    end = {"purity": 0, "": 0}
    read_already: list[tuple[int, int]] = []
    for place in _WORD.finditer(low):
        start = place.start()
        for wording in wordings.get(low[start : start + 2], ()):
            layer = wording.kind if wording.kind == "purity" else ""
            if start < end[layer] or not (match := wording.shape.match(low, start)):
                continue
            stop = match.end()
            if wording.kind == "country":
                yield from _origin(text, low, start, stop, wording.name, labelled=origin)
            elif wording.kind != "harmless" and not _awaited(wording, low, start):
                denied = bool(_DENIAL.search(low, max(0, start - 30), start))
                denied = denied or bool(_FREE.match(low, stop))
                yield Claim(wording.kind, wording.name, start, stop, text[start:stop], denied)
            end[layer] = stop
            read_already.append((start, stop))
            if layer == "":
                break
    for claim in _patterns(text, low):
        if all(claim.end <= a or b <= claim.start for a, b in read_already):
            yield claim


def _awaited(wording: Wording, low: str, start: int) -> bool:
    return wording.kind == "back" and bool(_AWAITED.search(low, max(0, start - 60), start))


def _patterns(text: str, low: str) -> Iterator[Claim]:
    for start, stop in boasts.spans(low):
        yield Claim("superlative", low[start:stop], start, stop, text[start:stop])
    for match in _MOST.finditer(low):
        if match[0].removeprefix("the ").removeprefix("our ") not in _NOT_MOST:
            start, stop = match.span()
            yield Claim("superlative", match[0], start, stop, text[start:stop])
    for kind, name, shape in (
        ("superlative", "rival", _RIVAL),
        ("reviews", "endorsed", _VOUCHER),
    ):
        for match in shape.finditer(text):
            who = low[match.start("name") : match.end("name")]
            if who.split("'")[0] not in _NO_RIVAL:
                yield Claim(kind, f"{name} {who}", *match.span(), match[0])
    for match in _grounds().finditer(text):
        start, stop = match.span("where")
        there = _countries().get(low[start : start + 2], ())
        if low[start:stop] not in _NO_RIVAL and not any(w.shape.match(low, start) for w in there):
            yield Claim("origin", f"{ANY} {low[start:stop]}", start, stop, text[start:stop])
    for match in _MADE_ELSEWHERE.finditer(text):
        start, stop = match.span(1)
        if not any(w.shape.match(low, start) for w in _countries().get(low[start : start + 2], ())):
            yield Claim("origin", f"made {low[start:stop]}", match.start(), stop, match[0])


def _origin(
    text: str, low: str, start: int, stop: int, country: str, *, labelled: bool
) -> Iterator[Claim]:
    """Whether a country is said to be where a thing is from (and not where a shop is), and how."""
    making = _MAKING.search(low, max(0, start - 48), start)
    if making:
        start = making.start()
        for stage, verbs in _STAGES.items():
            if re.search(rf"\b(?:{verbs})\b", making[0]):
                yield Claim("origin", f"{stage} {country}", start, stop, text[start:stop])
    elif labelled or _CRAFT_AFTER.match(low, stop) or _CRAFT_BEFORE.search(low, 0, start):
        yield Claim("origin", f"made {country}", start, stop, text[start:stop])
    else:
        after = re.match(r" ([a-z]+)", low[stop : stop + 24])
        before = re.search(
            r"([a-z]+) (?:(?:vient |viennent |comes? )?(?:from|of|de|des|du|d')(?: the| la)?"
            r"(?:(?<=')| ))?$",
            low[max(0, start - 40) : start],
        )
        if any(word and word[1] in _materials() | _CLOTH for word in (after, before)):
            yield Claim("origin", f"{ANY} {country}", start, stop, text[start:stop])


@cache
def _lexicon() -> dict[str, dict[str, Any]]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def _materials() -> frozenset[str]:
    concepts = (c for c in _lexicon()["material"].values() if isinstance(c, dict))
    return frozenset(word for c in concepts for words in c.values() for word in words)


@cache
def _grounds() -> re.Pattern[str]:
    """A cloth and the place it is said to come from: « laine du Tarn », "wool from Norfolk"."""
    cloths = "|".join(sorted((w for w in _materials() | _CLOTH if w.isalpha()), key=len))
    some = "|".join(f"[{word[0]}{word[0].upper()}]{word[1:]}" for word in cloths.split("|"))
    return re.compile(
        rf"\b(?:{some}) (?:(?:vient |viennent |venue?s? |comes? |grown )?"
        r"(?:des |du |de la |de l['’]|de |d['’]|from (?:the )?|of (?:the )?))"
        r"(?P<where>[A-ZÀ-Þ][a-zà-ÿ][\w-]+)"
    )


@cache
def _countries() -> dict[str, tuple[Wording, ...]]:
    return _wordings((), facts=False)


@cache
def _wordings(languages: tuple[str, ...], *, facts: bool) -> dict[str, tuple[Wording, ...]]:
    """All wordings by their first two letters, the longest first."""
    found: dict[str, list[Wording]] = {}
    for kind, name, words in _entries(languages, facts):
        wording = Wording(kind, name, _shape(words), len(words))
        found.setdefault(words[:2], []).append(wording)
    return {key: tuple(sorted(some, key=lambda w: -w.length)) for key, some in found.items()}


def _entries(languages: tuple[str, ...], facts: bool) -> Iterator[tuple[str, str, str]]:
    for kind, concepts in _lexicon().items():
        for name, said in concepts.items():
            if kind == "countries":
                yield from (("country", name, words) for words in said)
            elif isinstance(said, dict):
                spoken = [w for key in ("both", *languages) for w in said.get(key, ())]
                for words in said["fact"] if facts and "fact" in said else spoken:
                    yield kind, name, words


def _shape(words: str) -> re.Pattern[str]:
    pieces = [re.escape(word).replace("\\~", r"\w*").replace("~", r"\w*") for word in words.split()]
    ending = "" if words.endswith("~") or not words[-1].isalpha() else "(?:e?s)?"
    edge = r"(?!\w)"
    return re.compile(r"[ -]".join(pieces) + ending + edge)
