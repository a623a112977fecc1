"""What somebody's words ask for, read by rules: channel, language, audience, offer, dates, goal.

Each thing found is taken out of the words, so that what is left names the product or the subject.
"""

import re
from functools import cache

from pydantic import BaseModel

from bot.core.brief import Goal
from bot.drafts import occasions
from bot.i18n.messages import Language
from bot.rules import doubts
from bot.rules.conditions import conditions
from bot.rules.intake import phrasing, vocabulary
from bot.rules.writers.offline import list_channels
from bot.text.language import WRITTEN_LANGUAGES, detect_language

CUT = " | "


class Wishes(BaseModel):
    """What was found in the words; nothing is guessed."""

    channels: list[str] = []
    language: Language | None = None
    product: str | None = None
    audience: str | None = None
    offer: str | None = None
    goal: Goal | None = None
    occasion: str | None = None
    dates: str | None = None
    must_say: list[str] = []
    subjects: list[str] = []  # what else is left of the words, in their order


def read(words: str) -> Wishes:
    """Everything that rules can find in these words."""
    left = plain = words.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    labelled, left = _labelled(left)
    sayings, left = _sayings(left)
    changed = phrasing.CHANGE.search(left)
    left = phrasing.CHANGE.sub(CUT, left)
    for condition in conditions(left):
        left, plain = left.replace(condition, CUT), plain.replace(condition, CUT)
    offer, left = _offer(left)
    dates, left = _dates(left)
    language, left = _language(left)
    named, left = _channels(left)
    audience, left = _audience(left)
    occasion, left = _occasion(left, plain)
    pieces = re.split(r"[|,.;:!?\n()]+", doubts.without(left))
    subjects = [subject for piece in pieces if (subject := _subject(piece))]
    offer = labelled.get("offer") or offer
    if must := labelled.get("must_say"):
        sayings.append(must)
    return Wishes(
        channels=named,
        language=language,
        product=labelled.get("product") or next(iter(subjects), None),
        audience=labelled.get("audience") or audience,
        offer=offer,
        goal=_goal(plain, offer or (changed and changed[0])),
        occasion=occasion,
        dates=labelled.get("dates") or dates,
        must_say=sayings,
        subjects=subjects,
    )


def typed_in(words: str) -> Language | None:
    """The language that words are typed in, where it can be told."""
    found = detect_language(words, WRITTEN_LANGUAGES)
    return "fr" if found == "fr" else "en" if found else None


def _labelled(left: str) -> tuple[dict[str, str], str]:
    """Lines such as "Audience: loyal customers"."""
    found = {
        field: match[2].rstrip(" .")
        for match in phrasing.LABEL.finditer(left)
        if (field := phrasing.LABELS.get(match[1].lower()))
    }
    left = phrasing.LABEL.sub(
        lambda m: CUT if m[1].lower() in phrasing.LABELS else m[2] + CUT, left
    )
    return found, left


def _sayings(left: str) -> tuple[list[str], str]:
    found = [match[1] or match[2] for match in phrasing.QUOTED.finditer(left)]
    left = phrasing.QUOTED.sub(CUT, left)
    while match := phrasing.SAYING.search(left):
        said = phrasing.WISH_BEHIND.split(match[1])[0].rstrip(" ,")
        if said:
            found.append(said)
        left = left[: match.start()] + CUT + match[1][len(said) :] + left[match.end() :]
    return found, left


def _offer(left: str) -> tuple[str | None, str]:
    found: list[tuple[int, str]] = []
    for pattern in phrasing.OFFERS:
        for match in pattern.finditer(left):
            said = match[0].strip().replace(_thing(match), "")
            found.append((match.start(), re.sub(r" (?:on|sur)$", "", said)))
        left = pattern.sub(lambda m: (CUT + _thing(m) + CUT).center(len(m[0])), left)
    for match in phrasing.CODE.finditer(left):
        found.append((match.start(), f"code {match[1]}"))
    return ", ".join(text for _, text in sorted(found)) or None, phrasing.CODE.sub(CUT, left)


def _thing(match: re.Match[str]) -> str:
    """What is sold, where it stands in the middle of the offer: "2 towels bought"."""
    return match.groupdict().get("thing") or ""


def _dates(left: str) -> tuple[str | None, str]:
    found = phrasing.DATES.search(left)
    return (found[0].strip(), phrasing.DATES.sub(CUT, left, count=1)) if found else (None, left)


def _language(left: str) -> tuple[Language | None, str]:
    found = phrasing.LANGUAGE.search(left)
    if not found:
        return None, left
    french = (found[1] or found[2]).lower().startswith("fr")
    return ("fr" if french else "en"), phrasing.LANGUAGE.sub(CUT, left)


def _channels(left: str) -> tuple[list[str], str]:
    """The channels named, in the order of their names."""
    found: list[tuple[int, str]] = []
    for pattern, key in _channel_names():
        found += [(match.start(), key) for match in pattern.finditer(left)]
        left = pattern.sub(lambda m: CUT.center(len(m[0])), left)
    return list(dict.fromkeys(key for _, key in sorted(found))), left


@cache
def _channel_names() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What each name looks like in a sentence, the longest first. "A text" is an SMS, but not
    "a text for the shirt"."""
    names = [(name, channel.key) for channel in list_channels() for name in channel.names]
    found = []
    for name, key in sorted(names, key=lambda pair: -len(pair[0])):
        said = rf"{re.escape(name)}s?"
        if name == "text":
            said = r"(?:(?<=\ba )text(?! for\b)|(?<=\bby )text|(?<=\bsend )text)"
        elif name in ("description", "fiche", "mail", "listing"):
            said = rf"{re.escape(name)}s?(?! (?:says|dit|bag)\b)"
        articles = r"(?:(?:as |by |an? |une? |par |en |la |the |un )*)?"
        found.append((re.compile(rf"(?<![\w-]){articles}{said}(?![\w-])", re.IGNORECASE), key))
    return tuple(found)


def _audience(left: str) -> tuple[str | None, str]:
    for pattern in phrasing.AUDIENCES:
        if found := pattern.search(left):
            said = phrasing.OUR.sub("", next(filter(None, found.groups())).strip())
            return said, left[: found.start()] + CUT + left[found.end() :]
    return None, left


def _occasion(left: str, words: str) -> tuple[str | None, str]:
    found = occasions.find_named_occasion(words)
    if not found:
        return None, left
    name = re.escape(found[1])
    pattern = rf"(?:\b(?:for|pour|à|au|before|avant) )?(?<!\w)(?:la |the )?{name}(?!\w)"
    return found[0].key, re.sub(pattern, CUT, left, flags=re.IGNORECASE)


def _goal(words: str, offer: str | None) -> Goal | None:
    said = next((goal for goal, pattern in phrasing.GOALS if pattern.search(words)), None)
    return said or ("sell through" if offer else None)


def _subject(piece: str) -> str | None:
    """A piece of the words without what merely asks, at both ends."""
    words = re.sub(r"\b([ldsj]|qu)'", r"\1' ", piece.strip(" -–—\"'«»"), flags=re.I).split()
    while words and words[0].lower().strip("-") in vocabulary.IDLE:
        words.pop(0)
    while words and words[-1].lower().strip("-") in vocabulary.IDLE:
        words.pop()
    subject = " ".join(words).replace("' ", "'")
    return None if phrasing.NO_PRODUCT.fullmatch(subject) else subject or None
