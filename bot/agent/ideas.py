"""Write campaign ideas: the model looks facts up and suggests, code fills the figures in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.agent.claim_check import ClaimSentence
from bot.agent.report import build_checker
from bot.core.fact_book import SlotError
from bot.core.parts import Copy, NextStep
from bot.core.report import MAX_IDEAS, NONE, IdeaForm, Ideas, IdeasForm, ReportForm
from bot.drafts.occasions import list_coming_occasions, load_occasions
from bot.errors import CannotDo
from bot.i18n.messages import Words
from bot.i18n.typography import insert_nbsp

if TYPE_CHECKING:
    from bot.agent.context import SkillContext

SYSTEM_PROMPT = "ideas_system"
MAX_LABEL = 50
OCCASION_DAYS = 60  # how far ahead occasions are named
NO_GOOD_IDEA = Words(
    "The AI's ideas stood on no facts of your data, so I don't show them. Ask again in other words."
)


async def write_ideas(ctx: "SkillContext", tools: Sequence[str]) -> Ideas:
    """Have the model suggest ideas with these tools. Those that are still wrong after one
    correction are left out."""

    def check(form: IdeasForm) -> list[str]:
        if not 1 <= len(form.ideas) <= MAX_IDEAS:
            return [f"ideas: write as many as were asked for, 1 to {MAX_IDEAS}"]
        return [
            f"idea {number}: {fault}"
            for number, idea in enumerate(form.ideas, 1)
            for fault in find_idea_faults(ctx, idea)
        ]

    def list_claims(form: IdeasForm) -> list[ClaimSentence]:
        return [one for idea in form.ideas for one in list_idea_sentences(ctx, idea)]

    form = await ctx.write(
        IdeasForm,
        tools=tools,
        check=check,
        system=SYSTEM_PROMPT,
        values={"occasion": describe_occasions(ctx)},
        list_claims=list_claims,
    )
    good = [idea for idea in form.ideas[:MAX_IDEAS] if not find_idea_faults(ctx, idea)]
    if not good:
        raise CannotDo(NO_GOOD_IDEA)
    claims = [one for idea in good for one in list_idea_sentences(ctx, idea)]
    ctx.notes += ctx.list_claim_checks(form, claims)
    return Ideas(
        ideas=[_build_idea(ctx, idea) for idea in good],
        leads=[_build_step(number, idea) for number, idea in enumerate(good, 1)],
    )


def find_idea_faults(ctx: "SkillContext", idea: IdeaForm) -> list[str]:
    """Return what is wrong with an idea: typed figures, wrong slots, no fact behind it."""
    form = ReportForm(
        headline=idea.idea,
        points=[idea.audience, idea.fact, idea.request],
        exhibit=NONE,
        cannot_tell=NONE,
        not_used=[],
        next_steps=[],
    )
    faults = build_checker(ctx).find_faults(form)
    empty = [name for name in ("audience", "fact", "request") if not getattr(idea, name).strip()]
    faults += [f"{name}: it is empty" for name in empty]
    if not faults and not _list_facts(ctx, idea):
        faults.append("facts: name at least one fact that a tool gave, such as f3")
    return faults


def list_idea_sentences(ctx: "SkillContext", idea: IdeaForm) -> list[ClaimSentence]:
    """Return what an idea claims of the data, with the facts that it stands on. The idea itself
    is a proposal, and what it may bring is no claim of it."""
    try:
        filled = ctx.book.fill(idea.fact.strip(), ctx.request.language)
    except SlotError:
        return []  # it goes back for that
    return [ClaimSentence("ideas", filled.text, _list_facts(ctx, idea))] if filled.text else []


def describe_occasions(ctx: "SkillContext") -> str:
    """Return the occasions of the next weeks with their days, for the prompt."""
    brief, today = ctx.request.brief, ctx.today
    assert today is not None
    wanted = ctx.brand.list_occasions(brief.market) or tuple(load_occasions())
    if brief.occasion:
        wanted = (brief.occasion,)
    coming = list_coming_occasions(wanted, today, brief.market, OCCASION_DAYS)
    lines = [
        f"{one.title[ctx.request.language]}, {period.starts} to {period.until}"
        for one, period in coming
    ]
    return "; ".join(lines) or "none in the next weeks"


def _list_facts(ctx: "SkillContext", idea: IdeaForm) -> tuple[str, ...]:
    """Return the ids of the facts that the idea stands on."""
    named = [fact.id for name in idea.facts if (fact := ctx.book.get(name.strip("{} ")))]
    filled = ctx.book.fill(idea.fact, ctx.request.language).facts
    return tuple(dict.fromkeys([*filled, *named]))


def _build_idea(ctx: "SkillContext", idea: IdeaForm) -> Copy:
    language = ctx.request.language
    title = Words("Mad: {idea}", idea=idea.idea.strip()).to(language) if idea.mad else idea.idea
    audience = Words("For: {audience}", audience=idea.audience.strip()).to(language)
    fact = ctx.book.fill(idea.fact.strip(), language).text
    text = f"{title.strip()}\n{audience}\n{fact}"
    shown = insert_nbsp(text) if language == "fr" else text
    return Copy(text=shown, facts=_list_facts(ctx, idea))


def _build_step(number: int, idea: IdeaForm) -> NextStep:
    """Build the button that drafts an idea at once."""
    short = idea.idea.strip()[:MAX_LABEL].rstrip()
    label = Words("Draft {n}: {idea}", n=number, idea=short)
    return NextStep(label=label, skill="draft", words=idea.request.strip(), ask=False)
