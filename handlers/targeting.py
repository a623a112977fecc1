"""Whom to speak to: audiences with rule, size, reason and what to say to them."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.audience_rule import CONSENT_LABELS, AudienceRule
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.facts import Fact
from bot.core.parts import Copy, File, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words, quote_name
from bot.rules.telling.approach import (
    NAMES,
    REACH,
    arguments,
    expected,
    foreseen,
    interval,
    limits,
    nobody,
    reach,
    risks,
    why,
)
from bot.rules.telling.targeted import leads_of, name_of, thing_of
from bot.rules.telling.told import Teller, Told, how_to_read, told
from bot.rules.telling.unheard import LAUNCH, unheard

TITLE = "Audience ideas"
COMMAND = "target"
HINT = "whom should I target for the linen launch?"


QUOTE_MARKS = str.maketrans(
    "", "", '“”"«»\u00a0\u202f'
)  # a model may use other quotation marks around a name


class TargetingText(BaseModel):
    finding: Copy = Field(title="In one sentence")
    audiences: Copy = Field(title="Whom, and why")
    say: Copy = Field(title="What to say, and where")
    risks: Copy = Field(title="Watch out")


class TargetingReport(TargetingText):
    picture: File | None = Field(default=None, title="Picture")
    sizes: Table = Field(title="Sizes")
    rules: Table = Field(title="Rules")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip() and not request.brief.rule:
        return ctx.ask(Words("For what? For example: whom should I target for the linen launch?"))
    evidence = await ctx.look_up("audiences")
    audiences_by_key = told(evidence, "audiences")
    wanted = audiences_by_key["all"].word("goal") if "all" in audiences_by_key else ""
    found = [audience for key, audience in audiences_by_key.items() if key in NAMES]
    shown = sorted(
        found, key=lambda audience: (audience.key != wanted, -audience.number("bought-share"))
    )
    teller = Teller(request.language)
    if not shown:
        ctx.keep_facts(*_select_stored_facts(audiences_by_key, ()))
        return nobody(teller, evidence, request.brief)
    text_by_rules = _write_text(teller, audiences_by_key, shown)
    known = audiences_by_key["all"].get("subject") or request.brief.product or request.brief.rule
    if not known and (strange := unheard(request.brief.words, LAUNCH)):
        text = f"{teller.say(strange)}\n{text_by_rules.risks.text}"
        text_by_rules = text_by_rules.model_copy(
            update={"risks": text_by_rules.risks.model_copy(update={"text": text})}
        )
    sizes, rules = (
        _build_sizes_table(teller, audiences_by_key, shown),
        _build_rules_table(teller, audiences_by_key, shown),
    )
    picture = None
    if any(audience.number("customers") for audience in shown):
        picture = await ctx.draw(_build_picture(teller, audiences_by_key, shown, ctx))
    read = how_to_read(
        teller, evidence, ["audiences"], *limits(teller, audiences_by_key["all"], shown)
    )
    ctx.keep_facts(*teller.ever.values(), *_select_stored_facts(audiences_by_key, shown))
    names = [name_of(teller, audiences_by_key, audience) for audience in shown]
    words = await ctx.write(
        TargetingText,
        check=lambda text: _find_unknown_audiences(text, names),
        by_rules=text_by_rules,
    )
    return TargetingReport(
        **words.model_dump(),
        picture=picture,
        sizes=sizes,
        rules=rules,
        how_to_read=read,
        leads=leads_of(teller, audiences_by_key, shown, request.brief.words),
    )


def _find_unknown_audiences(text: TargetingText, names: Sequence[str]) -> list[str]:
    """List the lines about an audience that was not counted, as faults for the writer. The advice
    may refer to audiences by number."""
    numbers = tuple(f"{n}. " for n in range(1, len(names) + 1))
    lines = [("finding", text.finding.text)]
    lines += [("audiences", line) for line in text.audiences.text.splitlines()]
    say = text.say.text.splitlines()
    lines += [("say", line) for line in say if not line.startswith(numbers)]
    low = [name.lower().translate(QUOTE_MARKS) for name in names]
    return [
        f"{part}: say which of these audiences it is, under its own name ({'; '.join(names)}), or "
        f"leave it out: {line[:80]}"
        for part, line in lines
        if line.strip() and not any(name in line.lower().translate(QUOTE_MARKS) for name in low)
    ]


def _write_text(
    teller: Teller, audiences_by_key: Mapping[str, Told], shown: Sequence[Told]
) -> TargetingText:
    finding = teller.copy(_write_headline(teller, audiences_by_key, shown[0]))
    names, everyone = (
        [name_of(teller, audiences_by_key, audience) for audience in shown],
        audiences_by_key["all"],
    )
    lines = [
        teller.say(
            Words(
                "{n}. {audience}: {why}", n=n, audience=name, why=why(teller, audience, sized=n > 1)
            )
        )
        for n, (audience, name) in enumerate(zip(shown, names, strict=True), 1)
    ]
    lines[0] = f"{lines[0]} {expected(teller, everyone, shown[0])}".strip()
    audiences = teller.copy(*lines, apart="\n")
    say = teller.copy(*arguments(teller, shown), apart="\n")
    return TargetingText(
        finding=finding,
        audiences=audiences,
        say=say,
        risks=teller.copy(*risks(teller, shown, names), apart="\n"),
    )


def _write_headline(teller: Teller, audiences_by_key: Mapping[str, Told], audience: Told) -> str:
    name, size = name_of(teller, audiences_by_key, audience), reach(teller, audience)
    if audience.key != "yours":  # "yours" is the person's own rule and the only audience
        name = teller.say(Words("{audience} first", audience=name))
    if audience.get("bought-share") is None:
        return teller.say(Words("{audience}: {size}.", audience=name, size=size))
    share, others = teller.of(audience, "bought-share"), teller.of(audience, "others-share")
    values = {
        "audience": name,
        "size": size,
        "share": share,
        "others": others,
        "days": teller.of(audiences_by_key["all"], "days"),
    }
    thing = thing_of(teller, audiences_by_key)
    if not thing:
        return teller.say(
            Words(
                "{audience}: {size}; {share} of such people "
                "ordered within {days}, against {others} of all.",
                **values,
            )
        )
    if audience.key == "alike":
        return teller.say(
            Words(
                "{audience}: {size}; {share} of such people "
                "bought it within {days}, {others} of all "
                "who did not have it.",
                **values,
            )
        )
    return teller.say(
        Words(
            "{audience}: {size}; {share} of such people "
            "bought {thing} within {days}, against {others} of all.",
            thing=quote_name(thing),
            **values,
        )
    )


def _build_sizes_table(
    teller: Teller, audiences_by_key: Mapping[str, Told], shown: Sequence[Told]
) -> Table:
    """The table of audience sizes by channel, past and expected purchases, and power of a test."""
    heads = [
        Words("Audience"),
        Words("Customers"),
        Words("By e-mail"),
        Words("By SMS"),
        Words("For ads"),
        Words("Bought before"),
        Words("Of all"),
        Words("Expected"),
        Words("Rise that a test can show"),
    ]
    rows = [
        [
            name_of(teller, audiences_by_key, audience),
            teller.bare_count(audience, "customers"),
            *(teller.of(audience, measure) or "–" for measure in REACH),
            interval(teller, audience),
            teller.of(audience, "others-share") or "–",
            foreseen(teller, audience),
            teller.of(audience, "smallest-effect") or "–",
        ]
        for audience in shown
    ]
    return teller.table([teller.say(head) for head in heads], rows)


def _build_rules_table(
    teller: Teller, audiences_by_key: Mapping[str, Told], shown: Sequence[Told]
) -> Table:
    """The table of the exact rules and their short codes. An approval covers these."""
    titles = {fact.about: str(fact.value) for fact in _list_product_names(audiences_by_key)}
    rows = []
    for audience in shown:
        rule = AudienceRule.model_validate_json(audience.word("rule"))
        for measure in ("rule", *rule.figures):
            teller.value(audience.get(measure))
        words, agreed = (
            teller.say(rule.describe_conditions(titles)),
            teller.say(CONSENT_LABELS[rule.purpose]),
        )
        words, code = words[:1].upper() + words[1:], teller.of(audience, "rule-code")
        rows.append([name_of(teller, audiences_by_key, audience), words, agreed, code])
    heads = (Words("Audience"), Words("Rule"), Words("Who may be written to"), Words("Short name"))
    return teller.table([teller.say(head) for head in heads], rows)


def _list_product_names(audiences_by_key: Mapping[str, Told]) -> Sequence[Fact]:
    """The facts with the names of the products in the rules."""
    return tuple(audiences_by_key["things"].facts.values()) if "things" in audiences_by_key else ()


def _select_stored_facts(audiences_by_key: Mapping[str, Told], shown: Sequence[Told]) -> list[Fact]:
    """The facts that the form and the export need: the rules and the names of categories."""
    rules = [fact for audience in shown for m in ("rule", "rule-code") if (fact := audience.get(m))]
    names = audiences_by_key["category"].facts.values() if "category" in audiences_by_key else ()
    return [*rules, *_list_product_names(audiences_by_key), *names]


def _write_title(teller: Teller, audiences_by_key: Mapping[str, Told], audience: Told) -> str:
    name = name_of(teller, audiences_by_key, audience)
    if not audience.get("bought-share"):
        return teller.say(Words("{audience}: {size}", audience=name, size=reach(teller, audience)))
    values = {m: teller.of(audience, f"{m}-share") for m in ("bought", "others")}
    days = teller.of(audiences_by_key["all"], "days")
    return teller.say(
        Words(
            "{audience}: {bought} bought within {days}, against {others}",
            audience=name,
            days=days,
            **values,
        )
    )


def _build_picture(
    teller: Teller, audiences_by_key: Mapping[str, Told], shown: Sequence[Told], ctx: SkillContext
) -> ChartPicture:
    """A chart of the purchase rates with intervals beside all customers, else of the sizes."""
    share = all(audience.get("bought-share") for audience in shown)
    measure = "bought-share" if share else "customers"
    found = []
    for n, audience in enumerate(shown):
        ends = [float(audience.number(f"bought-share-{end}")) for end in ("low", "high")]
        low, high = ends if share else (None, None)
        name, spelled = name_of(teller, audiences_by_key, audience), teller.of(audience, measure)
        value = float(audience.number(measure))
        found.append(Bar(name, value, low, high, strong=n == 0, spelled=spelled))
    return build_bar_chart(
        _write_title(teller, audiences_by_key, shown[0]),
        found,
        language=teller.language,
        colours=ctx.brand.colours or COLOURS,
        reference=float(audiences_by_key["all"].number("bought-share")) if share else None,
    )
