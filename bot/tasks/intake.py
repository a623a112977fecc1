"""Turn a person's words into a Brief and its SkillRequests by rules, or into one question back.

This is how words are read without an AI, and how the requests of digests and alerts are read. Only
the words that a person typed are read as instructions. The text of a thread, a file or the
catalogue is material for the writer and changes no setting.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import get_args

from bot.agent.skills import load_skills
from bot.config.brand import Brand
from bot.core.brief import Assumption, Brief, Goal, parse_just_for_me
from bot.core.channels import load_channels
from bot.core.library import Library, ProductMatch
from bot.core.request import IncomingRequest, IntakeResult, Question, SkillRequest
from bot.core.thread_text import is_follow_up
from bot.core.writer import Writer
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
from bot.tasks.assumptions import build_options, list_assumptions, list_unknown_products

# Replies to messages without a request: a greeting, thanks, a question for help.

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
    """The reply to a greeting, to thanks or to the question what the intern can do."""
    if THANKS_PATTERN.fullmatch(words):
        return CannotDo(Words("You're welcome.", **{CALM_PARAM: "yes"}))
    if SMALL_TALK.search(words.replace("’", "'")) or GREETING_PATTERN.fullmatch(words):
        return CannotDo(
            Words("I draft, you decide. {examples}", examples=EXAMPLES, **{CALM_PARAM: "yes"})
        )
    return None


def reply_to_empty_request(stated: Wishes, words: str, *, by_rules: bool) -> CannotDo | None:
    """The reply to words that name no product, occasion, channel or goal, because the rules would
    write a draft that praises the words themselves. A model may interpret words that begin like a
    request."""
    known: Iterable[object] = (
        stated.channels,
        stated.goal,
        stated.offer,
        stated.occasion,
        stated.must_say,
        stated.audience,
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


TONE_PATTERN = re.compile(
    r"\b(?:(?:formal|informal|playful|funny|warm|serious|premium|friendly|luxury)(?: tone| voice)"
    r"|tone: ?\w+|ton (?:plus |très )?(?:formel|soutenu|sobre|drôle|chaleureux|décalé|sérieux"
    r"|complice|premium|léger)|formel(?:le)?s?\b|formal\b|soutenue?s?\b)",
    re.IGNORECASE,
)
APOLOGY_PATTERN = re.compile(
    r"\b(?:apolog(?:y|ies|i[sz]e|i[sz]ing)|sorry|excus(?:e|es|er|ons)|désolée?s?|pardon)\b",
    re.IGNORECASE,
)


def explain_tone(words: str) -> tuple[Assumption, ...]:
    """Say that a tone was asked for, which the rules cannot change."""
    if not TONE_PATTERN.search(words):
        return ()
    explanation = Words("the brand's usual tone: without an AI, it can't be changed")
    return (Assumption(field="tone", value="the brand's own", words=explanation),)


# An analysis has one SkillRequest, without a channel.

INSTEAD_PATTERN = re.compile(
    r"\b(?:instead|rather|please|plutôt|à la place|s'il (?:te|vous) plaît)\b", re.IGNORECASE
)
MIN_EXACT_SCORE = 0.85  # an analysis is limited to a product only above this score


async def understand_analysis(
    incoming: IncomingRequest,
    skill: str,
    words: str,
    private: bool,
    brand: Brand,
    library: Library,
    today: date,
) -> IntakeResult:
    """Build the Brief of an analysis. Values from a form or a button override the words."""
    answers = incoming.answers
    stated = wishes.read(words)
    # The reason of a send-back is the latest text, so its language and period come first.
    reason_language = wishes.read(incoming.reason).language if incoming.reason else None
    language = (
        reason_language or answers.get("language") or stated.language or wishes.typed_in(words)
    )
    previous_words = answers.get("follows") or incoming.follows
    if previous_words and skill == "answer":
        words = follow_up.joined(previous_words, words)
    reason = incoming.reason or ""
    if skill == "answer" and not reason_language and is_follow_up(reason):
        # For example "for last month instead".
        words, reason = follow_up.joined(words, INSTEAD_PATTERN.sub("", reason)), ""
    all_words = f"{words} {reason}"
    has_own_period = load_skills()[skill].own_period
    compared_periods = (
        None if has_own_period or skill != "answer" else against.held(all_words, today)
    )
    reason_period = None if has_own_period else period.read(reason, today)
    period_meant = (
        compared_periods[0]
        if compared_periods
        else None
        if has_own_period
        else reason_period or period.read(all_words, today)
    )
    if previous_words and not has_own_period and period_meant is None:
        # A follow-up that names no period keeps the previous one.
        period_meant = period.read(previous_words, today)
    product = await _find_exact_product(answers.get("product"), words, library)
    brief = Brief(
        words=words,
        author=incoming.author,
        language=language if language in LANGUAGES else incoming.ui_language,
        product=product[0] if product else None,
        product_words=product[1] if product else None,
        audience=answers.get("audience"),
        category=answers.get("category"),
        brand=answers.get("brand"),
        series=answers.get("series"),
        since=_parse_day(answers.get("since")) or (period_meant.since if period_meant else None),
        until=_parse_day(answers.get("until")) or (period_meant.until if period_meant else None),
        against=(compared_periods[1].since, compared_periods[1].until)
        if compared_periods
        else None,
        within=period.ahead(words),
        sections=tuple((answers.get("sections") or "").split()),
        rule=answers.get("rule"),
        query=answers.get("query"),
        stands_on=answers.get("stands_on"),
        material=incoming.material,
        private=private or incoming.private,
    )
    request = SkillRequest(
        skill=skill, brief=brief, reason=incoming.reason, previous=incoming.previous
    )
    return IntakeResult(brief=brief, requests=(request,))


async def _find_exact_product(
    chosen: str | None, words: str, library: Library
) -> tuple[str, str] | None:
    """Handle and title of the product that was chosen or is clearly named."""
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

MIN_PRODUCT_SCORE = 0.5  # below this score no product is assumed
MAX_SCORE_GAP = 0.12  # products this close to the best match are offered too
FORM_FIELDS = ("product", "audience", "offer", "goal", "occasion", "dates", "language")
NEWS_GOALS = ("launch", "back in stock")  # goals that need a product


async def understand_request(
    incoming: IncomingRequest,
    *,
    brand: Brand,
    library: Library,
    writer: Writer | None = None,
    today: date,
) -> IntakeResult | Question:
    """Build the Brief of these words, with its assumptions. Raises CannotDo for an unknown skill
    and for words that ask for nothing."""
    private, words = parse_just_for_me(incoming.words)
    incoming = await _resolve_picked_product(incoming, library)
    words = " ".join([words.strip(), *incoming.more_words]).strip()
    if refusal := reply_to_small_talk(words):
        raise refusal
    skill = skill_for(words, incoming.answers.get("skill") or incoming.skill)
    if not load_skills()[skill].for_channels:
        return await understand_analysis(incoming, skill, words, private, brand, library, today)
    stated = wishes.read(words)
    stated = _apply_choices(stated, incoming, today)
    if not stated.channels and (question := unknown_channel(words)):
        return question
    products = await _find_products(stated, incoming, words, library, brand.name)
    product, alternatives = await _choose_product(stated, products, library, brand.name)
    by_rules = writer is None or writer.by_rules
    if not product and products.unsure:
        return _ask_which_product(products.unsure[0])
    if not product and not _has_subject(stated, words, by_rules=by_rules):
        return await _ask_for_subject(words, library)
    if not product and (refusal := reply_to_empty_request(stated, words, by_rules=by_rules)):
        raise refusal
    private = private or incoming.private
    about_several = len(products.found) > 1
    brief = _build_brief(
        stated, incoming, words, brand, product, alternatives, private, about_several
    )
    if by_rules:
        brief = brief.model_copy(update={"assumed": brief.assumed + explain_tone(words)})
    if about_several:
        brief = brief.model_copy(update=_describe_products(products))
    if products.missing:
        brief = brief.model_copy(
            update={"assumed": brief.assumed + list_unknown_products(products.missing)}
        )
    return IntakeResult(
        brief=brief,
        requests=tuple(
            SkillRequest(
                skill=skill,
                brief=brief,
                channel=key,
                reason=incoming.reason,
                previous=incoming.previous,
            )
            for key in brief.channels
        ),
    )


def _apply_choices(stated: Wishes, incoming: IncomingRequest, today: date) -> Wishes:
    """Apply the values from a form or a button and from the reason of a send-back."""
    chosen: dict[str, object] = {}
    for field in FORM_FIELDS:
        if (value := incoming.answers.get(field) or getattr(incoming, field)) and _is_allowed_value(
            field, value
        ):
            chosen[field] = value
    if must := incoming.answers.get("must_say"):
        chosen["must_say"] = [*stated.must_say, must]
    if incoming.reason:  # the latest text
        wish = wishes.read(incoming.reason)
        chosen |= {k: v for k in ("language", "offer") if (v := getattr(wish, k))}
        musts = [*stated.must_say, *wish.must_say]
        chosen["must_say"] = list(dict.fromkeys([*filter(None, [must]), *musts]))
    keys = incoming.answers.get("channels") or incoming.answers.get("channel") or incoming.channel
    if known := [key for key in re.split(r"[ ,]+", keys or "") if key in load_channels()]:
        chosen["channels"] = known
    if chosen.get("occasion", stated.occasion) == "soldes":  # the next summer or winter sales
        coming = [(o.coming(today), key) for key, o in load_occasions().items() if key != "soldes"]
        ahead = [(p.starts, key) for p, key in coming if p and load_occasions()[key].legal]
        chosen["occasion"] = min(ahead)[1] if ahead else "soldes"
    return Wishes.model_validate(stated.model_dump() | chosen)


def _is_allowed_value(field: str, value: str) -> bool:
    """Whether a value from a form is one this field can have."""
    allowed = {"language": LANGUAGES, "goal": get_args(Goal), "occasion": tuple(load_occasions())}
    return value in allowed.get(field, (value,))


async def _resolve_picked_product(incoming: IncomingRequest, library: Library) -> IncomingRequest:
    """Replace an answer that is the exact name of a product by the product's handle."""
    for key in [key for key, value in incoming.answers.items() if value in incoming.more_words]:
        exact = [hit for hit in await library.find(incoming.answers[key]) if hit.score >= 1]
        if exact:
            rest = {k: v for k, v in incoming.answers.items() if k != key}
            return incoming.model_copy(update={"answers": rest | {"product": exact[0].handle}})
    return incoming


def _ask_which_product(unsure: Unsure) -> Question:
    return Question(
        words=Words(
            "I don't find “{name}” in the catalogue. Is it one of these?", name=unsure.called
        ),
        options=tuple(hit.title for hit in unsure.near[:3]),
    )


async def _find_products(
    stated: Wishes, incoming: IncomingRequest, words: str, library: Library, brand_name: str
) -> Beside:
    """Find the products that one text is about."""
    phrases = [*filter(None, [stated.product]), *stated.subjects]
    chosen = incoming.answers.get("product") or incoming.product
    if chosen and any(hit.handle == chosen for hit in await library.find(chosen)):
        return Beside()  # the person pressed the button of one product
    return await beside(phrases, words, library, brand_name)


def _describe_products(beside: Beside) -> dict[str, object]:
    titles = ", ".join(product.title for product in beside.found[:3])
    return {
        "product_words": beside.called or titles,
        "range_words": beside.called or None,
        "others": tuple(product.handle for product in beside.found[1:]),
    }


async def _choose_product(
    stated: Wishes, beside: Beside, library: Library, brand_name: str
) -> tuple[ProductMatch | None, Sequence[ProductMatch]]:
    """Return the product meant, and the ones that are similar or named with it."""
    if len(beside.found) > 1:
        return beside.found[0], beside.found[1:]
    best, near = await _find_likeliest_product(stated, library, brand_name)
    for one in beside.found:
        if best is None or (best.handle != one.handle and best.score < 1):
            return one, ()
    return best, near


async def _find_likeliest_product(
    stated: Wishes, library: Library, brand_name: str
) -> tuple[ProductMatch | None, Sequence[ProductMatch]]:
    best: list[ProductMatch] = []
    if stated.product and is_event(stated.product):
        return None, []
    for words in dict.fromkeys(filter(None, [stated.product, *stated.subjects, *stated.must_say])):
        hits = (await match_name(words, library, brand_name)).sure
        if exact := [hit for hit in hits if words == hit.handle]:
            return exact[0], []
        if not hits or hits[0].score < MIN_PRODUCT_SCORE or not is_it(hits[0], words):
            continue
        if not best or hits[0].score > best[0].score:
            best = [*hits]
    if not best:
        return None, []
    return best[0], [hit for hit in best[1:3] if hit.score >= best[0].score - MAX_SCORE_GAP]


def _has_subject(stated: Wishes, words: str, *, by_rules: bool) -> bool:
    """Whether the words say what to write about. For the rules, a goal that needs a product and an
    audience are not enough."""
    if not re.search(r"[^\W\d_]{3}", words):
        return False  # no word
    goal = None if by_rules and stated.goal in NEWS_GOALS else stated.goal
    topic = stated.product or goal or stated.offer or stated.occasion or stated.must_say
    return bool(topic or (stated.channels and stated.audience) or asked_in(words, thing=None))


async def _ask_for_subject(words: str, library: Library) -> Question:
    near = await library.find(words) if words else ()
    return Question(
        words=Words("What is it about? Name a product, or what you want to tell."),
        options=tuple(hit.title for hit in near[:3]),
    )


def _build_brief(
    stated: Wishes,
    incoming: IncomingRequest,
    words: str,
    brand: Brand,
    product: ProductMatch | None,
    alternatives: Sequence[ProductMatch],
    private: bool,
    about_several: bool,
) -> Brief:
    typed = wishes.typed_in(words)
    language = stated.language or typed or brand.languages[0]
    thing = product.title if product else None
    notice = bool(APOLOGY_PATTERN.search(words) or asked_in(words, thing=thing))
    return Brief(
        words=words,
        author=incoming.author,
        language=language,
        channels=tuple(stated.channels) or ("email",),
        goal=stated.goal or "inform",
        product=product.handle if product else None,
        product_words=product.title if product else stated.product,
        audience=stated.audience,
        offer=stated.offer,
        occasion=stated.occasion,
        dates=stated.dates,
        must_say=tuple(stated.must_say),
        stands_on=incoming.answers.get("stands_on"),
        rule=incoming.answers.get("rule"),
        material=incoming.material,
        private=private,
        assumed=list_assumptions(
            stated,
            language,
            product,
            alternatives,
            is_language_known=typed is not None,
            about_several=about_several,
            is_notice=notice,
        ),
        options=build_options(stated, language, brand, alternatives),
    )
