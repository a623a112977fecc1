"""Words in, a Brief and its Requests out; or one question back.

Only the words a person typed are read for wishes. A thread's text, a file or a catalogue is
material for the writer, and changes no setting.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date
from typing import get_args

from bot.agent import brief_reader
from bot.agent.brief_reader import (
    APOLOGY_PATTERN,
    build_options,
    explain_tone,
    list_assumptions,
    list_unknown_products,
)
from bot.agent.skills import load_skills
from bot.config.brand import Brand
from bot.core.brief import Brief, Goal, parse_just_for_me
from bot.core.channels import load_channels
from bot.core.library import Library, ProductMatch
from bot.core.request import IncomingRequest, IntakeResult, Question, SkillRequest
from bot.core.thread_text import is_follow_up
from bot.core.writer import LlmCall, Writer
from bot.data.catalogue.search import match_name
from bot.drafts.occasions import load_occasions
from bot.errors import CALM_PARAM, CannotDo
from bot.i18n.messages import LANGUAGES, Words
from bot.rules import period
from bot.rules.events import is_event
from bot.rules.intake import against, follow_up, wishes
from bot.rules.intake.several import Beside, Unsure, beside, is_it
from bot.rules.intake.skill import SMALL_TALK, WRITES, skill_for, unknown_channel
from bot.rules.intake.wishes import Wishes
from bot.rules.notices import asked_in

# What is said to somebody who asks for nothing: a greeting, a cry for help, words without a wish.

GREETING_PATTERN = re.compile(
    r"\W*(?:hello|hi|hey|good (?:morning|evening|afternoon)|bonjour|bonsoir|salut|coucou|hé)"
    r"(?: (?:there|you|all|toi|tous|à tous|super-?intern|super-?stagiaire))*\W*",
    re.IGNORECASE,
)
THANKS_PATTERN = re.compile(
    r"\W*(?:(?:many )?thanks|thank you|thx|cheers|merci|ok|great|perfect|super|parfait|génial)"
    r"(?:,? (?:a lot|so much|very much|you|thanks|merci|beaucoup|bien|à toi|super-?intern))*\W*",
    re.IGNORECASE,
)
EXAMPLES = Words(
    "Ask for a text: “an e-mail: our linen shirt is back”. Or ask your data: “what do customers "
    "say?”, “whom should we target?”, “what blocks sales?”. Or drop a file of rows (CSV, Excel)."
)


def reply_to_small_talk(words: str) -> CannotDo | None:
    """What to tell somebody who greets, thanks or asks what the intern can do."""
    if THANKS_PATTERN.fullmatch(words):
        return CannotDo(Words("You're welcome.", **{CALM_PARAM: "yes"}))
    if SMALL_TALK.search(words.replace("’", "'")) or GREETING_PATTERN.fullmatch(words):
        return CannotDo(
            Words("I draft, you decide. {examples}", examples=EXAMPLES, **{CALM_PARAM: "yes"})
        )
    return None


def reply_to_empty_request(said: Wishes, words: str, *, by_rules: bool) -> CannotDo | None:
    """What to tell somebody whose words name no product and no occasion, channel or aim: a draft
    would praise whatever the words are. An AI is left to make sense of what begins as a wish."""
    known: Iterable[object] = (
        said.channels,
        said.goal,
        said.offer,
        said.occasion,
        said.must_say,
        said.audience,
    )
    if any(known) or asked_in(words, thing=None) or (WRITES.search(words) and not by_rules):
        return None
    return CannotDo(
        Words(
            "I find none of your products in that, and nothing to tell. {examples}",
            examples=EXAMPLES,
            **{CALM_PARAM: "yes"},
        )
    )


# A question about the data: what it is about and when, and one Request without a channel.

INSTEAD_PATTERN = re.compile(
    r"\b(?:instead|rather|please|plutôt|à la place|s'il (?:te|vous) plaît)\b", re.IGNORECASE
)
MIN_EXACT_SCORE = 0.85  # a product is only narrowed down to when it is surely named


async def understand_analysis(
    asked: IncomingRequest,
    skill: str,
    words: str,
    private: bool,
    brand: Brand,
    library: Library,
    today: date,
) -> IntakeResult:
    """The Brief of an analysis. What a form or a button chose wins over the words."""
    given = asked.answers
    said = wishes.read(words)
    again = wishes.read(asked.reason).language if asked.reason else None  # it was said last
    language = again or given.get("language") or said.language or wishes.typed_in(words)
    before = given.get("follows") or asked.follows
    if before and skill == "answer":
        words = follow_up.joined(before, words)
    reason = asked.reason or ""
    if skill == "answer" and not again and is_follow_up(reason):  # "for last month instead"
        words, reason = follow_up.joined(words, INSTEAD_PATTERN.sub("", reason)), ""
    asks = f"{words} {reason}"
    own = load_skills()[skill].own_period
    both = None if own or skill != "answer" else against.held(asks, today)
    later = None if own else period.read(reason, today)  # said last, it wins
    meant = both[0] if both else None if own else later or period.read(asks, today)
    if before and not own and meant is None:  # the same days, if no others are named
        meant = period.read(before, today)
    product = await _find_exact_product(given.get("product"), words, library)
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
        since=_parse_day(given.get("since")) or (meant.since if meant else None),
        until=_parse_day(given.get("until")) or (meant.until if meant else None),
        against=(both[1].since, both[1].until) if both else None,
        within=period.ahead(words),
        sections=tuple((given.get("sections") or "").split()),
        rule=given.get("rule"),
        stands_on=given.get("stands_on"),
        material=asked.material,
        private=private or asked.private,
    )
    one = SkillRequest(skill=skill, brief=brief, reason=asked.reason, previous=asked.previous)
    return IntakeResult(brief=brief, requests=(one,))


async def _find_exact_product(
    chosen: str | None, words: str, library: Library
) -> tuple[str, str] | None:
    """Handle and title of the product that was chosen or is surely named."""
    hits = sorted(await library.find(chosen or words), key=lambda hit: -hit.score)
    if hits and (hits[0].handle == chosen or hits[0].score >= MIN_EXACT_SCORE):
        return hits[0].handle, hits[0].title
    return None


def _parse_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


__all__ = ["IncomingRequest", "IntakeResult", "understand_request"]

MIN_PRODUCT_SCORE = 0.5  # below this score a product is not taken for the one meant
MAX_SCORE_GAP = 0.12  # products this close to the best are offered as well
FORM_FIELDS = ("product", "audience", "offer", "goal", "occasion", "dates", "language")
NEWS_GOALS = ("launch", "back in stock")  # aims that need something which is new, or back


async def understand_request(
    asked: IncomingRequest,
    *,
    brand: Brand,
    library: Library,
    writer: Writer | None = None,
    today: date,
    receipt: Callable[[LlmCall], Awaitable[None]],
) -> IntakeResult | Question:
    """The Brief in these words, with what was assumed. Raises CannotDo for a skill we haven't, and
    for words that ask for nothing."""
    private, words = parse_just_for_me(asked.words)
    asked = await _resolve_picked_product(asked, library)
    words = " ".join([words.strip(), *asked.more_words]).strip()
    if no := reply_to_small_talk(words):
        raise no
    skill = skill_for(words, asked.answers.get("skill") or asked.skill)
    if not load_skills()[skill].for_channels:
        return await understand_analysis(asked, skill, words, private, brand, library, today)
    said = wishes.read(words)
    clear = said.product and said.goal  # what the rules read for sure needs no second reading
    if writer is not None and not writer.by_rules and words and not clear:
        said = await brief_reader.read_brief(writer, words, asked.author, said, receipt)
    said = _apply_choices(said, asked, today)
    if not said.channels and (question := unknown_channel(words)):
        return question
    side = await _find_products(said, asked, words, library, brand.name)
    product, others = await _choose_product(said, side, library, brand.name)
    by_rules = writer is None or writer.by_rules
    if not product and side.unsure:
        return _ask_which_product(side.unsure[0])
    if not product and not _has_subject(said, words, by_rules=by_rules):
        return await _ask_for_subject(words, library)
    if not product and (no := reply_to_empty_request(said, words, by_rules=by_rules)):
        raise no
    private = private or asked.private
    many = len(side.found) > 1
    brief = _build_brief(said, asked, words, brand, product, others, private, many)
    if by_rules:
        brief = brief.model_copy(update={"assumed": brief.assumed + explain_tone(words)})
    if many:
        brief = brief.model_copy(update=_describe_products(side))
    if side.missing:
        brief = brief.model_copy(
            update={"assumed": brief.assumed + list_unknown_products(side.missing)}
        )
    return IntakeResult(
        brief=brief,
        requests=tuple(
            SkillRequest(
                skill=skill, brief=brief, channel=key, reason=asked.reason, previous=asked.previous
            )
            for key in brief.channels
        ),
    )


def _apply_choices(said: Wishes, asked: IncomingRequest, today: date) -> Wishes:
    """What a form or a tap chose, over what the words said; a wish in a send-back reason too."""
    chosen: dict[str, object] = {}
    for field in FORM_FIELDS:
        if (value := asked.answers.get(field) or getattr(asked, field)) and _is_allowed_value(
            field, value
        ):
            chosen[field] = value
    if must := asked.answers.get("must_say"):
        chosen["must_say"] = [*said.must_say, must]
    if asked.reason:  # said last
        wish = wishes.read(asked.reason)
        chosen |= {k: v for k in ("language", "offer") if (v := getattr(wish, k))}
        musts = [*said.must_say, *wish.must_say]
        chosen["must_say"] = list(dict.fromkeys([*filter(None, [must]), *musts]))
    keys = asked.answers.get("channels") or asked.answers.get("channel") or asked.channel
    if known := [key for key in re.split(r"[ ,]+", keys or "") if key in load_channels()]:
        chosen["channels"] = known
    if chosen.get("occasion", said.occasion) == "soldes":  # summer's or winter's, by the date
        coming = [(o.coming(today), key) for key, o in load_occasions().items() if key != "soldes"]
        ahead = [(p.starts, key) for p, key in coming if p and load_occasions()[key].legal]
        chosen["occasion"] = min(ahead)[1] if ahead else "soldes"
    return Wishes.model_validate(said.model_dump() | chosen)


def _is_allowed_value(field: str, value: str) -> bool:
    """Whether a value from a form is one this field can have."""
    allowed = {"language": LANGUAGES, "goal": get_args(Goal), "occasion": tuple(load_occasions())}
    return value in allowed.get(field, (value,))


async def _resolve_picked_product(asked: IncomingRequest, library: Library) -> IncomingRequest:
    """An answer that is a product's name chooses that product, as a tap on it does."""
    for key in [key for key, value in asked.answers.items() if value in asked.more_words]:
        exact = [hit for hit in await library.find(asked.answers[key]) if hit.score >= 1]
        if exact:
            rest = {k: v for k, v in asked.answers.items() if k != key}
            return asked.model_copy(update={"answers": rest | {"product": exact[0].handle}})
    return asked


def _ask_which_product(unsure: Unsure) -> Question:
    return Question(
        words=Words(
            "I don't find “{name}” in the catalogue. Is it one of these?", name=unsure.called
        ),
        options=tuple(hit.title for hit in unsure.near[:3]),
    )


async def _find_products(
    said: Wishes, asked: IncomingRequest, words: str, library: Library, house: str
) -> Beside:
    """The products that one text is about."""
    phrases = [*filter(None, [said.product]), *said.subjects]
    chosen = asked.answers.get("product") or asked.product
    if chosen and any(hit.handle == chosen for hit in await library.find(chosen)):
        return Beside()  # a tap on one of them
    return await beside(phrases, words, library, house)


def _describe_products(beside: Beside) -> dict[str, object]:
    titles = ", ".join(one.title for one in beside.found[:3])
    return {
        "product_words": beside.called or titles,
        "range_words": beside.called or None,
        "others": tuple(one.handle for one in beside.found[1:]),
    }


async def _choose_product(
    said: Wishes, beside: Beside, library: Library, house: str
) -> tuple[ProductMatch | None, Sequence[ProductMatch]]:
    """The product meant, and others that come close or are named beside it."""
    if len(beside.found) > 1:
        return beside.found[0], beside.found[1:]
    best, near = await _find_likeliest_product(said, library, house)
    for one in beside.found:
        if best is None or (best.handle != one.handle and best.score < 1):
            return one, ()
    return best, near


async def _find_likeliest_product(
    said: Wishes, library: Library, house: str
) -> tuple[ProductMatch | None, Sequence[ProductMatch]]:
    best: list[ProductMatch] = []
    if said.product and is_event(said.product):
        return None, []
    for words in dict.fromkeys(filter(None, [said.product, *said.subjects, *said.must_say])):
        hits = (await match_name(words, library, house)).sure
        if exact := [hit for hit in hits if words == hit.handle]:
            return exact[0], []
        if not hits or hits[0].score < MIN_PRODUCT_SCORE or not is_it(hits[0], words):
            continue
        if not best or hits[0].score > best[0].score:
            best = [*hits]
    if not best:
        return None, []
    return best[0], [hit for hit in best[1:3] if hit.score >= best[0].score - MAX_SCORE_GAP]


def _has_subject(said: Wishes, words: str, *, by_rules: bool) -> bool:
    """By rules, what is new and to whom alone would make an e-mail about nothing."""
    if not re.search(r"[^\W\d_]{3}", words):
        return False  # no word at all
    aim = None if by_rules and said.goal in NEWS_GOALS else said.goal
    told = said.product or aim or said.offer or said.occasion or said.must_say
    return bool(told or (said.channels and said.audience) or asked_in(words, thing=None))


async def _ask_for_subject(words: str, library: Library) -> Question:
    near = await library.find(words) if words else ()
    return Question(
        words=Words("What is it about? Name a product, or what you want to tell."),
        options=tuple(hit.title for hit in near[:3]),
    )


def _build_brief(
    said: Wishes,
    asked: IncomingRequest,
    words: str,
    brand: Brand,
    product: ProductMatch | None,
    others: Sequence[ProductMatch],
    private: bool,
    many: bool,
) -> Brief:
    typed = wishes.typed_in(words)
    language = said.language or typed or brand.languages[0]
    thing = product.title if product else None
    notice = bool(APOLOGY_PATTERN.search(words) or asked_in(words, thing=thing))
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
        assumed=list_assumptions(
            said, product, others, language, typed is not None, many=many, notice=notice
        ),
        options=build_options(said, others, language, brand),
    )
