"""Check the style of a draft: length, clichés, words copied from the brief, how it opens."""

import re
from collections.abc import Iterable, Sequence

from bot.config.brand import Brand
from bot.core.brief import Brief
from bot.core.channels import Channel, count_sms_excess, measure_text
from bot.core.parts import Part
from bot.core.request import SkillRequest
from bot.drafts.models import campaign_code, tag_links
from bot.grounding.legal import asks_to_act
from bot.text.normalize import collapse_spaces, tokenize

TERM = "|"  # stands for a word of a term, which no word of a text is
FEW_MORE = 30  # characters beyond one SMS that a writer can do without
ECHO_WORDS = 7  # words in a row that are also in the brief
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
    """Return the faults as sentences for the writer that the checks of the draft do not tell it."""
    text = "\n".join(part.text for part in parts)
    sender = brand.sender or brand.name
    faults = list(_find_long_parts(_tag_sms_links(parts, channel, brand), channel))
    if channel and channel.names_sender and not asks_to_act(text):
        faults.append("the text says what to do next: a link, a code, or a word such as “order”")
    faults += [
        f"a person wrote this, keep it word for word: “{passage.text}”"
        for passage in request.kept
        if collapse_spaces(passage.text) not in collapse_spaces(text)
    ]
    faults += [f"never write “{match[0]}”" for match in CLICHE_PATTERN.finditer(text)]
    if echoed := find_echo(text, request):
        faults.append(f"the text echoes the brief, say it in your own words: “{echoed}”")
    if GREETING_PATTERN.match(text.removeprefix(sender).lstrip(" :\u00a0")):
        faults.append("the first 40 characters are a greeting: put the benefit there")
    return faults


def contains_words(text: str, words: str) -> bool:
    """Whether the text contains these whole words, in any case."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def find_echo(text: str, request: SkillRequest) -> str | None:
    """Return the first ECHO_WORDS words in a row that the text shares with the brief, or None.
    Required sentences, the offer with its days and the name of the product do not count."""
    runs = list_brief_runs(request.brief)
    found = (run for run in _list_word_runs(tokenize(text)) if run in runs)
    return " ".join(next(found, ())) or None


def list_brief_runs(brief: Brief, names: Iterable[str] = ()) -> set[tuple[str, ...]]:
    """Return the runs of ECHO_WORDS words of the brief that a text may not repeat. A term that the
    text has to give as it stands ends a run."""
    given = (brief.product_words, brief.offer, brief.dates, *brief.must_say, *names)
    terms = sorted((tokenize(term) for term in given if term), key=len, reverse=True)
    words = tokenize(brief.words)
    for term in terms:
        for at in range(len(words) - len(term) + 1):
            if words[at : at + len(term)] == term:
                words[at : at + len(term)] = [TERM] * len(term)
    runs = {*_list_word_runs(words)}.difference(*(_list_word_runs(term) for term in terms))
    return {run for run in runs if TERM not in run}


def _list_word_runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + ECHO_WORDS]) for at in range(len(words) - ECHO_WORDS + 1)]


def _tag_sms_links(parts: Sequence[Part], channel: Channel | None, brand: Brand) -> Sequence[Part]:
    """Return the parts with those that are counted in SMS segments as they go out: with a campaign
    code."""
    if channel is None:
        return parts
    code = campaign_code("")  # all codes have the same length
    return [
        part.with_text(tag_links(part.text, brand.site, code))
        if (limit := channel.find_limit(part.key)) and limit.unit == "segments"
        else part
        for part in parts
    ]


def _find_long_parts(parts: Sequence[Part], channel: Channel | None) -> Iterable[str]:
    for part in parts:
        limit = channel.find_limit(part.key) if channel else None
        if limit is None:
            continue
        if (size := measure_text(part.text, limit)) > limit.most:
            yield f"{part.key} has {size} {limit.unit}, at most {limit.most} fit: shorten it"
        elif limit.unit == "segments" and 0 < (excess := count_sms_excess(part.text)) <= FEW_MORE:
            yield (
                f"{part.key}: with the campaign code of its link it goes out as {size} SMS. With "
                f"{excess} characters less it is one: shorten it"
            )
