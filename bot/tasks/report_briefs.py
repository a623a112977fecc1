"""The request for a report: one, without a channel."""

from datetime import date, timedelta

from bot.agent.skills import load_skills
from bot.core.library import Library
from bot.core.request import Brief, IncomingRequest, SkillRequest
from bot.tasks.intake import read_form_fields
from bot.tasks.message_prompt import ThreadDraft
from bot.tasks.named_products import find_exact_product, list_products
from bot.tasks.understanding import ReadRequest, Understanding
from bot.text.normalize import collapse_spaces

MAX_QUESTIONS = 4  # that a new one continues
LATEST = timedelta(days=14)  # "last week", which skills with days of their own cover


def analyse(
    read: ReadRequest,
    incoming: IncomingRequest,
    understanding: Understanding,
    about: ThreadDraft | None,
    today: date,
    own_question: str | None,
) -> SkillRequest:
    answers = incoming.answers
    fields = read_form_fields(answers)
    fields["audience"] = fields["audience"] or read.audience
    if about is not None and about.is_copy:  # "how many of them"
        fields["audience"] = fields["audience"] or about.brief.audience
    days_ahead, left_over = _count_days_ahead(read, today), understanding.left_over
    ahead = read.period_words if read.since and read.since > today else None
    if load_skills()[read.skill].own_period and (read.since or read.until):
        begins = read.since or read.until or today
        is_week_before = read.against is None or begins - read.against[1] == timedelta(days=1)
        is_latest = is_week_before and today - begins <= LATEST
        if read.period_words and not is_latest:
            left_over = (*left_over, read.period_words)
        days = {} if is_latest else {"since": None, "until": None}
        read = read.model_copy(update={**days, "against": None})
    known = {one.handle: one for one in read.products if one.handle}
    product = next(iter(known)) if len(known) == 1 else None  # of several it looks up each
    titles = ", ".join(filter(None, (one.title for one in known.values())))
    ranges = {one.category: one for one in read.products if one.category}
    if len(ranges) == 1 and not known and not fields["category"]:
        (fields["category"],) = ranges
        titles = ranges[fields["category"]].words
    elif ranges and not known:
        titles = "; ".join(ranges)
    brief = Brief(
        words="\n".join([incoming.words, *incoming.more_words]),
        own_question=own_question,
        author=incoming.author,
        language=read.language or understanding.language or incoming.ui_language,
        channels=read.channels,
        goal=read.goal,
        product=product,
        others=() if product else tuple(known),
        product_words=titles or None,
        **fields,
        since=read.since,
        until=read.until,
        against=read.against,
        occasion=read.occasion,
        dates=ahead,
        within=days_ahead,
        stands_on=(about.id if about else None) or answers.get("stands_on"),
        follows=_chain_questions(about.brief) if about and not about.is_copy else None,
        market=next(iter(read.markets), None),
        left_over=left_over,
        material=incoming.material,
        private=incoming.private,
    )
    reason, previous = incoming.reason, incoming.previous
    if read.corrects and about is not None:
        reason, previous = reason or incoming.words, previous or about.text
    return SkillRequest(skill=read.skill, brief=brief, reason=reason, previous=previous)


def _chain_questions(before: Brief) -> str:
    """Return the questions that a new one continues, a line each: the first one, which names what
    all are about, and the latest."""
    asked = [*(before.follows or "").split("\n"), collapse_spaces(before.asked)]
    first, *later = dict.fromkeys(filter(None, asked)) or [""]  # a form may hold no words
    return "\n".join([first, *later[1 - MAX_QUESTIONS :]])


async def continue_question(read: ReadRequest, about: ThreadDraft, library: Library) -> ReadRequest:
    """Take over from the question before what this one does not say: "and for the UK?". Each kind
    of report has days of its own, and is about the one product that another kind found."""
    kept: dict[str, object] = {}
    before = about.brief
    if not read.since and not read.until and about.skill == read.skill:
        kept |= {"since": before.since, "until": before.until}
        kept["against"] = read.against or before.against
        kept["period_words"] = read.period_words or before.dates
    if not read.occasion and not read.since and not read.until:
        kept["occasion"] = before.occasion
    if not read.goal:
        kept["goal"] = before.goal
    if not read.products and (before.product or before.others or before.category):
        kept["products"] = list_products(before)
    elif not read.products and about.skill != read.skill:
        named = [await find_exact_product(name, library) for name in about.subjects]
        found = tuple(one for one in named if one)
        kept["products"] = found if len(found) == 1 else ()
    if not read.channels:
        kept["channels"] = before.channels
    if not read.markets and before.market:
        kept["markets"] = (before.market,)
    return read.model_copy(update=kept)


def _count_days_ahead(read: ReadRequest, today: date) -> int | None:
    """Return the number of days of a period that lies ahead and begins at once: "in the next 60
    days". December, asked for in November, is none."""
    if read.until is None or read.until <= today:
        return None
    if read.since is not None and not today <= read.since <= today + timedelta(days=1):
        return None
    return (read.until - today).days
