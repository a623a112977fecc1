"""What is wrong with a text, in words for its writer: length, form, clichés, echoes, mentions."""

import re
from collections.abc import Iterable, Sequence

from bot.config.brand import Brand
from bot.core.channels import Channel, measure
from bot.core.parts import Part
from bot.core.request import SkillRequest
from bot.text.normalize import words_of

ECHO = 7  # words in a row taken over from the brief
CLICHE = re.compile(
    r"\b(découvr\w+|incontournable\w*|sublim\w+|plonge[zr]?|laisse[zr]?[- ](?:vous|toi) séduire"
    r"|discover\w*|elevat\w+|unlock\w*|must[- ]haves?|game[- ]changer\w*)\b",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"(dear|hello|hi|hey|bonjour|bonsoir|salut|coucou|ch[eè]re?s?)\b", re.IGNORECASE
)


def faults(
    parts: Sequence[Part], *, request: SkillRequest, brand: Brand, channel: Channel | None
) -> list[str]:
    """The faults of a draft, the graver first; none when it may be shown."""
    text = "\n".join(part.text for part in parts)
    sender = brand.sender or brand.name
    found = list(_too_long(parts, channel))
    if channel and channel.key == "sms" and not (says(text, sender) and "STOP" in text):
        found.append(f"an SMS names its sender ({sender}) first and ends with how to stop (STOP)")
    found += _missing(text, request, brand)
    found += [f"the brand never says “{word}”" for word in brand.avoid if says(text, word)]
    found += [f"never write “{match[0]}”" for match in CLICHE.finditer(text)]
    if echoed := echo(text, request):
        found.append(f"the text echoes the brief, say it in your own words: “{echoed}”")
    if GREETING.match(text.removeprefix(sender).lstrip(" :\u00a0")):
        found.append("the first 40 characters are a greeting: put the benefit there")
    return found


def says(text: str, words: str) -> bool:
    """Whether these words stand in the text, whole, in whatever case."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def echo(text: str, request: SkillRequest) -> str | None:
    """Seven words in a row that the brief has too. What it told us to say is not counted, nor is
    a product's long name."""
    brief = request.brief
    free = _runs(brief.product_words or "").union(*(_runs(must) for must in brief.must_say))
    found = (_runs(brief.words) - free) & _runs(text)
    return " ".join(min(found)) if found else None


def _runs(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[at : at + ECHO]) for at in range(len(words) - ECHO + 1)}


def _too_long(parts: Iterable[Part], channel: Channel | None) -> Iterable[str]:
    for part in parts:
        limit = channel.parts.get(part.key) if channel else None
        size = measure(part.text, limit) if limit else 0
        if limit and size > limit.most:
            yield f"{part.key} has {size} {limit.unit}, at most {limit.most} fit: shorten it"


def _missing(text: str, request: SkillRequest, brand: Brand) -> Iterable[str]:
    for mention in brand.mentions:
        here = not mention.channels or request.channel in mention.channels
        if here and mention.language in (None, request.language) and not says(text, mention.text):
            yield f"mention this, word for word: {mention.text}"
    for must in request.brief.must_say:
        telling = re.findall(r"\w{4,}|\d+", must) or [must]
        if not any(says(text, word) for word in telling):
            yield f"this must be said: {must}"
