"""Write copy for one channel: an e-mail, an SMS, a product page."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.material_facts import find_material_facts
from bot.core.parts import Copy, Hook, Part, split_output
from bot.core.request import Question, SkillRequest
from bot.grounding.style import find_style_faults
from bot.i18n.messages import Words
from bot.rules.doubts import silent_on
from bot.rules.events import is_event
from bot.rules.notices import asked_in


class Email(BaseModel):
    subject: Copy = Field(title="Subject")
    preheader: Copy = Field(title="Preheader")
    body: Copy = Field(title="Body")
    call_to_action: Copy = Field(title="Call to action")
    hooks: list[Hook] = Field(title="Other openings")


class Sms(BaseModel):
    text: Copy = Field(title="Text")
    hooks: list[Hook] = Field(title="Other openings")


class ProductPage(BaseModel):
    title: Copy = Field(title="Title")
    description: Copy = Field(title="Description")
    hooks: list[Hook] = Field(title="Other openings")


TITLE = "Copy"
COMMAND = "draft"
HINT = "e-mail: our linen shirt is back, for people who bought shirts last summer"
FOR_CHANNELS = True

ASK_SUBJECT = Words("What is it about? Name a product, or what you want to tell.")
ASK_PRODUCT = Words("Which one? For one text about several, name each of them, with “and” between.")
PRODUCT_GOALS = ("launch", "back in stock", "sell through", "win back", "announce")
MIN_PRODUCT_SCORE = 0.3  # products with a lower match score are not offered
NO_PRODUCT_PATTERN = re.compile(
    r"(?:what|here|how|everybody|everyone|tested|tester|test|monde|tout le monde|nouveaut[ée]s?"
    r"|news?|(?:the )?(?:checkout|winner)|(?:le )?(?:paiement|gagnant)|this|that|it|voici|ceci)\b",
    re.IGNORECASE,
)

OUTPUTS: dict[str, type[BaseModel]] = {"email": Email, "sms": Sms, "product_page": ProductPage}


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    brief = request.brief
    output = OUTPUTS.get(request.channel or "", Email)
    if ctx.by_rules and (notice := await write_notice(request, ctx)):
        return await ctx.write(output, by_rules=output.model_validate(notice))
    if ctx.by_rules and (question := await ask_product(request, ctx)):
        return question
    topic = brief.product or brief.product_words or brief.offer or brief.must_say or brief.occasion
    aims = ("sell through", "announce") if ctx.by_rules else tuple(PRODUCT_GOALS)
    goal = brief.goal if brief.goal in aims else None  # a goal that is enough without a subject
    if not topic and not goal and (brief.audience or not brief.goal):
        return await ask_product_for_audience(request, ctx)
    await ctx.look_up("product", "segment", "praise", "past_copy")
    for other in brief.others:
        other_brief = brief.model_copy(update={"product": other})
        await ctx.look_up("product", request=request.model_copy(update={"brief": other_brief}))
    ctx.evidence = ctx.evidence.plus(find_material_facts(ctx.evidence, request))
    return await ctx.write(output, check=lambda written: find_problems(written, ctx))


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


def find_problems(written: BaseModel, ctx: SkillContext) -> list[str]:
    """List the faults of a draft as sentences for the writer."""
    parts, hooks = split_output(written)
    found = find_style_faults(parts, request=ctx.request, brand=ctx.brand, channel=ctx.channel)
    found += find_unanswered_doubts(parts, ctx)
    openings = {parts[0].text[:60], *(hook.text for hook in hooks)}
    if len(hooks) != 2 or len(openings) != 3:
        found.append("hooks: exactly two, each another opening than the one chosen")
    limit = ctx.channel.parts.get(parts[0].key) if ctx.channel else None
    most = limit.most if limit and limit.unit == "characters" else None
    if most and any(len(hook.text) > most for hook in hooks):
        found.append(f"hooks: each in at most {most} characters, as {parts[0].key}")
    return found
