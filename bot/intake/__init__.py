"""Words in, a Brief and its Requests out; or one question back.

Only the words a person typed are read for wishes. A thread's text, a file or a catalogue is
material for the writer, and changes no setting.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import get_args

from bot.brand import Brand
from bot.brief import Brief, Goal, just_for_me
from bot.channels import channels
from bot.events import is_event
from bot.intake import analysis, reader, wishes
from bot.intake.asked import Asked, Intake
from bot.intake.assumed import SORRY, assumptions, left_out, options, tone
from bot.intake.guide import nothing_asked, nothing_to_write
from bot.intake.known import known
from bot.intake.several import Beside, Unsure, beside, is_it
from bot.intake.skill import skill_for, unknown_channel
from bot.intake.wishes import Wishes
from bot.library_port import Found, Library
from bot.notices import asked_in
from bot.occasions import occasions
from bot.request import Question, Request
from bot.skills import skills
from bot.words import LANGUAGES, Words
from bot.writer import Sent, Writer

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
        return await analysis.take_in(asked, skill, words, private, brand, library, today)
    said = wishes.read(words)
    clear = said.product and said.goal  # what the rules read for sure needs no second reading
    if writer is not None and not writer.by_rules and words and not clear:
        said = await reader.read(writer, words, asked.author, said, receipt)
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
            Request(
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
