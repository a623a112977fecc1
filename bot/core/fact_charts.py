"""Charts of facts that are grouped by subject."""

from collections.abc import Iterable, Sequence

from bot.core.charts import (
    COLOURS,
    Bar,
    ChartPicture,
    build_bar_chart,
    build_line_chart,
    parse_points,
)
from bot.core.fact_sentences import FactSubject, SentenceWriter
from bot.i18n.messages import Words

MIN_BARS = 2


def build_subject_bars(
    writer: SentenceWriter,
    title: str,
    subjects: Iterable[FactSubject],
    measure: str,
    *,
    strong: FactSubject | None = None,
    names: Sequence[str] = (),
    reference: float | None = None,
    colours: Sequence[str] = COLOURS,
) -> ChartPicture | None:
    """Return a bar for each subject that has the measure, with its range from "<measure>-low" to
    "<measure>-high"; None for fewer than two. `names` are those of the subjects, if not their own;
    at `reference` a dashed line is drawn."""
    bars = [
        Bar(
            names[number] if names else writer.tell(one, Words("{name}")).text,
            float(one.number(measure)),
            float(one.number(f"{measure}-low")) if one.get(f"{measure}-low") else None,
            float(one.number(f"{measure}-high")) if one.get(f"{measure}-high") else None,
            strong=one is strong,
            spelled=writer.spell(fact),
        )
        for number, one in enumerate(subjects)
        if (fact := one.get(measure)) is not None
    ]
    if len(bars) < MIN_BARS:
        return None
    return build_bar_chart(
        title, bars, language=writer.language, colours=colours, reference=reference
    )


def build_subject_line(
    writer: SentenceWriter,
    title: str,
    one: FactSubject | None,
    *,
    named: tuple[str, str],
    unit: str = "",
    colours: Sequence[str] = COLOURS,
) -> ChartPicture | None:
    """Return the line of the points that an analysis stored, with the expected values; None without
    points. `named` are the legend names of the two."""
    points = parse_points(one.word("points")) if one else []
    if one is None or not points:
        return None
    writer.copy("", [one.facts["points"]])
    return build_line_chart(
        title, points, language=writer.language, unit=unit, named=named, colours=colours
    )
