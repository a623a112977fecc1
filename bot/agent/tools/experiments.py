"""The results of A/B tests in the team's files: each variant's people and rate, the difference with
its range, whether it won, lost or is undecided, and whether the split was as meant; a test whose
split is broken has no winner; named, it shows its figures all the same. Of several tests, how many
won, lost, are broken or undecided.
`by` tells a test by the device, the country or the segment of its people. With since or until only
the tests that `when` says: that ran, or ended, in these days.
Not for planning a test (plan_experiment), nor for comparing two periods or campaigns.
`split` is how people were meant to be split, where a person says it: shares of the variants, in %;
[] where nobody does. A split in the file needs none.
Example: {"experiment": "none", "split": [], "by": "none", "when": "ended", "since": "2026-10-01",
"until": "none"}
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult
from bot.agent.tools._analysis import (
    Finding,
    find_analysis,
    group_by_subject,
    read_period,
    read_text,
)
from bot.agent.tools._exhibits import GroupExhibit
from bot.core.exhibits import Exhibit, join_scope
from bot.core.facts import Fact
from bot.data.analyses.result import MIN_SHOWN_CHANCE, AnalysisFilter
from bot.i18n.messages import Words
from bot.text.normalize import tokenize

LEFT_OUT = ("variant", "ratio-p", "ratio-chi-square", "p", "always-valid-p", "metric", "title")
COLUMNS = {
    "users": Words("People"),
    "meant": Words("People meant"),
    "successes": Words("Successes"),
    "rate": Words("Rate"),
    "effect": Words("Difference in points"),
    "verdict": Words("Verdict"),
}
VERDICTS = {
    "won": Words("won"),
    "lost": Words("lost"),
    "no difference seen": Words("not conclusive"),
    "too early": Words("too early"),
}
OUTCOMES = ("successes", "rate", "mean")
OF_WHOLE = (  # left out of the parts of a test, which are many
    *("first-day", "last-day", "control", "ratio-chance", "relative-change", "chance-daily"),
    *("worth-low", "worth-high"),
)
VARIANTS = GroupExhibit("", Words("Variant"), COLUMNS, bars="rate", rows_of="variant")
TITLES = {"ran": Words("tests that ran"), "ended": Words("tests that ended")}
MAX_TESTS = 4


class VariantShare(ToolParams):
    variant: str
    percent: float


class Params(ToolParams):
    experiment: str
    split: list[VariantShare]
    by: Literal["none", "device", "country", "segment"]
    when: Literal["none", "ran", "ended"]
    since: str
    until: str


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    from bot.data.metrics.entity_resolution import match_name

    name = read_text(params.experiment)
    split = {share.variant: share.percent for share in params.split}
    if split and (not name or min(split.values()) <= 0 or abs(sum(split.values()) - 100) > 1):
        raise ToolError("A split is of one named test, and its shares are above 0 and make 100%.")
    stated = json.dumps(split, sort_keys=True) if split else None
    by = read_text(params.by)
    since, until = read_period(params)
    when = (read_text(params.when) or "ran") if since or until else None
    where = AnalysisFilter(split=stated, by=by, when=when, since=since, until=until)
    finding = await find_analysis(deps, "experiments", where)
    known = _list_tests(finding.result.facts)
    if name:
        words = " ".join(tokenize(name))
        chosen = [k for k, title in known.items() if words in " ".join(tokenize(f"{k} {title}"))]
        chosen = chosen or [*match_name(name, known, by_kind=True).found]
        if known and not chosen:
            where_it_is = " of these days" if when else ""
            raise ToolError(
                f"There is no test called “{name}”{where_it_is}. There are: {', '.join(known)}."
            )
    else:
        chosen = list(known)
    told = chosen[:MAX_TESTS]
    broken = {
        fact.parts.subject
        for fact in finding.result.facts
        if fact.parts.measure == "status" and fact.value == "broken"
    }
    facts = finding.prepare(
        [
            _name_small_chance(fact)
            for fact in finding.result.facts
            if fact.parts.measure not in (*LEFT_OUT, *(OF_WHOLE if by else ()))
            and (
                (fact.parts.subject == "all" and not name)
                or (
                    fact.parts.subject.split("--")[0] in told
                    and (name or fact.parts.measure not in OUTCOMES or _is_sound(fact, broken))
                )
            )
        ],
        of_call="-".join(
            filter(None, [by, *(f"{one.variant}-{one.percent}" for one in params.split), when])
        ),
        period=(None, None),  # the figures of a test are of its own days
    )
    title = TITLES[when] if when else Words("tests")
    if name and chosen:
        title = Words("tests: {names}", names=", ".join(known[key] for key in told))
    notes = [f"Tests in the files: {', '.join(known)}."] if known else []
    if facts:
        notes.append(
            "“effect” is in points, with its 95 % range; “chance”: how likely such a difference is "
            "by chance; “worth”: more a person in money; “ratio chance”: how likely such a split "
            "is by chance. A test that is “broken” can't be read, because its groups are not split "
            "as meant: say so before any figure of it, and compare none. Of “no difference seen” "
            "say “not conclusive”. What a variant is, its name and the test's alone say: where “B” "
            "won and they don't say what B is, say that the file doesn't."
        )
    if facts and (running := _list_running(facts, known, finding)):
        notes.append(
            f"People came until the last day of the data, {finding.result.as_of}: "
            f"{', '.join(running)}. Say “still running on that day”; whether it runs today is not "
            "known. All others have ended."
        )
    if facts and by:
        notes.append(
            f"The chances and verdicts of the parts by {by} count every part as one more "
            "comparison; the ranges do not. A part is only a hint, the full test counts, unless "
            "somebody named the part before it began."
        )
    unstated = [fact for fact in facts if fact.parts.measure == "split"]
    if unstated and split:
        raise ToolError(f"The split must name exactly the variants of {name}.")
    if unstated:
        notes.append(
            "Where the split is not stated, say that it could not be checked and ask for it in a "
            "next step; with the answer call again with `split`."
        )
    if len(chosen) > MAX_TESTS:
        notes.append(f"Told are the first {MAX_TESTS} of {len(chosen)}: name one to see it.")
    return finding.build_result(
        facts,
        title=title,
        exhibits=[
            _name_exhibit(exhibit, subject, known[subject], facts, when, finding)
            for subject, group in _group_by_test(facts, finding).items()
            for exhibit in replace(VARIANTS, shows=f"the variants of {known[subject]}").build(
                group, finding.language
            )
        ],
        notes=notes,
    )


def _name_exhibit(
    exhibit: Exhibit,
    test: str,
    name: str,
    facts: Sequence[Fact],
    when: str | None,
    finding: Finding,
) -> Exhibit:
    """Return the exhibit, read as that of its test: two tests have variants of the same names."""
    its = [fact for fact in facts if fact.parts.subject.split("--")[0] == test]
    read = finding.build_result(its, title=TITLES[when] if when else Words("tests"))
    what, *more = read.scope
    scope = (what, ("test", name), *more)
    assert exhibit.rows
    return exhibit.model_copy(
        update={
            "read_as": "\n".join([join_scope(scope), *read.read_as.splitlines()[1:]]),
            "scope": scope,
            "facts": tuple(fact.id for fact in its),
            "rows": exhibit.rows.model_copy(update={"are_own": True}),
        }
    )


def _is_sound(fact: Fact, broken: Collection[str]) -> bool:
    """Tell whether the variant that a fact is about belongs to no broken test."""
    return fact.parts.subject.rpartition("--")[0] not in broken


def _list_tests(facts: list[Fact]) -> dict[str, str]:
    return {
        fact.parts.subject.split("--")[0]: str(fact.value)
        for fact in facts
        if fact.parts.measure == "title"
    }


def _list_running(facts: Sequence[Fact], known: Mapping[str, str], finding: Finding) -> list[str]:
    """Return the titles of the tests that had people on the last day of the data."""
    last = {
        fact.parts.subject.split("--")[0]
        for fact in facts
        if fact.parts.measure == "last-day" and str(fact.value) == str(finding.result.as_of)
    }
    return [title for test, title in known.items() if test in last]


def _group_by_test(facts: Sequence[Fact], finding: Finding) -> dict[str, list[Fact]]:
    """Return the facts of the variants by test, as a table shows them: each is about its variant,
    and the verdict is in the reader's language."""
    every, language = finding.result.facts, finding.language
    names = {fact.parts.subject: str(fact.value) for fact in every if fact.label == "variant"}
    parts = {fact.parts.subject: fact.value for fact in every if fact.label == "part"}
    groups: dict[str, list[Fact]] = {}
    for subject, group in group_by_subject(facts).items():
        while subject and subject not in names:  # of a call with a split or parts
            subject = subject.rpartition("--")[0]
        if not subject:
            continue
        for fact in group:
            verdict = VERDICTS.get(str(fact.value)) if fact.parts.measure == "verdict" else None
            part = parts.get(subject.rpartition("--")[0])
            about = f"{part} · {names[subject]}" if part else names[subject]
            shown = {"about": about} | ({"value": verdict.to(language)} if verdict else {})
            groups.setdefault(subject.split("--")[0], []).append(fact.model_copy(update=shown))
    return groups


def _name_small_chance(fact: Fact) -> Fact:
    """Tell the smallest chance that is shown as what it stands for: all below it."""
    if not fact.parts.measure.endswith("chance") or fact.value != MIN_SHOWN_CHANCE:
        return fact
    words = Words("under {n}%", n=MIN_SHOWN_CHANCE)
    return fact.model_copy(update={"value": words.to("en"), "unit": None, "words": words})
