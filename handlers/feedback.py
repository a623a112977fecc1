"""Sum up what customers say: themes with counts, their words, what to fix first."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.facts import Fact
from bot.core.parts import Copy, File, NextStep, Quote, Table
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import is_about_thread
from bot.i18n.messages import Words
from bot.rules.about import speaks_of
from bot.rules.telling.advice import first_step
from bot.rules.telling.heard import (
    SURE,
    changes,
    headline,
    in_their_language,
    is_asked,
    moved,
    period,
    praise,
    product_named,
    where,
    whole_before_parts,
)
from bot.rules.telling.told import Teller, Told, how_to_read, nothing_yet, once, place_named, told
from bot.rules.telling.unheard import ABOUT, unheard

TITLE = "Customer feedback"
COMMAND = "feedback"
HINT = "what do customers say about sizing this month?"
RELIABLE_VERDICTS = ("confirmed", "to watch")
MOST_THEMES, MOST_QUOTES, MOST_SHOWN = 6, 5, 8
THEMES_WITHOUT_PAGE = {
    "delivery",
    "website",
    "stock",
    "service",
    "returns",
    "order",
}  # a better product page would not help


class FeedbackSummary(BaseModel):
    finding: Copy = Field(title="In one sentence")
    summary: Copy = Field(title="Summary")
    fix_first: Copy = Field(title="What to fix first")


class FeedbackReport(FeedbackSummary):
    picture: File | None = Field(default=None, title="Picture")
    themes: Table = Field(title="Themes")
    quotes: list[Quote] = Field(title="In their words")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(Words("What about? For example: what do customers say about sizing?"))
    of_thread = is_about_thread(request.brief.words, request.brief.material)
    evidence = await ctx.look_up("thread" if of_thread else "feedback")
    themes_by_key = told(evidence, "feedback")
    themes = [
        theme for theme in themes_by_key.values() if theme.get("share") and "--" not in theme.key
    ]
    teller = Teller(request.language)
    if not themes:
        return nothing_yet(teller, evidence, ["feedback"])
    focus = once(_find_focus(request, themes), "texts")
    shown = focus or once(sorted(themes, key=_weigh_theme), "texts")[:MOST_SHOWN]
    first = sorted((o for o in themes_by_key.values() if o.get("fix-first-rank")), key=_rank_theme)
    quotes = _select_quotes(focus or first or shown)
    has_known_subject = focus or of_thread or request.brief.product
    unknown_words = None if has_known_subject else unheard(request.brief.words, ABOUT)
    text_by_rules = _write_text(teller, themes_by_key, shown, focus, first, unknown_words)
    text_by_rules = _gloss_quotes(
        teller, text_by_rules, [evidence.get(quote.fact) for quote in quotes], themes_by_key
    )
    table = _build_table(teller, shown)
    top = (focus or first or shown)[0]
    picture = await ctx.draw(_build_picture(teller, text_by_rules.finding.text, shown, top, ctx))
    read = how_to_read(teller, evidence, ["feedback"], *_list_limits(teller, themes_by_key))
    ctx.keep_facts(*teller.ever.values(), *(evidence.get(quote.fact) for quote in quotes))
    words = await ctx.write(FeedbackSummary, by_rules=text_by_rules)
    return FeedbackReport(
        **words.model_dump(),
        picture=picture,
        themes=table,
        quotes=quotes,
        how_to_read=read,
        leads=_list_leads(teller, focus or first or shown, themes_by_key),
    )


def _weigh_theme(theme: Told) -> tuple[bool, float]:
    return (theme.word("verdict") not in SURE, -float(theme.number("complaints")))


def _rank_theme(theme: Told) -> float:
    return float(theme.number("fix-first-rank"))


def _find_focus(request: SkillRequest, themes: Sequence[Told]) -> list[Told]:
    """Return the themes that the question names, in either language."""
    words = request.brief.words
    named = [o for o in themes if any(speaks_of(words, o.named(x)) for x in ("en", "fr"))]
    keys = {theme.key for theme in named}
    below = [o for o in themes if o.key.split("-")[0] in keys and o.key not in keys]
    return sorted([*named, *below], key=lambda theme: -float(theme.number("texts")))[:MOST_THEMES]


def _write_text(
    teller: Teller,
    themes_by_key: dict[str, Told],
    shown: Sequence[Told],
    focus: Sequence[Told],
    first: Sequence[Told],
    unknown_words: Words | None,
) -> FeedbackSummary:
    top = (focus or first or shown)[0]
    finding = teller.copy(headline(teller, top, themes_by_key["all"]))
    lines = [
        *([teller.say(unknown_words)] if unknown_words else []),
        period(teller, themes_by_key["all"]),
    ]
    rose = [theme for theme in shown if theme.word("verdict") in SURE and theme is not top]
    parts = [theme for theme in rose if not any(o.key.startswith(f"{theme.key}-") for o in rose)]
    lines += [moved(teller, theme) for theme in parts[:3]]
    lines += [where(teller, theme, themes_by_key) for theme in shown[:3]]
    if not focus:
        lines.append(praise(teller, shown))
    return FeedbackSummary(
        finding=finding,
        summary=teller.copy(*lines),
        fix_first=teller.copy(*_list_steps(teller, focus or first or shown), apart="\n"),
    )


def _gloss_quotes(
    teller: Teller,
    text_by_rules: FeedbackSummary,
    quoted: Sequence[Fact | None],
    themes_by_key: dict[str, Told],
) -> FeedbackSummary:
    """Add what the quotes are about when they are in another language than the answer."""
    facts = [fact for fact in quoted if fact is not None]
    about = [themes_by_key[fact.parts.subject] for fact in facts]
    gloss = in_their_language(teller, [fact.unit for fact in facts], about)
    if not gloss:
        return text_by_rules
    text = f"{text_by_rules.summary.text} {gloss}"
    return text_by_rules.model_copy(
        update={"summary": Copy(text=text, facts=text_by_rules.summary.facts)}
    )


def _list_steps(teller: Teller, first: Sequence[Told]) -> list[str]:
    lines: list[str] = []
    blamed = [theme for theme in first if theme.number("complaints") or is_asked(theme)]
    for theme in whole_before_parts(once(blamed or first, "complaints"))[:3]:
        step = first_step(theme.key)
        measure = "complaints" if theme.number("complaints") else "texts"
        n = int(theme.number(measure))
        told_by = Words.count("{n} complaint", "{n} complaints", n)
        if measure == "texts":  # requests, not complaints
            told_by = Words.count("{n} text", "{n} texts", n)
        teller.value(theme.get(measure))
        lines.append(
            teller.say(
                Words(
                    "{rank}. {theme} ({complaints}): {step}.",
                    rank=len(lines) + 1,
                    theme=teller.name(theme),
                    complaints=told_by,
                    step=step or Words("read the texts below, and decide who answers"),
                )
            )
        )
    return lines


def _build_table(teller: Teller, shown: Sequence[Told]) -> Table:
    columns = [Words("Theme"), Words("Texts"), Words("Share"), Words("Complain"), Words("Change")]
    measures = ("texts", "share", "complaint-share")
    rows = [
        [teller.name(o), *(teller.of(o, m) or "–" for m in measures), _write_change(teller, o)]
        for o in shown
    ]
    return teller.table([teller.say(words) for words in columns], rows)


def _write_change(teller: Teller, theme: Told) -> str:
    if theme.get("share-now") is None:
        return "–"
    if theme.word("verdict") not in RELIABLE_VERDICTS:
        return teller.say(Words("none seen"))
    before, now = teller.of(theme, "share-before"), teller.of(theme, "share-now")
    verdict = theme.word("verdict")
    return f"{before} → {now} ({Words(verdict).to(teller.language)})"


def _build_picture(
    teller: Teller, title: str, shown: Sequence[Told], top: Told, ctx: SkillContext
) -> ChartPicture:
    """A chart of the themes with a count. The theme of the title stands out."""
    measure = _choose_measure(shown)
    if top not in shown:  # the title names a part of a theme: replace the whole theme by it
        shown = [*(theme for theme in shown if not top.key.startswith(f"{theme.key}-")), top]
    shown = [theme for theme in shown if theme.number(measure)] or shown
    return build_bar_chart(
        title.rstrip("."),
        [
            Bar(
                teller.name(theme),
                float(theme.number(measure)),
                strong=theme is top,
                spelled=teller.of(theme, measure),
            )
            for theme in sorted(shown, key=lambda o: -float(o.number(measure)))
        ],
        language=teller.language,
        colours=ctx.brand.colours or COLOURS,
    )


def _choose_measure(shown: Sequence[Told]) -> str:
    """The measure of the bars: complaints, or what the headline counts when there are none."""
    if any(theme.number("complaints") for theme in shown):
        return "complaints"
    rose = any(theme.get("share-now") and theme.word("verdict") in SURE for theme in shown)
    return "share-now" if rose else "texts"


def _select_quotes(themes: Sequence[Told]) -> list[Quote]:
    """Select verbatim quotes from the themes in turn, themes with complaints first."""
    themes = sorted(
        whole_before_parts(themes) or themes, key=lambda theme: not theme.number("complaints")
    )
    facts = [theme.get(f"quote-{n}") for n in (1, 2, 3) for theme in themes]
    distinct = {str(fact.value): fact.id for fact in reversed(facts) if fact is not None}
    return [Quote(text=text, fact=id) for text, id in reversed(distinct.items())][:MOST_QUOTES]


def _list_limits(teller: Teller, themes_by_key: dict[str, Told]) -> list[str]:
    lines = [
        Words(
            "Those who write are not all who buy: the happy and the angry write more than the rest."
        ),
        Words("Themes are found by a list of words and phrases; a text can speak of several."),
        *changes(teller, themes_by_key),
    ]
    if (tested := themes_by_key.get("tested")) is not None and tested.get("themes"):
        lines.append(
            Words(
                "{n} themes were tested for a change; about one in ten of those called "
                "confirmed can be chance.",
                n=teller.of(tested, "themes"),
            )
        )
    return [teller.say(line) for line in lines]


def _list_leads(
    teller: Teller, first: Sequence[Told], themes_by_key: dict[str, Told]
) -> list[NextStep]:
    """The next steps: an e-mail to those who complain, and a fix of the named product page."""
    name = (top := first[0]).named(teller.language)
    answer = Words("E-mail to customers who complained ({theme}): what we do about it", theme=name)
    if not top.number("complaints"):
        answer = Words("E-mail to customers who asked ({theme}): what we do about it", theme=name)
    found = [NextStep(label=Words("Draft an answer"), skill="draft", words=teller.say(answer))]
    keys = [f"{o.key}--product-" for o in first if o.key.split("-")[0] not in THEMES_WITHOUT_PAGE]
    sure = [o for o in themes_by_key.values() if o.word("verdict") in SURE]
    places = next(filter(None, ([o for o in sure if o.key.startswith(key)] for key in keys)), [])
    if places:
        place = max(places, key=lambda o: o.number("lift"))  # the one that the text names
        product = product_named(place_named(place, themes_by_key))
        about = themes_by_key[place.key.split("--")[0]].named(teller.language)
        page = Words(
            "Product page for {product}: answer the doubt ({theme})", product=product, theme=about
        )
        found.append(
            NextStep(label=Words("Draft a product-page fix"), skill="draft", words=teller.say(page))
        )
    return found
