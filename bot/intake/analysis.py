"""A question about the data: what it is about and when, and one Request without a channel."""

import re
from datetime import date

from bot import period
from bot.around import goes_on
from bot.brand import Brand
from bot.brief import Brief
from bot.intake import against, follow_up, wishes
from bot.intake.asked import Asked, Intake
from bot.library_port import Library
from bot.request import Request
from bot.skills import skills
from bot.words import LANGUAGES

INSTEAD = re.compile(
    r"\b(?:instead|rather|please|plutôt|à la place|s'il (?:te|vous) plaît)\b", re.IGNORECASE
)
EXACT = 0.85  # a product is only narrowed down to when it is surely named


async def take_in(
    asked: Asked,
    skill: str,
    words: str,
    private: bool,
    brand: Brand,
    library: Library,
    today: date,
) -> Intake:
    """The Brief of an analysis. What a form or a button chose wins over the words."""
    given = asked.answers
    said = wishes.read(words)
    again = wishes.read(asked.reason).language if asked.reason else None  # it was said last
    language = again or given.get("language") or said.language or wishes.typed_in(words)
    before = given.get("follows") or asked.follows
    if before and skill == "answer":
        words = follow_up.joined(before, words)
    reason = asked.reason or ""
    if skill == "answer" and not again and goes_on(reason):  # "for last month instead"
        words, reason = follow_up.joined(words, INSTEAD.sub("", reason)), ""
    asks = f"{words} {reason}"
    own = skills()[skill].own_period
    both = None if own or skill != "answer" else against.held(asks, today)
    later = None if own else period.read(reason, today)  # said last, it wins
    meant = both[0] if both else None if own else later or period.read(asks, today)
    if before and not own and meant is None:  # the same days, if no others are named
        meant = period.read(before, today)
    product = await _product(given.get("product"), words, library)
    brief = Brief(
        words=words,
        author=asked.author,
        language=language if language in LANGUAGES else asked.ui_language,
        product=product[0] if product else None,
        product_words=product[1] if product else None,
        audience=given.get("audience"),
        category=given.get("category"),
        brand=given.get("brand"),
        series=given.get("series"),
        since=_day(given.get("since")) or (meant.since if meant else None),
        until=_day(given.get("until")) or (meant.until if meant else None),
        against=(both[1].since, both[1].until) if both else None,
        within=period.ahead(words),
        sections=tuple((given.get("sections") or "").split()),
        rule=given.get("rule"),
        stands_on=given.get("stands_on"),
        material=asked.material,
        private=private or asked.private,
    )
    one = Request(skill=skill, brief=brief, reason=asked.reason, previous=asked.previous)
    return Intake(brief=brief, requests=(one,))


async def _product(chosen: str | None, words: str, library: Library) -> tuple[str, str] | None:
    """Handle and title of the product that was chosen or is surely named."""
    hits = sorted(await library.find(chosen or words), key=lambda hit: -hit.score)
    if hits and (hits[0].handle == chosen or hits[0].score >= EXACT):
        return hits[0].handle, hits[0].title
    return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
