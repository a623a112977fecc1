"""Write copy for one channel: an e-mail, an SMS, a post, an ad, a product page."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.channels import get_default_channel
from bot.core.facts import PRODUCT_KINDS
from bot.core.material_facts import find_material_facts
from bot.core.parts import split_output
from bot.core.request import BASKET_LEFT, Question, SkillRequest
from bot.grounding.figure_checks import PROVING_COUNTS
from bot.grounding.numbers import read_figures
from bot.i18n.messages import Words

TITLE = "Copy"
COMMAND = "draft"
HINT = "e-mail: our linen shirt is back, for people who bought shirts last summer"
FOR_CHANNELS = True

TOOLS = (
    "find_products",
    "product",
    "price_history",
    "past_copy",
    "occasions",
    "read_feedback",
    "audience",
    "ask_person",
)
ASK_TOPIC = Words("What is it about? Name a product, or what you want to tell.")


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    output = (ctx.channel or get_default_channel()).output
    if request.is_own_text:
        await ctx.look_up(*PRODUCT_KINDS)
        return await ctx.use_own_text(output)
    await ctx.look_up(*PRODUCT_KINDS, "segment", "praise", "past_copy", "first_sale")
    if ctx.choose_language():  # of readers who were counted before
        return await handle(ctx.request, ctx)
    if {str(one.first.unit) for one in read_figures(request.brief.typed_words)} & PROVING_COUNTS:
        await ctx.look_up("counts")
    if question := ctx.ask_for_wider_audience():
        return question
    for other in request.brief.others:
        other_brief = request.brief.model_copy(update={"product": other})
        other_request = request.model_copy(update={"brief": other_brief})
        await ctx.look_up(*PRODUCT_KINDS, "first_sale", request=other_request)
    if request.brief.category:
        await ctx.look_up("best_sellers")
    if request.brief.offer and (request.brief.product or request.brief.category):
        await ctx.look_up("reduced")
    ctx.evidence = ctx.evidence.plus(find_material_facts(ctx.evidence, request))
    ctx.add_offer_prices()
    is_news = not ctx.by_rules and request.brief.goal in ("announce", "event")
    is_unnamed = request.brief.notice or is_news or request.brief.goal == BASKET_LEFT
    is_settled = is_unnamed or ctx.evidence.of("product") or ctx.earlier.facts
    if not is_settled and (question := await find_subject(request, ctx)):
        return question
    ctx.note_open_questions()
    written = await ctx.write(
        output,
        tools=TOOLS,
        check=lambda written: find_problems(written, ctx),
        system="copy",
        values={"audience": ctx.describe_audience(), "notes": ctx.describe_copy_notes()},
    )
    ctx.drop_answered_questions(written)
    await ctx.keep_counted_audience()
    if ctx.choose_language():  # of readers whom the writer counted
        return await handle(ctx.request, ctx)
    return written


async def find_subject(request: SkillRequest, ctx: SkillContext) -> Question | None:
    """Look up what a text without a product can stand on: a few best sellers in stock. Ask when
    there is nothing at all: a text never stands on no fact."""
    brief = request.brief
    sellers = (await ctx.look_up("best_sellers")).of("product")
    if sellers or brief.offer or brief.must_say or request.previous:
        return None
    titles = [hit.title for hit in await ctx.find_products(brief.words)]
    return ctx.ask(ASK_TOPIC, *titles[:3])


def find_problems(written: BaseModel, ctx: SkillContext) -> list[str]:
    """List the faults of a draft as sentences for the writer."""
    parts, hooks = split_output(written)
    found = ctx.find_style_faults(parts)
    if ctx.channel and not ctx.channel.has_hooks:
        return found
    openings = {parts[0].text[:60], *(hook.text for hook in hooks)}
    if len(hooks) != 2 or len(openings) != 3:
        found.append("hooks: exactly two, each another opening than the one chosen")
    limit = ctx.channel.find_limit(parts[0].key) if ctx.channel else None
    most = limit.most if limit and limit.unit == "characters" else None
    if most and any(len(hook.text) > most for hook in hooks):
        found.append(f"hooks: each in at most {most} characters, as {parts[0].key}")
    return found
