"""Write copy by rules, for when no AI is connected."""

import re
from collections.abc import Callable, Sequence

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.material_facts import find_material_facts
from bot.core.parts import Copy, Part, split_output
from bot.core.request import Question, SkillRequest
from bot.errors import CannotDo
from bot.i18n.messages import Words, join_words
from bot.rules.doubts import silent_on
from bot.rules.events import is_event
from bot.rules.notices import asked_in
from bot.rules.writers.offline import can_write, list_channels

ASK_SUBJECT = Words("What is it about? Name a product, or what you want to tell.")
ASK_PRODUCT = Words("Which one? For one text about several, name each of them, with “and” between.")
MIN_PRODUCT_SCORE = 0.3  # products with a lower match score are not offered
NO_PRODUCT_PATTERN = re.compile(
    r"(?:what|here|how|everybody|everyone|tested|tester|test|monde|tout le monde|nouveaut[ée]s?"
    r"|news?|(?:the )?(?:checkout|winner)|(?:le )?(?:paiement|gagnant)|this|that|it|voici|ceci)\b",
    re.IGNORECASE,
)


async def draft_by_rules(
    request: SkillRequest,
    ctx: SkillContext,
    output: type[BaseModel],
    find_problems: Callable[[BaseModel, SkillContext], list[str]],
) -> BaseModel | Question:
    brief = request.brief
    if ctx.channel and not can_write(output):
        titles = [Words(one.title) for one in list_channels()]
        raise CannotDo(
            Words(
                "Without an AI I can't write this: {channel}. I can: {list}.",
                channel=Words(ctx.channel.title),
                list=join_words(titles),
            )
        )
    if notice := await write_notice(request, ctx):
        return await ctx.write(output, by_rules=output.model_validate(notice))
    if question := await ask_product(request, ctx):
        return question
    topic = brief.product or brief.product_words or brief.offer or brief.must_say or brief.occasion
    # goals that are enough without a subject
    goal = brief.goal if brief.goal in ("sell through", "announce") else None
    if not topic and not goal and (brief.audience or not brief.goal):
        return await ask_product_for_audience(request, ctx)
    await ctx.look_up("product", "segment", "praise", "past_copy")
    for other in brief.others:
        other_brief = brief.model_copy(update={"product": other})
        await ctx.look_up("product", request=request.model_copy(update={"brief": other_brief}))
    ctx.evidence = ctx.evidence.plus(find_material_facts(ctx.evidence, request))
    return await ctx.write(
        output, check=lambda written: [*find_problems(written, ctx), *_find_doubts(written, ctx)]
    )


def _find_doubts(written: BaseModel, ctx: SkillContext) -> list[str]:
    parts, _hooks = split_output(written)
    return find_unanswered_doubts(parts, ctx)


async def write_notice(request: SkillRequest, ctx: SkillContext) -> dict[str, object] | None:
    """Write a notice by rules when the words ask for one. A notice must not praise a product."""
    await ctx.look_up("product")
    titles = [fact for fact in ctx.evidence.facts if fact.id.endswith(".name")]
    thing = str(titles[0].value) if titles and request.brief.product else None
    notice = asked_in(request.brief.words, thing=thing)
    parts = notice.written(request.channel or "", request.language, ctx.brand) if notice else None
    if parts is None:
        return None
    angle = {"en": "in other words", "fr": "en d'autres mots"}[request.language]
    hooks = [{"angle": angle, "text": text} for text in parts.pop("hooks")]
    return {**{part: Copy(text=text) for part, text in parts.items()}, "hooks": hooks}


async def ask_product(request: SkillRequest, ctx: SkillContext) -> Question | None:
    """Ask back when the words name a range or an unknown product. The rules can write only about
    one product or about what the brief says."""
    brief = request.brief
    if brief.product or not brief.product_words:
        return None
    if is_event(brief.product_words):
        return None
    if NO_PRODUCT_PATTERN.match(brief.product_words):
        return await ask_product_for_audience(request, ctx)
    near = [
        product.title
        for product in await ctx.find_products(brief.product_words)
        if product.score >= MIN_PRODUCT_SCORE
    ]
    if len(near) > 1:
        return ctx.ask(ASK_PRODUCT, *near[:3])
    telling = brief.offer or brief.must_say or brief.goal == "announce"
    if telling and request.channel != "product_page":
        return None
    sold = await list_products(ctx)
    if not sold:
        return None
    unknown = brief.product_words
    near = [product.title for product in await ctx.find_products(unknown)]
    if near:
        return ctx.ask(
            Words("I don't find “{name}” in the catalogue. Is it one of these?", name=unknown),
            *near[:3],
        )
    return ctx.ask(
        Words("I don't find “{name}” in the catalogue. Name a product, as these.", name=unknown),
        *sold,
    )


async def list_products(ctx: SkillContext) -> list[str]:
    """Return the names of some products. Empty without a catalogue."""
    await ctx.look_up("range")
    return [str(fact.value) for fact in ctx.evidence.of("range")]


async def ask_product_for_audience(request: SkillRequest, ctx: SkillContext) -> Question:
    """Ask for the subject when only an audience is named. Offers products of its top category."""
    await ctx.look_up("segments")
    kinds = {
        fact.id.split(".")[1]: str(fact.value)
        for fact in ctx.evidence.facts
        if fact.id.endswith(".favourite-category")
    }
    rule = request.brief.rule or ""
    meant = [kind for group, kind in kinds.items() if f'"{group}"' in rule] or [*kinds.values()]
    near = await ctx.find_products(meant[0]) if meant and request.brief.audience else ()
    options = [product.title for product in near] or await list_products(ctx)
    return ctx.ask(ASK_SUBJECT, *options[:3])


def find_unanswered_doubts(parts: Sequence[Part], ctx: SkillContext) -> list[str]:
    """List the customers' doubts that the text should answer and does not."""
    found = []
    for fact in ctx.evidence.of("feedback"):
        theme, measure = fact.id.split(".")[1:]
        if measure != "blamed":
            continue
        if silent_on(theme, "\n".join(part.text for part in parts)):
            found.append(
                f"answer the doubt that was asked about ({fact.about}): what customers "
                "find, and what to do about it"
            )
        if not any(fact.id in part.facts for part in parts):
            found.append(f"say how many say so, and cite {fact.id}")
    return found
