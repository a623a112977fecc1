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
ASKED_BY = (
    r"\b(?:sum(?:mari[sz]e)? up|summari[sz]e|résume[rz]?|synthé\w+|synthèse)\b.*"
    r"\b(?:feedback|reviews?|comments?|complaints?|avis|commentaires?|retours|plaintes|say|disent"
    r"|(?:these|those|ces) (?:messages|texts?|textes))\b"
    r"|\bwhat (?:do|are|did) .*\b(?:say(?:ing)?|complain\w*|think|like)\b"
    r"|\bque (?:disent|pensent)\b|\bqu'est-ce qu'(?:ils|elles) (?:disent|pensent)\b"
    r"|\bde quoi se plaignent\b|\bcustomer feedback\b|\bavis (?:des )?client"
)
RELIABLE_VERDICTS = ("confirmed", "to watch")
MOST_THEMES, MOST_QUOTES, MOST_SHOWN = 6, 5, 8
THEMES_WITHOUT_PAGE = {
    "delivery",
    "website",
    "stock",
    "service",
    "returns",
    "order",
}  # no text would mend it


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


async def handle(request: SkillRequest, desk: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return desk.ask(Words("What about? For example: what do customers say about sizing?"))
    here = is_about_thread(request.brief.words, request.brief.material)  # not of the library
    evidence = await desk.look_up("thread" if here else "feedback")
    every = told(evidence, "feedback")
    themes = [one for one in every.values() if one.get("share") and "--" not in one.key]
    teller = Teller(request.language)
    if not themes:
        return nothing_yet(teller, evidence, ["feedback"])
    focus = once(_find_focus(request, themes), "texts")
    shown = focus or once(sorted(themes, key=_weigh_theme), "texts")[:MOST_SHOWN]
    first = sorted((o for o in every.values() if o.get("fix-first-rank")), key=_rank_theme)
    quotes = _select_quotes(focus or first or shown)
    known = focus or here or request.brief.product
    strange = None if known else unheard(request.brief.words, ABOUT)
    said = _write_text(teller, every, shown, focus, first, strange)
    said = _gloss_quotes(teller, said, [evidence.get(quote.fact) for quote in quotes], every)
    table = _build_table(teller, shown)
    top = (focus or first or shown)[0]
    picture = await desk.draw(_build_picture(teller, said.finding.text, shown, top, desk))
    read = how_to_read(teller, evidence, ["feedback"], *_list_limits(teller, every))
    desk.keep(*teller.ever.values(), *(evidence.get(quote.fact) for quote in quotes))
    words = await desk.write(FeedbackSummary, by_rules=said)
    return FeedbackReport(
        **words.model_dump(),
        picture=picture,
        themes=table,
        quotes=quotes,
        how_to_read=read,
        leads=_list_leads(teller, focus or first or shown, every),
    )


def _weigh_theme(one: Told) -> tuple[bool, float]:
    return (one.word("verdict") not in SURE, -float(one.number("complaints")))


def _rank_theme(one: Told) -> float:
    return float(one.number("fix-first-rank"))


def _find_focus(request: SkillRequest, themes: Sequence[Told]) -> list[Told]:
    """The themes that the question names, in either language."""
    words = request.brief.words
    named = [o for o in themes if any(speaks_of(words, o.named(x)) for x in ("en", "fr"))]
    keys = {one.key for one in named}
    below = [o for o in themes if o.key.split("-")[0] in keys and o.key not in keys]
    return sorted([*named, *below], key=lambda one: -float(one.number("texts")))[:MOST_THEMES]


def _write_text(
    teller: Teller,
    every: dict[str, Told],
    shown: Sequence[Told],
    focus: Sequence[Told],
    first: Sequence[Told],
    strange: Words | None,
) -> FeedbackSummary:
    top = (focus or first or shown)[0]
    finding = teller.copy(headline(teller, top, every["all"]))
    lines = [*([teller.say(strange)] if strange else []), period(teller, every["all"])]
    rose = [one for one in shown if one.word("verdict") in SURE and one is not top]
    parts = [one for one in rose if not any(o.key.startswith(f"{one.key}-") for o in rose)]
    lines += [moved(teller, one) for one in parts[:3]]
    lines += [where(teller, one, every) for one in shown[:3]]
    if not focus:
        lines.append(praise(teller, shown))
    return FeedbackSummary(
        finding=finding,
        summary=teller.copy(*lines),
        fix_first=teller.copy(*_list_steps(teller, focus or first or shown), apart="\n"),
    )


def _gloss_quotes(
    teller: Teller, said: FeedbackSummary, quoted: Sequence[Fact | None], every: dict[str, Told]
) -> FeedbackSummary:
    """With a word on what the quotes are about, where they are in another language."""
    facts = [fact for fact in quoted if fact is not None]
    about = [every[fact.parts.subject] for fact in facts]
    gloss = in_their_language(teller, [fact.unit for fact in facts], about)
    if not gloss:
        return said
    text = f"{said.summary.text} {gloss}"
    return said.model_copy(update={"summary": Copy(text=text, facts=said.summary.facts)})


def _list_steps(teller: Teller, first: Sequence[Told]) -> list[str]:
    lines: list[str] = []
    blamed = [one for one in first if one.number("complaints") or is_asked(one)]
    for one in whole_before_parts(once(blamed or first, "complaints"))[:3]:
        step = first_step(one.key)
        measure = "complaints" if one.number("complaints") else "texts"
        n = int(one.number(measure))
        told_by = Words.count("{n} complaint", "{n} complaints", n)
        if measure == "texts":  # people ask, nobody complains
            told_by = Words.count("{n} text", "{n} texts", n)
        teller.value(one.get(measure))
        lines.append(
            teller.say(
                Words(
                    "{rank}. {theme} ({complaints}): {step}.",
                    rank=len(lines) + 1,
                    theme=teller.name(one),
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


def _write_change(teller: Teller, one: Told) -> str:
    if one.get("share-now") is None:
        return "–"
    if one.word("verdict") not in RELIABLE_VERDICTS:
        return teller.say(Words("none seen"))
    before, now = teller.of(one, "share-before"), teller.of(one, "share-now")
    verdict = one.word("verdict")
    return f"{before} → {now} ({Words(verdict).to(teller.language)})"


def _build_picture(
    teller: Teller, title: str, shown: Sequence[Told], top: Told, desk: SkillContext
) -> ChartPicture:
    """The theme of the title stands out; what nobody complains of has no bar."""
    measure = _choose_measure(shown)
    if top not in shown:  # a part takes the place of its whole, which the title does not name
        shown = [*(one for one in shown if not top.key.startswith(f"{one.key}-")), top]
    shown = [one for one in shown if one.number(measure)] or shown
    return build_bar_chart(
        title.rstrip("."),
        [
            Bar(
                teller.name(one),
                float(one.number(measure)),
                strong=one is top,
                spelled=teller.of(one, measure),
            )
            for one in sorted(shown, key=lambda o: -float(o.number(measure)))
        ],
        language=teller.language,
        colours=desk.brand.colours or COLOURS,
    )


def _choose_measure(shown: Sequence[Told]) -> str:
    """What the bars are of: complaints; where nobody complains, what the headline counts."""
    if any(one.number("complaints") for one in shown):
        return "complaints"
    rose = any(one.get("share-now") and one.word("verdict") in SURE for one in shown)
    return "share-now" if rose else "texts"


def _select_quotes(themes: Sequence[Told]) -> list[Quote]:
    """Letter for letter, theme by theme in turn, those that all complain first."""
    themes = sorted(
        whole_before_parts(themes) or themes, key=lambda one: not one.number("complaints")
    )
    facts = [one.get(f"quote-{n}") for n in (1, 2, 3) for one in themes]
    distinct = {str(fact.value): fact.id for fact in reversed(facts) if fact is not None}
    return [Quote(text=text, fact=id) for text, id in reversed(distinct.items())][:MOST_QUOTES]


def _list_limits(teller: Teller, every: dict[str, Told]) -> list[str]:
    lines = [
        Words(
            "Those who write are not all who buy: the happy and the angry write more than the rest."
        ),
        Words("Themes are found by a list of words and phrases; a text can speak of several."),
        *changes(teller, every),
    ]
    if (tested := every.get("tested")) is not None and tested.get("themes"):
        lines.append(
            Words(
                "{n} themes were tested for a change; about one in ten of those called "
                "confirmed can be chance.",
                n=teller.of(tested, "themes"),
            )
        )
    return [teller.say(line) for line in lines]


def _list_leads(teller: Teller, first: Sequence[Told], every: dict[str, Told]) -> list[NextStep]:
    """An answer to those who complain, and a fix of the product page where one is named."""
    name = (top := first[0]).named(teller.language)
    answer = Words("E-mail to customers who complained ({theme}): what we do about it", theme=name)
    if not top.number("complaints"):
        answer = Words("E-mail to customers who asked ({theme}): what we do about it", theme=name)
    found = [NextStep(label=Words("Draft an answer"), skill="draft", words=teller.say(answer))]
    keys = [f"{o.key}--product-" for o in first if o.key.split("-")[0] not in THEMES_WITHOUT_PAGE]
    sure = [o for o in every.values() if o.word("verdict") in SURE]
    places = next(filter(None, ([o for o in sure if o.key.startswith(key)] for key in keys)), [])
    if places:
        place = max(places, key=lambda o: o.number("lift"))  # the one that is told
        product = product_named(place_named(place, every))
        about = every[place.key.split("--")[0]].named(teller.language)
        page = Words(
            "Product page for {product}: answer the doubt ({theme})", product=product, theme=about
        )
        found.append(
            NextStep(label=Words("Draft a product-page fix"), skill="draft", words=teller.say(page))
        )
    return found
