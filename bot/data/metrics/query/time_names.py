"""The days, weeks, months … of an answer, and how they are named for people."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.core.metric_query import DATED_DIMENSIONS
from bot.data.metrics.query.metric_answer import OTHERS, MetricAnswer
from bot.i18n.languages import get_language
from bot.i18n.messages import Words, format_short_period

MAX_HIDDEN_NAMES = 3


def name_dates(dimension: str, first: date, language: str) -> str:
    from babel.dates import format_date, format_skeleton

    locale = get_language(language).locale
    if dimension == "year":
        return str(first.year)
    if dimension == "quarter":
        return Words("Q{n} {year}", n=(first.month + 2) // 3, year=str(first.year)).to(language)
    if dimension == "month":
        return str(format_skeleton("yMMMM", first, locale=locale))
    day = str(format_date(first, "d MMM y", locale=locale))
    return Words("week of {day}", day=day).to(language) if dimension == "week" else day


def name_hidden_times(answer: MetricAnswer, language: str) -> str:
    """Return the days, weeks or months of the period that are not shown: "August 2026". Those
    without rows are among them, so the names tell nothing about anybody. Empty where there are none
    or too many to name."""
    spans = list_hidden_times(answer)
    if len(spans) > MAX_HIDDEN_NAMES:
        return ""
    return " + ".join(name_span(answer, span, language) for span in spans)


def name_span(answer: MetricAnswer, span: tuple[date, date], language: str) -> str:
    """Return "weeks of 3 to 17 Aug 2026" for the first days of the first and the last week."""
    (dimension,) = answer.query.dimensions
    first, last = span
    if first == last:
        return name_dates(dimension, first, language)
    until = last if dimension == "week" else get_last_day(dimension, last)
    days = format_short_period(first, until, language, date.min)
    return Words("weeks of {days}", days=days).to(language) if dimension == "week" else days


def list_hidden_times(answer: MetricAnswer) -> list[tuple[date, date]]:
    """Return the days, weeks or months of the period that have no row, as spans: the first day of
    the first, and of the last one."""
    recipe = answer.recipe
    groups = [one for one in recipe.list_groups() if one != OTHERS]
    shown = {time for group in groups for (time, *_) in recipe.members.get(group, (group,)) if time}
    if not is_by_time(answer.query.dimensions) or not shown:
        return []
    (dimension,) = answer.query.dimensions
    first, last = answer.periods.now
    if answer.counts is not None and answer.counts.beyond_limit:  # no room for the earliest
        first = date.fromisoformat(min(shown))
    spans, day, is_open = list[tuple[date, date]](), get_first_day(dimension, first), False
    while day <= last:
        is_hidden = day.isoformat() not in shown
        if is_hidden:
            spans[len(spans) - is_open :] = [(spans[-1][0] if is_open else day, day)]
        day, is_open = get_last_day(dimension, day) + timedelta(days=1), is_hidden
    return spans


def get_first_day(dimension: str, day: date) -> date:
    """Return the first day of the week, month … of a day."""
    if dimension == "week":
        return day - timedelta(days=day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}
    if dimension not in months:
        return day
    return date(day.year, (day.month - 1) // months[dimension] * months[dimension] + 1, 1)


def get_last_day(dimension: str, first: date) -> date:
    """Return the last day of the week, month … that begins on a day."""
    if dimension == "day":
        return first
    if dimension == "week":
        return first + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[dimension]
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def is_by_time(dimensions: Sequence[str]) -> bool:
    """Whether the groups are the days, weeks, months … of one line."""
    return len(dimensions) == 1 and dimensions[0] in DATED_DIMENSIONS
