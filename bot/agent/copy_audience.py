"""For whom a text is: what the prompt says of its audience, and the audience that was counted."""

from itertools import chain

from bot.agent.request_state import RequestState
from bot.config.brand import Brand
from bot.core.audience_rule import AudienceRule
from bot.core.audience_words import TOO_FEW_SIZES, join_with_or
from bot.core.channels import Channel
from bot.core.checks import Check
from bot.core.facts import Evidence, Fact
from bot.core.readers import find_opt_outs_abroad, list_reader_countries
from bot.core.request import Question, SkillRequest
from bot.i18n.languages import get_language
from bot.i18n.messages import LANGUAGES, Country, Words, parse_language

AUDIENCE_TOOL = "audience"
SEGMENT, COUNTED = "segment", "audiences"  # kinds of facts
CONDITIONS = "segment.audience.audience"  # the rule in words
SIZE = "segment.audience.size"
RULE = "segment.audience.rule"
SIGNED_UP = (
    f"where the customers' file says when people signed up, `{AUDIENCE_TOOL}` counts them by "
    "never_ordered and joined_within; those of the segment new have ordered."
)
POINTING = (
    ", unless the request points to the people of the report (“those”): "
    f"then call `{AUDIENCE_TOOL}` with their conditions first"
)
IN_REPORT = (
    "Words such as “those” mean the people of the report. Whom it counted in the place of these "
    "people is whom the text is for: count them by its conditions. "
)
TRUE_OF_SOME = (
    "; where the text is true of some of them only (“your order is late”), it is for those: if the "
    f"conditions of `{AUDIENCE_TOOL}` tell exactly who they are, call it first; else write into "
    "`not_used` for whom alone it is"
)
MAIN_LANGUAGE = "segment.audience.language-of-two-thirds"
MAIN_READERS = "segment.audience.readers-of-that-language"
WRITTEN_IN = Words("Written {language}: {readers}.")
STOP_ABROAD = Words("How to stop is “{mention}”. Does that work in {countries}?")
NOT_COUNTED = Words("“{audience}” was not counted: the text goes by these words.")
WHOM_INSTEAD = Words("“{audience}”: {size}. Whom shall the text be for?")
ALL_THE_SAME = Words("Write it all the same")
TOO_FEW = Words("Too few people to send this to: choose a wider audience.")
SET_IN_AD = Words(
    "“{audience}” was not counted in your data: choose these people in the settings of the ad."
)


def describe_audience(ctx: RequestState) -> str:
    """Say for whom the text is and what the data know of them, for the prompt."""
    brief = ctx.request.brief
    if conditions := ctx.evidence.get(CONDITIONS):
        name = brief.typed_audience or str(conditions.value)
        return f"{name}: counted, see the facts of {SEGMENT}"
    if brief.rule:
        return f"{brief.audience or 'the audience of a rule'}: the data can't count them"
    is_public = ctx.channel is not None and ctx.channel.is_public
    is_matched = ctx.channel is not None and ctx.channel.consent is not None
    if brief.goal_audience and not is_public:
        known = SIGNED_UP if brief.goal == "welcome" else "no data count them."
        named = ", ".join(filter(None, (brief.goal_audience.to("en"), brief.audience)))
        return (
            f"{named}: {known} Go by these words, and count nobody in their "
            f"place{POINTING if ctx.earlier.report else ''}."
        )
    if not brief.audience:
        everybody = "anybody may read it" if is_public else "the whole list"
        unless = POINTING if ctx.earlier.report and (is_matched or not is_public) else ""
        return f"nobody in particular: {everybody}{unless}{'' if is_public else TRUE_OF_SOME}"
    if is_public and not is_matched:
        return f"{brief.audience}: whom the text speaks to. Anybody may read it: count nobody."
    if is_public:
        return (
            f"{brief.audience}: whom the ad is aimed at. A place, an age or an interest is a "
            "setting of the ad: count nobody for it. Only customers of ours, by what they bought, "
            f"looked at or did, are matched to an ad: for these call `{AUDIENCE_TOOL}` first, "
            "purpose ads."
        )
    pointing = IN_REPORT if ctx.earlier.report else ""
    return (
        f"{brief.audience}: not counted yet. {pointing}Call `{AUDIENCE_TOOL}` with exactly these "
        "conditions first; what it finds chooses the argument. If that is everybody, or no data "
        "hold all of it (people who move house, who left a basket), count nobody in their place "
        "and go by the words."
    )


def ask_for_wider_audience(ctx: RequestState) -> Question | None:
    """Ask whom a text shall be for, where too few of the people of its rule may be written to on
    its channel. A notice, one that the person wants all the same, or that was written before, is
    written."""
    request, channel = ctx.request, ctx.channel
    size = ctx.evidence.get(SIZE)
    is_sent = channel is not None and channel.consent is not None and not channel.is_public
    if not (is_sent and size and size.words and size.words.text in TOO_FEW_SIZES):
        return None
    is_wanted = any(ALL_THE_SAME.to(one) in request.brief.words for one in LANGUAGES)
    if is_wanted or request.reason or request.brief.is_notice:
        return None
    name = request.brief.audience or str(size.value)
    words = WHOM_INSTEAD.with_params(audience=name, size=size.words)
    return Question(words=words, options=(ALL_THE_SAME.to(request.language),))


def choose_language(ctx: RequestState) -> bool:
    """Take the language that at least two thirds of the counted readers read, where nothing names
    one and the message is in another: the only place where a text leaves the language of its brief.
    Return whether it did, so that the facts are those of the other language. A later version keeps
    its language."""
    request, main = ctx.request, ctx.evidence.get(MAIN_LANGUAGE)
    brief = request.brief
    is_open = brief.asked_in == brief.language and not (request.reason or request.previous)
    if ctx.by_rules or not (is_open and main) or main.value == brief.language:
        return False
    language = parse_language(str(main.value))
    if language not in ctx.brand.languages:
        return False
    changed = brief.model_copy(update={"language": language})
    ctx.start_again(request.model_copy(update={"brief": changed}))
    return True


def describe_counted_audience(ctx: RequestState) -> tuple[str, ...]:
    """Return the rule of the audience in words, with its name: nothing when none is counted."""
    conditions = ctx.evidence.get(CONDITIONS)
    if conditions is None:
        return ()
    name = ctx.request.brief.audience
    return (f"{name}: {conditions.value}" if name else str(conditions.value),)


async def keep_counted_audience(ctx: RequestState) -> None:
    """Store in the brief the audience that the model counted with a tool, so that the card shows
    its rule and size and a later version keeps it. Note where it was not counted. Without an
    audience, count whom the channel reaches."""
    brief = ctx.request.brief
    aimed = brief.goal_audience or brief.audience
    is_known = aimed or brief.rule or brief.notice or ctx.evidence.get(CONDITIONS)
    if not (is_known or _find_counted_rule(ctx)):
        await ctx.look_up("reach")
    if ctx.by_rules:
        return
    if (counted := read_counted_request(ctx)) != ctx.request:
        ctx.request, brief = counted, counted.brief
        await ctx.look_up(SEGMENT, replace=True)
    conditions = ctx.evidence.get(CONDITIONS)
    size = ctx.evidence.get(SIZE)
    is_few = size is not None and size.words is not None and size.words.text in TOO_FEW_SIZES
    if conditions and is_few and not brief.is_notice:
        ctx.notes += (Check(rule="audience", level="warn", words=TOO_FEW),)
    readers = ctx.evidence.get(MAIN_READERS)
    if readers and readers.words and brief.asked_in not in (None, brief.language):
        phrase = Words(get_language(brief.language).phrase)
        _note(ctx, WRITTEN_IN.with_params(language=phrase, readers=readers.words))
    if conditions:
        ctx.notes += find_foreign_opt_out(ctx.request, ctx.evidence, ctx.brand, ctx.channel)
    if conditions and brief.rule and brief.audience is None:
        assumed = tuple(one for one in brief.assumed if one.field != "audience")
        brief = brief.model_copy(update={"audience": str(conditions.value), "assumed": assumed})
        ctx.request = ctx.request.model_copy(update={"brief": brief})
    elif aimed and not conditions and not (ctx.channel and ctx.channel.is_public):
        _note(ctx, NOT_COUNTED.with_params(audience=aimed))
    elif aimed and not conditions and ctx.channel and ctx.channel.consent:
        _note(ctx, SET_IN_AD.with_params(audience=aimed))


def read_counted_request(ctx: RequestState) -> SkillRequest:
    """Return the request with the audience that the model counted with a tool, if any."""
    brief = ctx.request.brief
    rule = None if brief.rule else _find_counted_rule(ctx)
    if rule is None:
        return ctx.request
    purpose = ctx.channel.consent if ctx.channel else None
    changed = rule.model_copy(update={"purpose": purpose}) if purpose else rule
    brief = brief.model_copy(update={"rule": changed.stored})
    return ctx.request.model_copy(update={"brief": brief})


def find_foreign_opt_out(
    request: SkillRequest, evidence: Evidence, brand: Brand, channel: Channel | None
) -> tuple[Check, ...]:
    """Return the question whether those of the readers who are in other countries can stop an SMS
    by the number that the brand always mentions. Where all of them are, the text lacks it."""
    counted = evidence.get(RULE)
    stored = request.brief.rule or (str(counted.value) if counted else None)
    brief = request.brief.model_copy(update={"rule": stored})
    many = len(list_reader_countries(brief))
    known = find_opt_outs_abroad(request.model_copy(update={"brief": brief}), brand)
    found = {text: abroad for text, abroad in known.items() if len(abroad) < many}
    if not found:
        return ()
    places = [Country(name=one) for one in dict.fromkeys(chain.from_iterable(found.values()))]
    words = STOP_ABROAD.with_params(mention="; ".join(found), countries=join_with_or(places))
    return (Check(rule="opt-out", level="info", words=words),)


def _note(ctx: RequestState, words: Words) -> None:
    ctx.notes += (Check(rule="audience", level="info", words=words),)


def _find_counted_rule(ctx: RequestState) -> AudienceRule | None:
    """Return the rule that the model has counted for this text, if it is one. A place is a setting
    of what anybody may read, and no count of its readers."""
    before = {str(fact.value) for fact in ctx.earlier.facts if _is_rule(fact)}
    rules = {str(fact.value) for fact in ctx.book.facts if _is_rule(fact)} - before
    rule = AudienceRule.model_validate_json(rules.pop()) if len(rules) == 1 else None
    is_setting = rule and rule.is_only_of_places and ctx.channel and ctx.channel.is_public
    return None if is_setting else rule


def _is_rule(fact: Fact) -> bool:
    return fact.parts.kind == COUNTED and fact.parts.measure == "rule"
