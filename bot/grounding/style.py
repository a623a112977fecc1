"""What is wrong with a text, in words for its writer: length, form, clichés, echoes, mentions."""

import re
from collections.abc import Iterable, Sequence

from bot.config.brand import Brand
from bot.core.channels import Channel, measure_text
from bot.core.parts import Part
from bot.core.request import SkillRequest
from bot.text.normalize import tokenize

ECHO_WORDS = 7  # words in a row taken over from the brief
CLICHE_PATTERN = re.compile(
    r"\b(découvr\w+|incontournable\w*|sublim\w+|plonge[zr]?|laisse[zr]?[- ](?:vous|toi) séduire"
    r"|discover\w*|elevat\w+|unlock\w*|must[- ]haves?|game[- ]changer\w*)\b",
    re.IGNORECASE,
)
GREETING_PATTERN = re.compile(
    r"(dear|hello|hi|hey|bonjour|bonsoir|salut|coucou|ch[eè]re?s?)\b", re.IGNORECASE
)


def find_style_faults(
    parts: Sequence[Part], *, request: SkillRequest, brand: Brand, channel: Channel | None
) -> list[str]:
    """The faults of a draft, the graver first; none when it may be shown."""
    text = "\n".join(part.text for part in parts)
    sender = brand.sender or brand.name
    found = list(_find_long_parts(parts, channel))
    if channel and channel.key == "sms" and not (contains_words(text, sender) and "STOP" in text):
        found.append(f"an SMS names its sender ({sender}) first and ends with how to stop (STOP)")
    found += _find_missing_mentions(text, request, brand)
    found += [
        f"the brand never says “{word}”" for word in brand.avoid if contains_words(text, word)
    ]
    found += [f"never write “{match[0]}”" for match in CLICHE_PATTERN.finditer(text)]
    if echoed := find_echo(text, request):
        found.append(f"the text echoes the brief, say it in your own words: “{echoed}”")
    if GREETING_PATTERN.match(text.removeprefix(sender).lstrip(" :\u00a0")):
        found.append("the first 40 characters are a greeting: put the benefit there")
    return found


def contains_words(text: str, words: str) -> bool:
    """Whether these words stand in the text, whole, in whatever case."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def find_echo(text: str, request: SkillRequest) -> str | None:
    """Seven words in a row that the brief has too. What it told us to say is not counted, nor is
    a product's long name."""
    brief = request.brief
    free = _list_word_runs(brief.product_words or "").union(
        *(_list_word_runs(must) for must in brief.must_say)
    )
    found = (_list_word_runs(brief.words) - free) & _list_word_runs(text)
    return " ".join(min(found)) if found else None


def _list_word_runs(text: str) -> set[tuple[str, ...]]:
    words = tokenize(text)
    return {tuple(words[at : at + ECHO_WORDS]) for at in range(len(words) - ECHO_WORDS + 1)}


def _find_long_parts(parts: Iterable[Part], channel: Channel | None) -> Iterable[str]:
    for part in parts:
        limit = channel.parts.get(part.key) if channel else None
        size = measure_text(part.text, limit) if limit else 0
        if limit and size > limit.most:
            yield f"{part.key} has {size} {limit.unit}, at most {limit.most} fit: shorten it"


def _find_missing_mentions(text: str, request: SkillRequest, brand: Brand) -> Iterable[str]:
    for mention in brand.mentions:
        here = not mention.channels or request.channel in mention.channels
        if (
            here
            and mention.language in (None, request.language)
            and not contains_words(text, mention.text)
        ):
            yield f"mention this, word for word: {mention.text}"
    for must in request.brief.must_say:
        telling = re.findall(r"\w{4,}|\d+", must) or [must]
        if not any(contains_words(text, word) for word in telling):
            yield f"this must be said: {must}"
