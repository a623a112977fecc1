"""Which tables and charts a report shows: those that the model chose, joined where that can be."""

import re
from collections.abc import Collection, Iterable, Sequence

from bot.agent.report_reading import Findings, list_asked_conditions, list_cited
from bot.core.exhibits import (
    MAX_ASKED_COLUMNS,
    MAX_COLUMNS,
    NO_FIGURE,
    PEOPLE,
    Exhibit,
    is_row_name,
)
from bot.core.facts import Fact, FactId
from bot.core.joined_exhibits import arrange_exhibits, can_join
from bot.core.report import ReportForm, choose_exhibits
from bot.i18n.messages import Words

SLOT_NAMES = re.compile(r"\bf\d+\b")
GAP_SIGN = re.compile(r"[“«]\s?–")  # where a line explains it


def find_shown_exhibits(form: ReportForm, ctx: Findings) -> list[Exhibit]:
    """Return the exhibits that the report shows, at most two: those that the model chose, joined
    where that can be, with the figures of the headline that another look-up has for the same rows.
    None where the chosen ones hold no figure of what is said: they are about something else."""
    chosen = choose_exhibits(form, ctx.book, ctx.exhibits)
    if not chosen or not _holds_what_is_told(form, chosen, ctx):
        return []
    shown, left_out = arrange_exhibits([*chosen, *_list_missing_columns(form, chosen, ctx)])
    cited = (list_cited([form.headline], ctx), list_cited(form.points, ctx))
    headline, points = (_add_alike(ids, shown) for ids in cited)
    shown = [_leave_out_empty(one, headline | points, ctx) for one in shown]
    most = MAX_ASKED_COLUMNS if form.as_table else MAX_COLUMNS
    shown = [_cut_columns(one, headline, points, most, ctx) for one in shown]
    first, *others = (
        _explain_gaps(_name_wider(_cite_rows(one, ctx), cited[0], ctx), ctx) for one in shown
    )
    return [_name_left_out(first, left_out, ctx), *others]


def _name_wider(exhibit: Exhibit, headline: Collection[str], ctx: Findings) -> Exhibit:
    """Return the exhibit with a line on each condition of the question that the headline's figures
    hold, and nothing in the table does."""
    calls = (one for one in ctx.exhibits if not one.all_facts.isdisjoint(headline))
    asked = dict(part for one in calls for part in list_asked_conditions(one, ctx))
    held = {part for one in ctx.exhibits if exhibit.shows_of(one) for part, _text in one.scope}
    held |= {*exhibit.rows.dimensions} if exhibit.rows else set()
    told = [
        Words("Not limited to {condition}.", condition=text).to(ctx.request.language)
        for part, text in asked.items()
        if held.isdisjoint((part, PEOPLE))
    ]
    return exhibit.model_copy(
        update={"footnote": " ".join(filter(None, (*told, exhibit.footnote)))}
    )


def _explain_gaps(exhibit: Exhibit, ctx: Findings) -> Exhibit:
    """Return the exhibit with a line on its cells without a figure, where its look-up has none."""
    columns = [{*cells} for _head, cells in exhibit.list_figure_columns()]
    has_gaps = any("–" in cells and cells.difference(NO_FIGURE) for cells in columns)
    if not has_gaps or GAP_SIGN.search(exhibit.cut):
        return exhibit
    return _add_lines(exhibit, [Words("“–”: there is none, or too little for a figure.")], ctx)


def _add_lines(exhibit: Exhibit, lines: Iterable[Words], ctx: Findings) -> Exhibit:
    told = filter(None, (exhibit.cut, *(one.to(ctx.request.language) for one in lines)))
    return exhibit.model_copy(update={"cut": "\n".join(told)})


def _name_left_out(exhibit: Exhibit, left_out: Sequence[Exhibit], ctx: Findings) -> Exhibit:
    """Return the exhibit with a line that names the chosen ones that have no room."""
    named = [
        one.tell_scope((), one.days) if one.scope else one.read_as.partition("\n")[0] or one.shows
        for one in left_out
    ]
    told = Words("Not shown, for lack of room: {what}.", what="; ".join(named))
    return _add_lines(exhibit, [told] if named else [], ctx)


def _add_alike(cited: Collection[str], shown: Sequence[Exhibit]) -> frozenset[str]:
    """Return these facts, and those of columns of the same measure as one of them, which may be of
    a total that no row has, or with the same head as one of theirs: two tables of the same columns
    have them in the same order."""
    told = {_name_measure(id) for id in cited}
    alike = {
        id
        for one in shown
        for facts in one.column_facts
        if not told.isdisjoint(map(_name_measure, facts))
        for id in facts
    }
    cited = alike.union(cited)
    measures = {
        facts: head  # of its first column
        for one in shown
        for (head, _), facts in reversed(
            [*zip(one.list_figure_columns(), one.column_facts, strict=True)]
        )
    }
    heads = {head for facts, head in measures.items() if facts & {*cited}}
    return frozenset(cited).union(*(facts for facts, head in measures.items() if head in heads))


def _name_measure(id: str) -> tuple[str, str]:
    """Return of what a figure is, whatever it is about."""
    kind, _subject, measure = FactId.parse(id)
    return kind, measure or id


def _leave_out_empty(exhibit: Exhibit, cited: Collection[str], ctx: Findings) -> Exhibit:
    """Return the exhibit without the columns that no sentence cites and that repeat another one or
    are 0 alone, and a line on the latter in their place."""
    columns, told, kept = exhibit.list_figure_columns(), list[Words](), list[int]()
    for number, (head, cells) in enumerate(columns):
        facts = exhibit.column_facts[number]
        figures = {cell for cell in cells if cell not in NO_FIGURE}
        is_apart = exhibit.column_facts.count(facts) == 1 and not facts & {*cited}
        repeats = any(
            all(a in (b, *NO_FIGURE) for a, b in zip(cells, columns[n][1], strict=True))
            for n in kept
        )
        if not is_apart or len(cells) < 2 or not (figures == {"0"} or (figures and repeats)):
            kept.append(number)
        elif figures == {"0"}:
            told.append(Words("{column}: 0 in each row.", column=head))
    if len(kept) == len(columns):
        return exhibit
    return _add_lines(exhibit.with_columns(kept), told, ctx)


def _cut_columns(
    exhibit: Exhibit, headline: Collection[str], points: Collection[str], most: int, ctx: Findings
) -> Exhibit:
    """Return the exhibit with as many columns as a table may have, and lines that name the
    measures that have no room, and those whose earlier figures have none."""
    cut = exhibit.with_columns_first(headline, points, most=most)
    every, kept = exhibit.column_facts, cut.column_facts
    columns = reversed([*zip(exhibit.list_figure_columns(), every, strict=True)])
    heads = {facts: head.partition(", ")[0] for (head, _), facts in columns}
    told = {
        Words("Not shown, for lack of room: {what}."): {*every} - {*kept},
        Words("Earlier figures not shown, for lack of room: {what}."): {
            one for one in kept if kept.count(one) == 1 < every.count(one)
        },
    }
    lines = list[Words]()
    for words, some in told.items():
        named = exhibit.list_measures(frozenset[str]().union(*some))
        named = named or [heads[one] for one in dict.fromkeys(every) if one in some]
        if named:
            lines.append(words.with_params(what=", ".join(named)))
    return _add_lines(cut, lines, ctx)


def _cite_rows(exhibit: Exhibit, ctx: Findings) -> Exhibit:
    """Return the exhibit without the facts of rows that another table had and it has not."""
    if exhibit.table is None or not exhibit.joined:
        return exhibit
    rows = [one.rows for one in ctx.exhibits if exhibit.shows_of(one) and one.rows]
    names = {" · ".join(group) for one in rows for group in one.groups}
    kept = [" · ".join(row[: len(rows[0].heads)]) for row in exhibit.table.rows]
    gone = [name for name in names if not is_row_name(name, kept)]
    facts = tuple(
        fact.id
        for fact in ctx.book.facts
        if fact.id in exhibit.table.facts
        and not any(is_row_name(name, (fact.about,)) for name in gone)
    )
    return exhibit.model_copy(update={"table": exhibit.table.model_copy(update={"facts": facts})})


def find_exhibit_faults(form: ReportForm, ctx: Findings) -> list[str]:
    """Say why the chosen exhibit would not be shown, as a sentence for the model."""
    chosen = choose_exhibits(form, ctx.book, ctx.exhibits)
    if chosen and not _holds_what_is_told(form, chosen, ctx):
        cited = {*list_cited([form.headline, *form.points], ctx)}
        others = [one.id for one in ctx.exhibits if one.id and one.all_facts & cited]
        instead = f"choose one that does ({', '.join(others)}), " if others else ""
        return [
            f"exhibit: {chosen[0].id} would not be shown, as it holds no figure that your "
            f"sentences tell: {instead}tell one of its figures, or write none"
        ]
    return []


def _holds_what_is_told(form: ReportForm, chosen: Sequence[Exhibit], ctx: Findings) -> bool:
    """Whether the exhibits hold a figure of the text, if only as another look-up gave it."""
    held = frozenset[str]().union(*(one.all_facts for one in chosen))
    cited = list_cited([form.headline, *form.points], ctx)
    is_about_something = held and list_cited([form.headline], ctx)
    return not is_about_something or len(_list_missing(cited, held, ctx)) < len(cited)


def _list_missing(cited: Sequence[str], held: frozenset[str], ctx: Findings) -> list[Fact]:
    """Return the cited facts whose figures are not among these, by any name."""
    figures = {(one.value, one.unit) for one in ctx.book.facts if one.id in held}
    facts = [one for one in ctx.book.facts if one.id in {*cited} - held]
    return [one for one in facts if (one.value, one.unit) not in figures]


def _list_missing_columns(
    form: ReportForm, chosen: Sequence[Exhibit], ctx: Findings
) -> list[Exhibit]:
    """Return the figures of the headline that the first exhibit has not, as columns of the look-ups
    that hold them, where these can be joined to it. A course is drawn as it is."""
    first = chosen[0]
    if first.rows is None or (first.chart and first.chart.kind == "line"):
        return []
    slots = (ctx.book.get(name) for name in SLOT_NAMES.findall(form.headline))
    held = frozenset(id for one in chosen if one.table for id in one.table.facts)
    missing = {
        fact.id
        for fact in _list_missing([one.id for one in slots if one], held, ctx)
        if any(is_row_name(names[0], (fact.about,)) for names in first.rows.groups)
    }
    found = list[Exhibit]()
    for exhibit in ctx.exhibits:
        numbers = [n for n, facts in enumerate(exhibit.column_facts) if facts & missing]
        if numbers and exhibit.id and can_join(chosen[:1], exhibit.with_columns(numbers)):
            found.append(exhibit.with_columns(numbers))
            missing -= exhibit.all_facts
    return found
