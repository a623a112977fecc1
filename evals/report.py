"""The tables that a run of the evaluation sets prints."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from evals.claims import TextOutcome, format_outcomes, list_mistakes
from evals.figures import FigureResult
from evals.recordings import RequestSize
from evals.understanding import FieldResults, count_fields

HELD_OUT = "held_out"
DRAFT_TOKENS, REPORT_TOKENS = 3_000, 12_000  # the aims: a draft's turn, and a report's sum
MAX_TEXT = 400  # characters of an answer in the list of wrong cases
NOT_MEASURED = (
    "Not measured: what a real model would answer, how long it takes and what it costs. "
    "`make evals LIVE=1` asks one."
)
State = Literal["played", "waiting", "broken"]


@dataclass
class CaseRun:
    """What came of one case. `faults` say what is wrong, `text` is what people read."""

    set_name: str
    file: str
    id: str
    state: State = "played"
    is_right: bool = False
    faults: list[str] = field(default_factory=list)
    text: str = ""
    fields: list[FieldResults] = field(default_factory=list)
    traps: int = 0
    fell: tuple[str, ...] = ()
    verdicts: list[str] = field(default_factory=list)
    tools: list[FigureResult] = field(default_factory=list)
    claims: list[TextOutcome] = field(default_factory=list)
    others: tuple[str, ...] = ()  # figures of a headline that are none of the right answer's
    sizes: list[RequestSize] = field(default_factory=list)
    stale: int = 0
    moved: int = 0


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Align the columns: the first to the left, the others to the right."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def format_report(runs: Sequence[CaseRun], *, is_live: bool, shows_held_out: bool) -> list[str]:
    lines = ["A live model answers." if is_live else "Recorded answers are played.", ""]
    lines += format_cases(runs)
    for name in dict.fromkeys(run.set_name for run in runs):
        own = [run for run in runs if run.set_name == name]
        lines += format_set(name, own)
    lines += ["", *format_sizes(runs)]
    lines += format_faults(runs, shows_held_out=shows_held_out)
    return lines if is_live else [*lines, "", NOT_MEASURED]


def format_cases(runs: Sequence[CaseRun]) -> list[str]:
    groups: dict[tuple[str, str], list[CaseRun]] = defaultdict(list)
    for run in runs:
        groups[run.set_name, run.file].append(run)
    rows = [_count_cases(f"{name}/{file}", own) for (name, file), own in groups.items()]
    head = ("set", "cases", "right", "wrong", "no answer", "broken", "stale", "moved")
    return format_table(head, [*rows, _count_cases("all", runs)])


def _count_cases(name: str, runs: Sequence[CaseRun]) -> tuple[object, ...]:
    played = [run for run in runs if run.state == "played"]
    right = sum(run.is_right for run in played)
    return (
        name,
        len(runs),
        right,
        len(played) - right,
        sum(run.state == "waiting" for run in runs),
        sum(run.state == "broken" for run in runs),
        sum(bool(run.stale) for run in runs),
        sum(bool(run.moved) for run in runs),
    )


def format_set(name: str, runs: Sequence[CaseRun]) -> Iterator[str]:
    """Yield the lines on one set: its fields, its traps, its figures."""
    counts = count_fields([one for run in runs for one in run.fields])
    if counts:
        yield ""
        yield f"{name}, right by field: " + ", ".join(
            f"{field_name} {right}/{total}" for field_name, (right, total) in counts.items()
        )
    if traps := sum(run.traps for run in runs if run.state == "played"):
        fell = sum(len(run.fell) for run in runs)
        yield f"{name}, traps: {traps - fell} of {traps} avoided"
    verdicts = Counter(verdict for run in runs for verdict in run.verdicts if verdict)
    if verdicts:
        yield f"{name}, answers: " + ", ".join(f"{n} {one}" for one, n in verdicts.most_common())
    if outcomes := [one for run in runs for one in run.claims]:
        head = (f"{name}: texts found by", "texts", "second call", "code", "either")
        yield ""
        yield from format_table(head, format_outcomes(outcomes))
        yield from (f"  {line}" for line in list_mistakes(outcomes))
    if tools := [one for run in runs for one in run.tools]:
        right = sum(one.is_right for one in tools)
        yield f"{name}, tools right: {right} of {len(tools)}"


def format_sizes(runs: Sequence[CaseRun]) -> list[str]:
    """Format the tokens by set and form: of one request, and of all requests of a case. A set
    that asked for nothing has no line."""
    groups: dict[tuple[str, str], list[list[RequestSize]]] = defaultdict(list)
    for run in runs:
        for form in dict.fromkeys(size.form for size in run.sizes):
            own = [size for size in run.sizes if size.form == form]
            groups[run.set_name, form].append(own)
    rows = []
    for (name, form), cases in groups.items():
        new = [size.new for case in cases for size in case]
        sums = [sum(size.new for size in case) for case in cases]
        fixed = max(size.fixed for case in cases for size in case)
        rows.append(
            (f"{name}, {form}", len(new), fixed, _middle(new), max(new), _middle(sums), max(sums))
        )
    head = ("estimated tokens", "requests", "cached", "new", "at most", "a case", "at most")
    aims = (
        f"Aims beyond what is cached: a draft {DRAFT_TOKENS:,} a turn, a report {REPORT_TOKENS:,}"
    )
    return [*format_table(head, rows), f"{aims} in sum. A token is four characters."]


def _middle(values: Sequence[int]) -> int:
    return round(median(values)) if values else 0


def format_faults(runs: Sequence[CaseRun], *, shows_held_out: bool) -> Iterator[str]:
    """Yield the wrong and the broken cases with what is wrong, and other figures in headlines."""
    is_shown: Callable[[CaseRun], bool] = lambda run: shows_held_out or run.file != HELD_OUT  # noqa: E731
    wrong = [run for run in runs if run.state == "played" and not (run.is_right or run.claims)]
    for title, listed in (
        ("Wrong:", filter(is_shown, wrong)),
        ("Broken:", (run for run in runs if run.state == "broken")),
    ):
        for number, run in enumerate(listed):
            if not number:
                yield ""
                yield title
            yield f"  {run.id}: " + "; ".join([*run.faults, *(f"trap {one}" for one in run.fell)])
            if run.text:
                yield f"    {_shorten(run.text)}"
    if hidden := [run for run in wrong if not is_shown(run)]:
        yield f"  Held-out cases that are wrong: {len(hidden)}. `--held-out` shows them."
    others = [run for run in runs if run.others and is_shown(run)]
    for number, run in enumerate(others):
        if not number:
            yield ""
            yield "Other figures in a headline, for a reader to judge:"
        yield f"  {run.id}: {', '.join(run.others)}"


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_TEXT else f"{plain[: MAX_TEXT - 1]}…"
