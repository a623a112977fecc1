"""The draft of an audience to be exported: code states the rule, and a person approves it."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from pydantic import Field

from bot.agent.request_state import RequestState
from bot.audiences.platforms import DEFAULT_PLATFORMS, PLATFORMS, adapt_rule
from bot.core.audience_rule import AudiencePurpose, AudienceRule
from bot.core.audience_words import (
    CONSENT_LABELS,
    SOME_READ,
    describe_conditions,
    list_short_conditions,
)
from bot.core.facts import Evidence, Fact, FactId, is_money
from bot.core.parts import Copy, NextStep, Table
from bot.core.report import ComputedOutput, Report
from bot.core.request import SkillRequest
from bot.i18n.languages import get_language
from bot.i18n.messages import LANGUAGES, Language, Words, join_words

KIND, SUBJECT = "audiences", "yours"  # of the facts about the audience of a rule
NAME_SUBJECTS = ("things", "category")  # of the facts that name products and categories
MAX_LABEL = 75  # characters of a button
MAX_TITLE_WORDS = 2  # of a product, where a button has no room for more


class AudienceDraft(ComputedOutput):
    """What is approved: the rule in words, its purpose, platform, size and code. At the export the
    rule with this code is looked up among the facts, and its people are counted again."""

    audience: Table = Field(title=Words("Audience to export").text)
    how_to_read: Copy = Field(title=Words("How to read this").text)
    leads: list[NextStep] = Field(default=[])


async def write_audience_draft(ctx: RequestState) -> AudienceDraft | Report:
    """Build the draft of the audience of the brief's rule; a report where it can't be exported.
    Raises CannotDo for a platform that does not fit the purpose."""
    brief, language = ctx.request.brief, ctx.request.language
    rule = AudienceRule.model_validate_json(brief.rule or "{}")
    platform = brief.platform or DEFAULT_PLATFORMS[rule.purpose]
    adapted = adapt_rule(rule, platform)
    changed = brief.model_copy(update={"rule": adapted.stored})
    evidence = await ctx.look_up(
        KIND, request=ctx.request.model_copy(update={"brief": changed}), replace=True
    )
    facts = {
        fact.parts.measure: fact for fact in evidence.of(KIND) if fact.parts.subject == SUBJECT
    }
    names = [fact for fact in evidence.of(KIND) if fact.parts.subject in NAME_SUBJECTS]
    edit = NextStep(
        label=Words("Edit the rule"),
        skill=ctx.request.skill,
        words=brief.words,
        form={"rule": adapted.stored, "platform": platform},
    )
    agreed = facts.get(f"by-{adapted.purpose}")
    if reason := _explain_no_export(evidence, facts, agreed):
        ctx.keep_facts(*names)
        return Report(headline=Copy(text=reason.to(language)), leads=[edit])
    known = AudienceRule.model_validate_json(str(facts["rule"].value))
    titles = {fact.about: str(fact.value) for fact in names if fact.parts.subject == "things"}
    table = _build_table(known, platform, facts, titles, language)
    ctx.keep_facts(*names, *facts.values())
    note = Words(
        "People are counted again when the file is made: only those who agree on that day are in"
        " it, and fewer than the smallest group are never given out."
    )
    return AudienceDraft(audience=table, how_to_read=Copy(text=note.to(language)), leads=[edit])


EXPORTS: Mapping[AudiencePurpose, Words] = {
    "email": Words("Export {what} for e-mail"),
    "sms": Words("Export {what} for SMS"),
    "ads": Words("Export {what} for ads"),
}


def _explain_no_export(
    evidence: Evidence, facts: dict[str, Fact], agreed: Fact | None
) -> Words | None:
    """Return why this audience can't be exported; None when it can."""
    if "rule" not in facts:
        reasons = [str(fact.value) for fact in evidence.of(KIND) if fact.parts.subject == "cannot"]
        return Words("{sentence}", sentence=" ".join(reasons))
    if agreed is None:
        return Words("Nobody can be exported yet: import a file that says who agreed.")
    if _is_too_small(facts["rule"], {fact.id: fact.value for fact in facts.values()}):
        return Words("Too few of these people agreed: ask less of them in the rule.")
    return None


def _build_table(
    rule: AudienceRule,
    platform: str,
    facts: dict[str, Fact],
    titles: dict[str, str],
    language: Language,
) -> Table:
    title = PLATFORMS[platform].title
    agreed, everybody = facts[f"by-{rule.purpose}"], facts["customers"]
    size = Words(
        "{n} of {all}",
        n=agreed.model_copy(update={"unit": None}).spelled(language),
        all=everybody.model_copy(update={"unit": "customers"}).spelled(language),
    )
    lines: list[tuple[Words, Words | str]] = [
        (Words("Who may be written to"), CONSENT_LABELS[rule.purpose]),
        (Words("For"), title),
        (Words("People"), size),
        (Words("Code"), f"{rule.code}/{platform}"),
    ]
    rows = [
        (name.to(language), value.to(language) if isinstance(value, Words) else value)
        for name, value in lines
    ]
    conditions = describe_conditions(rule, titles).to(language)
    columns = (Words("Rule").to(language), conditions[:1].upper() + conditions[1:])
    cited = ("rule", "rule-code", *rule.figures, "customers", f"by-{rule.purpose}")
    ids = tuple(facts[name].id for name in cited if name in facts)
    return Table(columns=columns, rows=tuple(rows), facts=ids)


# The export as a next step of a report.


MAX_EXPORTS = 2  # of a report: it may tell two audiences


def list_report_exports(cited: Sequence[str], facts: Sequence[Fact]) -> list[NextStep]:
    """Return the exports of a report, each with a label of its own; none where its first audience
    has none, for which no other one stands."""
    steps = list_export_steps(cited, facts) and list_export_steps(cited, facts, MAX_EXPORTS)
    return [*{step.label.to("en"): step for step in reversed(steps)}.values()][::-1]


def list_export_steps(cited: Sequence[str], facts: Sequence[Fact], most: int = 1) -> list[NextStep]:
    """Return the export of the audiences whose figures are cited, in their order, one for each
    rule, named by what the others have not. Of these only the first `most` count: where too few of
    one agreed to its purpose, it is exported for another one of which its report cites who agreed,
    or not at all. None is of the audience of which the report counts those who did not agree.
    `facts` are all found."""
    others, values = _list_of_others(cited, facts), {fact.id: fact.value for fact in facts}
    named = [one for one in list_cited_rules(cited, facts) if one.parts.subject not in others]
    known = {str(one.value): one for one in named}
    titles = {fact.about: str(fact.value) for fact in facts if fact.parts.subject in NAME_SUBJECTS}
    currency = next((fact.unit for fact in facts if fact.unit and is_money(fact)), "")
    brief = {code: _shorten(title) for code, title in titles.items()}
    chosen = [
        (
            fact,
            rule,
            list_short_conditions(rule, titles, currency),
            list_short_conditions(rule, brief, currency),
        )
        for fact in [*known.values()][:most]
        if (rule := _choose_way(fact, values, cited)) is not None
    ]
    steps = list[NextStep]()
    for fact, rule, conditions, short in chosen:
        many = values.get(str(fact.parts._replace(measure=f"by-{rule.purpose}")))
        beside = [words for other, _, words, _ in chosen if other is not fact]
        own = [
            n
            for n, one in enumerate(conditions)
            if not beside or not all(one in some for some in beside)
        ]
        names = [
            name
            for some in (conditions, short)
            for name in _list_names([some[n] for n in own or range(len(some))])
        ]
        about = [Words("{value}", value=fact.about)] if fact.about else []
        label = _label_export(rule, many, [*about, *names])
        form = {"rule": rule.stored}
        steps.append(NextStep(label=label, skill="targeting", words=_name(fact, facts), form=form))
    return steps


def list_cited_rules(cited: Sequence[str], facts: Sequence[Fact]) -> list[Fact]:
    """Return the rules of the audiences whose figures are cited, in their order."""
    rules = {
        fact.parts.subject: fact
        for fact in facts
        if fact.parts.kind == KIND and fact.parts.measure == "rule"
    }
    named = dict.fromkeys(id.split(".")[1] for id in cited if id.startswith(f"{KIND}."))
    return [rules[subject] for subject in named if subject in rules]


def _choose_way(
    fact: Fact, values: Mapping[str, Decimal | str], cited: Collection[str]
) -> AudienceRule | None:
    """Return the rule with the purpose that its people are exported for; None where too few agreed
    to any that counts."""
    rule = AudienceRule.model_validate_json(str(fact.value))
    if not _is_too_small(fact, values):
        return rule
    for purpose in EXPORTS:
        id = str(fact.parts._replace(measure=f"by-{purpose}"))
        if id in cited and values.get(id) and not str(values[id]).startswith("under"):
            return rule.model_copy(update={"purpose": purpose})
    return None


def _list_of_others(cited: Sequence[str], facts: Sequence[Fact]) -> set[str]:
    """Return the audiences of which a cited figure is the difference of two: all of them, and those
    who agreed."""
    pairs = [
        [FactId.parse(id) for id in fact.calculated_from]
        for fact in facts
        if fact.id in cited and fact.parts.measure == "difference"
    ]
    return {
        whole.subject
        for whole, agreed in pairs
        if whole.kind == agreed.kind == KIND
        and whole.subject == agreed.subject
        and agreed.measure.startswith("by-")
    }


def _list_names(conditions: Sequence[Words]) -> list[Words]:
    """Return the name of all conditions, then those without the last ones, which say so."""
    firsts = (conditions[:n] for n in range(len(conditions) - 1, 0, -1))
    less = [Words("{first}…", first=join_words(some)) for some in firsts]
    return [join_words(conditions), *less] if conditions else []


def _shorten(title: str) -> str:
    first, *others = title.split()[: MAX_TITLE_WORDS + 1] or [title]
    short = " ".join([first, *others][:MAX_TITLE_WORDS])
    return f"{short}…" if len(others) == MAX_TITLE_WORDS else title


def _label_export(rule: AudienceRule, many: Decimal | str | None, names: Sequence[Words]) -> Words:
    """Say how many people are exported, for what, and who they are, by the first of these names
    for which a button has room: "Export 139 contacts for SMS (France)". The whole rule stands on
    the card that it leads to. A count that may not be shown is left out."""
    what = Words("contacts")
    if isinstance(many, Decimal):
        what = Words.count("{n} contact", "{n} contacts", int(many))
    words = EXPORTS[rule.purpose].with_params(what=what)
    labels = [Words("{what} ({which})", what=words, which=which) for which in names]
    return next(filter(_fits_button, labels), words)


def _fits_button(label: Words) -> bool:
    return all(len(label.to(language)) <= MAX_LABEL for language in LANGUAGES)


def list_copy_exports(evidence: Evidence, request: SkillRequest) -> tuple[NextStep, ...]:
    """Return the export of who reads a text, of the audience that was counted for it, if any."""
    names = ("rule", "audience", "size")
    rule, conditions, size = (evidence.get(f"segment.audience.{name}") for name in names)
    if request.channel is None or rule is None or conditions is None:
        return ()
    label, stored = Words("Export this audience"), str(rule.value)
    if size and size.words and size.words.text == SOME_READ.text:
        label = Words("Export those who read {tongue}", tongue=size.words.params["tongue"])
        known = AudienceRule.model_validate_json(stored)
        stored = known.model_copy(update={"reads": request.language}).stored
    step = NextStep(
        label=label,
        skill="targeting",
        words=request.brief.audience or str(conditions.value),
        form={"rule": stored},
    )
    return (step,)


def list_other_languages(
    evidence: Evidence, request: SkillRequest, adapted: str | None = None
) -> tuple[NextStep, ...]:
    """Return the text in the language that most of its readers read, or that of the message, if it
    is in another one and wasn't made from the text in that language (`adapted`)."""
    most = evidence.get("segment.audience.most-read-language")
    other = most.value if most else request.brief.asked_in
    if request.channel is None or other in (None, request.language, adapted):
        return ()
    words = Words("The same {language}", language=Words(get_language(str(other)).phrase))
    form = {"language": str(other)}
    asked = words.to(request.language)
    return (NextStep(label=words, skill="draft", words=asked, ask=False, form=form),)


def _is_too_small(rule: Fact, values: Mapping[str, Decimal | str]) -> bool:
    """Whether too few of the people of a rule agreed to its purpose."""
    purpose = AudienceRule.model_validate_json(str(rule.value)).purpose
    agreed = values.get(str(rule.parts._replace(measure=f"by-{purpose}")))
    return agreed == 0 or str(agreed).startswith("under")


def _name(rule: Fact, facts: Sequence[Fact]) -> str:
    """Return the name of an audience; without one, its conditions."""
    id = str(rule.parts._replace(measure="conditions"))
    conditions = next((str(fact.value) for fact in facts if fact.id == id), "")
    return rule.about or conditions or str(rule.value)
