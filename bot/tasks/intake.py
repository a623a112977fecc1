"""Words in, a Brief and its Requests out; or one question back.

Only the words a person typed are read for wishes. A thread's text, a file or a catalogue is
material for the writer, and changes no setting.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import get_args

from bot.agent import extract_brief
from bot.agent.assumptions import SORRY, assumptions, left_out, options, tone
from bot.agent.skills import skills
from bot.config.brand import Brand
from bot.core.brief import Brief, Goal, just_for_me
from bot.core.channels import channels
from bot.core.intake import Asked, Intake
from bot.core.library import Found, Library
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import goes_on
from bot.core.writer import Sent, Writer
from bot.data.catalogue.known import known
from bot.drafts.occasions import occasions
from bot.i18n.messages import LANGUAGES, Words
from bot.rules import period
from bot.rules.events import is_event
from bot.rules.intake import against, follow_up, wishes
from bot.rules.intake.several import Beside, Unsure, beside, is_it
from bot.rules.intake.skill import skill_for, unknown_channel
from bot.rules.intake.wishes import Wishes
from bot.rules.notices import asked_in
from bot.tasks.help import nothing_asked, nothing_to_write

# A question about the data: what it is about and when, and one Request without a channel.

INSTEAD = re.compile(
    r"\b(?:instead|rather|please|plutôt|à la place|s'il (?:te|vous) plaît)\b", re.IGNORECASE
)
EXACT = 0.85  # a product is only narrowed down to when it is surely named


async def take_in_analysis(
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
    product = await _analyzed_product(given.get("product"), words, library)
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
    one = SkillRequest(skill=skill, brief=brief, reason=asked.reason, previous=asked.previous)
    return Intake(brief=brief, requests=(one,))


async def _analyzed_product(
    chosen: str | None, words: str, library: Library
) -> tuple[str, str] | None:
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


__all__ = ["Asked", "Intake", "take_in"]

SURE = 0.5  # below this score a product is not taken for the one meant
NEAR = 0.12  # products this close to the best are offered as well
CHOSEN = ("product", "audience", "offer", "goal", "occasion", "dates", "language")
NEWS = ("launch", "back in stock")  # aims that need something which is new, or back


async def take_in(
    asked: Asked,
    *,
    brand: Brand,
    library: Library,
    writer: Writer | None = None,
    today: date,
    receipt: Callable[[Sent], Awaitable[None]],
) -> Intake | Question:
    """The Brief in these words, with what was assumed. Raises CannotDo for a skill we haven't, and
    for words that ask for nothing."""
    private, words = just_for_me(asked.words)
    asked = await _picked(asked, library)
    words = " ".join([words.strip(), *asked.more_words]).strip()
    if no := nothing_asked(words):
        raise no
    skill = skill_for(words, asked.answers.get("skill") or asked.skill)
    if not skills()[skill].for_channels:
        return await take_in_analysis(asked, skill, words, private, brand, library, today)
    said = wishes.read(words)
    clear = said.product and said.goal  # what the rules read for sure needs no second reading
    if writer is not None and not writer.by_rules and words and not clear:
        said = await extract_brief.read(writer, words, asked.author, said, receipt)
    said = _with_choices(said, asked, today)
    if not said.channels and (question := unknown_channel(words)):
        return question
    side = await _beside(said, asked, words, library, brand.name)
    product, others = await _product(said, side, library, brand.name)
    by_rules = writer is None or writer.by_rules
    if not product and side.unsure:
        return _is_it_one_of(side.unsure[0])
    if not product and not _something_known(said, words, by_rules=by_rules):
        return await _what_about(words, library)
    if not product and (no := nothing_to_write(said, words, by_rules=by_rules)):
        raise no
    private = private or asked.private
    many = len(side.found) > 1
    brief = _brief(said, asked, words, brand, product, others, private, many)
    if by_rules:
        brief = brief.model_copy(update={"assumed": brief.assumed + tone(words)})
    if many:
        brief = brief.model_copy(update=_together(side))
    if side.missing:
        brief = brief.model_copy(update={"assumed": brief.assumed + left_out(side.missing)})
    return Intake(
        brief=brief,
        requests=tuple(
            SkillRequest(
                skill=skill, brief=brief, channel=key, reason=asked.reason, previous=asked.previous
            )
            for key in brief.channels
        ),
    )


def _with_choices(said: Wishes, asked: Asked, today: date) -> Wishes:
    """What a form or a tap chose, over what the words said; a wish in a send-back reason too."""
    chosen: dict[str, object] = {}
    for field in CHOSEN:
        if (value := asked.answers.get(field) or getattr(asked, field)) and _fits(field, value):
            chosen[field] = value
    if must := asked.answers.get("must_say"):
        chosen["must_say"] = [*said.must_say, must]
    if asked.reason:  # said last
        wish = wishes.read(asked.reason)
        chosen |= {k: v for k in ("language", "offer") if (v := getattr(wish, k))}
        musts = [*said.must_say, *wish.must_say]
        chosen["must_say"] = list(dict.fromkeys([*filter(None, [must]), *musts]))
    keys = asked.answers.get("channels") or asked.answers.get("channel") or asked.channel
    if known := [key for key in re.split(r"[ ,]+", keys or "") if key in channels()]:
        chosen["channels"] = known
    if chosen.get("occasion", said.occasion) == "soldes":  # summer's or winter's, by the date
        coming = [(o.coming(today), key) for key, o in occasions().items() if key != "soldes"]
        ahead = [(p.starts, key) for p, key in coming if p and occasions()[key].legal]
        chosen["occasion"] = min(ahead)[1] if ahead else "soldes"
    return Wishes.model_validate(said.model_dump() | chosen)


def _fits(field: str, value: str) -> bool:
    """Whether a value from a form is one this field can have."""
    allowed = {"language": LANGUAGES, "goal": get_args(Goal), "occasion": tuple(occasions())}
    return value in allowed.get(field, (value,))


async def _picked(asked: Asked, library: Library) -> Asked:
    """An answer that is a product's name chooses that product, as a tap on it does."""
    for key in [key for key, value in asked.answers.items() if value in asked.more_words]:
        exact = [hit for hit in await library.find(asked.answers[key]) if hit.score >= 1]
        if exact:
            rest = {k: v for k, v in asked.answers.items() if k != key}
            return asked.model_copy(update={"answers": rest | {"product": exact[0].handle}})
    return asked


def _is_it_one_of(unsure: Unsure) -> Question:
    return Question(
        words=Words(
            "I don't find “{name}” in the catalogue. Is it one of these?", name=unsure.called
        ),
        options=tuple(hit.title for hit in unsure.near[:3]),
    )


async def _beside(said: Wishes, asked: Asked, words: str, library: Library, house: str) -> Beside:
    """The products that one text is about."""
    phrases = [*filter(None, [said.product]), *said.subjects]
    chosen = asked.answers.get("product") or asked.product
    if chosen and any(hit.handle == chosen for hit in await library.find(chosen)):
        return Beside()  # a tap on one of them
    return await beside(phrases, words, library, house)


def _together(beside: Beside) -> dict[str, object]:
    titles = ", ".join(one.title for one in beside.found[:3])
    return {
        "product_words": beside.called or titles,
        "range_words": beside.called or None,
        "others": tuple(one.handle for one in beside.found[1:]),
    }


async def _product(
    said: Wishes, beside: Beside, library: Library, house: str
) -> tuple[Found | None, Sequence[Found]]:
    """The product meant, and others that come close or are named beside it."""
    if len(beside.found) > 1:
        return beside.found[0], beside.found[1:]
    best, near = await _likeliest(said, library, house)
    for one in beside.found:
        if best is None or (best.handle != one.handle and best.score < 1):
            return one, ()
    return best, near


async def _likeliest(
    said: Wishes, library: Library, house: str
) -> tuple[Found | None, Sequence[Found]]:
    best: list[Found] = []
    if said.product and is_event(said.product):
        return None, []
    for words in dict.fromkeys(filter(None, [said.product, *said.subjects, *said.must_say])):
        hits = (await known(words, library, house)).sure
        if exact := [hit for hit in hits if words == hit.handle]:
            return exact[0], []
        if not hits or hits[0].score < SURE or not is_it(hits[0], words):
            continue
        if not best or hits[0].score > best[0].score:
            best = [*hits]
    if not best:
        return None, []
    return best[0], [hit for hit in best[1:3] if hit.score >= best[0].score - NEAR]


def _something_known(said: Wishes, words: str, *, by_rules: bool) -> bool:
    """By rules, what is new and to whom alone would make an e-mail about nothing."""
    if not re.search(r"[^\W\d_]{3}", words):
        return False  # no word at all
    aim = None if by_rules and said.goal in NEWS else said.goal
    told = said.product or aim or said.offer or said.occasion or said.must_say
    return bool(told or (said.channels and said.audience) or asked_in(words, thing=None))


async def _what_about(words: str, library: Library) -> Question:
    near = await library.find(words) if words else ()
    return Question(
        words=Words("What is it about? Name a product, or what you want to tell."),
        options=tuple(hit.title for hit in near[:3]),
    )


def _brief(
    said: Wishes,
    asked: Asked,
    words: str,
    brand: Brand,
    product: Found | None,
    others: Sequence[Found],
    private: bool,
    many: bool,
) -> Brief:
    typed = wishes.typed_in(words)
    language = said.language or typed or brand.languages[0]
    thing = product.title if product else None
    notice = bool(SORRY.search(words) or asked_in(words, thing=thing))
    return Brief(
        words=words,
        author=asked.author,
        language=language,
        channels=tuple(said.channels) or ("email",),
        goal=said.goal or "inform",
        product=product.handle if product else None,
        product_words=product.title if product else said.product,
        audience=said.audience,
        offer=said.offer,
        occasion=said.occasion,
        dates=said.dates,
        must_say=tuple(said.must_say),
        stands_on=asked.answers.get("stands_on"),
        rule=asked.answers.get("rule"),
        material=asked.material,
        private=private,
        assumed=assumptions(
            said, product, others, language, typed is not None, many=many, notice=notice
        ),
        options=options(said, others, language, brand),
    )
