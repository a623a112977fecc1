"""What a planned test needs, without an AI: people, weeks, and from which rate it starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from bot.core.audience_rule import AudienceRule
from bot.core.charts import COLOURS, Bar, ChartPicture, build_bar_chart
from bot.core.experiment_plan import MESSAGE_PLACES
from bot.core.parts import NextStep, Table
from bot.core.request import SkillRequest
from bot.i18n.messages import Words
from bot.offline.build_report import build_offline_report
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    FactSubject,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    report_missing_data,
)
from bot.offline.funnel_steps import list_falls, name_step

MAX_WEEKS = 8  # beyond, people forget and come back as somebody else
AUDIENCE = "audience"  # the place of a test on customers who are named, read by their orders
PLACES = {
    "visit": Words("on the whole site"),
    "product": Words("on the product page"),
    "basket": Words("in the cart"),
    "checkout": Words("at the checkout"),
    "subject": Words("in the subject line of an e-mail"),
    "letter": Words("in an e-mail"),
    AUDIENCE: Words("on these customers"),
}
BASES = {
    "visit": Words("{base} of all visits end in a purchase"),
    "product": Words("{base} of all visits end in a purchase"),
    "basket": Words("{base} of the visits with something in the cart end in a purchase"),
    "checkout": Words("{base} of the visits at the checkout end in a purchase"),
    "subject": Words("{base} of the e-mails delivered are opened"),
    "letter": Words("{base} of the e-mails delivered are clicked"),
    AUDIENCE: Words("{base} of such customers order within four weeks"),
}
SPLITS = {
    "site": Words("Split visitors in two by chance, by person and not by visit."),
    "mail": Words("Split the addresses in two by chance, and send both at the same hour."),
    AUDIENCE: Words(
        "Split these customers in two by chance; one half gets what is tested, the other does not."
    ),
}


@dataclass(frozen=True)
class PlannedTest:
    """`lifts` from the smallest, `weeks` from the shortest. `start` has the rate of today."""

    place: str
    start: FactSubject
    lifts: list[FactSubject]
    weeks: list[FactSubject]
    chances: FactSubject

    @property
    def proposed(self) -> FactSubject:
        """The smallest lift that can be shown in time, else the largest."""
        return next((one for one in self.lifts if self._fits(one)), self.lifts[-1])

    @property
    def is_feasible(self) -> bool:
        return self._fits(self.proposed)

    def _fits(self, one: FactSubject) -> bool:
        """Whether it ends in time, and of a group there are enough people."""
        size = self.start.get("size")
        has_people = size is None or one.number("in-all") <= self.start.number("size")
        return has_people and one.number("weeks") <= MAX_WEEKS


def find_plan(every: Mapping[str, FactSubject]) -> PlannedTest | None:
    place = next((key for key, one in every.items() if one.get("base")), None)
    lifts = [one for key, one in every.items() if key.startswith(f"{place}-lift-")]
    if place is None or not lifts:
        return None
    weeks = [one for key, one in every.items() if key.startswith(f"{place}-weeks-")]
    return PlannedTest(place, every[place], lifts, weeks, every["chance"])


async def write_plan(request: SkillRequest, ctx: OfflineContext) -> BaseModel:
    writer = SentenceWriter(request.language)
    evidence = await ctx.look_up("plan", request=request)
    plan = find_plan(group_by_subject(evidence, "plan"))
    if plan is None:
        return report_missing_data(writer, evidence, ["plan"])
    is_on_site = plan.place not in (*MESSAGE_PLACES, AUDIENCE)
    if is_on_site:
        evidence = await ctx.look_up("funnel")
    falls = [one for one in list_falls(evidence) if one.key.startswith("device-")]
    headline = writer.copy(_write_headline(writer, plan))
    points = [
        writer.copy(_write_start(writer, plan)),
        writer.copy(_write_people(writer, plan, request.brief.audience or "")),
        writer.copy(_write_smallest_lift(writer, plan)),
        writer.copy(_write_fall(writer, falls[0]) if falls and is_on_site else ""),
        writer.copy(_write_steps(writer, plan, is_on_site)),
    ]
    table = _build_table(writer, plan)
    picture = await ctx.draw(_build_picture(writer, headline.text, plan, ctx))
    limits = _list_limits(writer, plan, is_on_site)
    how_to_read = explain_reading(writer, evidence, ["plan"], *limits)
    ctx.keep_facts(*writer.ever.values())
    return build_offline_report(
        writer,
        request,
        headline=headline,
        points=points,
        picture=picture,
        table=table,
        how_to_read=how_to_read,
        read_as=_describe_reading(plan),
        leads=[_build_lead(writer, plan, request)],
    )


def _describe_reading(plan: PlannedTest) -> Words:
    if plan.start.get("size"):
        return Words("plan of a test {where}", where=PLACES[plan.place])
    return Words("plan of a test {where}, on everybody", where=PLACES[plan.place])


def _write_headline(writer: SentenceWriter, plan: PlannedTest) -> str:
    one, start = plan.proposed, plan.start
    if start.get("size") and not plan.is_feasible:
        n = writer.of(start, "size")
        if not start.get("smallest-lift"):
            line = Words("Too few customers for this test: no rise would show among {n}.", n=n)
            return writer.say(line)
        line = Words(
            "Too few customers for a small effect: {n} show only a rise from {base} to {rate}",
            n=n,
            base=writer.of(start, "base"),
            rate=writer.of(start, "seen-rate"),
        )
        return writer.say(line)
    values = {
        "base": writer.of(start, "base"),
        "rate": writer.of(one, "rate"),
        "n": writer.of(one, "people"),
    }
    if not one.get("weeks"):
        line = Words("To see a rise from {base} to {rate}, each variant needs {n} people", **values)
        return writer.say(line)
    values["weeks"] = writer.say(_count_weeks(writer, one))
    line = Words(
        "Too few people come: even a rise from {base} to {rate} needs {n} in each variant, {weeks}",
        **values,
    )
    if plan.is_feasible:
        line = Words(
            "To see a rise from {base} to {rate}, each variant needs {n} people: about {weeks}",
            **values,
        )
    return writer.say(line)


def _count_weeks(writer: SentenceWriter, one: FactSubject) -> Words:
    writer.of(one, "weeks")
    return Words.count("{n} week", "{n} weeks", int(one.number("weeks")))


def _write_start(writer: SentenceWriter, plan: PlannedTest) -> str:
    """Say the rate of today and how many come."""
    start = plan.start
    rate = BASES[plan.place].model_copy(update={"params": {"base": writer.of(start, "base")}})
    if not start.get("weekly"):
        return writer.say(Words("It starts from: {rate}.", rate=rate))
    weekly = writer.of(start, "weekly")
    return writer.say(Words("It starts from: {rate}; {n} come a week.", rate=rate, n=weekly))


def _write_people(writer: SentenceWriter, plan: PlannedTest, whom: str) -> str:
    """Say on whom the test is, where people are named; if they can't be counted, that it is
    planned for everybody."""
    start = plan.start
    name = whom or start.named(writer.language)
    if not start.get("size"):
        line = Words("On whom: {whom}. The figures are those of everybody who comes.", whom=whom)
        return writer.say(line) if whom else ""
    n, fits = writer.of(start, "size"), writer.of(start, "fits")
    if start.number("fits") == start.number("size"):
        return writer.say(Words("On whom: {whom}, {n} today.", whom=name, n=n))
    return writer.say(
        Words(
            "On whom: {whom}, {fits} today, of whom {n} may be written to.",
            whom=name,
            n=n,
            fits=fits,
        )
    )


def _write_smallest_lift(writer: SentenceWriter, plan: PlannedTest) -> str:
    """Say the smallest rise that a test of a bearable length shows."""
    half = [one for one in plan.weeks if one.number("weeks") == MAX_WEEKS // 2]
    shown = (half if half and plan.is_feasible else plan.weeks)[-1:]
    if not shown:
        return ""
    return writer.say(
        Words(
            "In {weeks} it would show a rise of {lift} or more; anything smaller"
            " would look like chance.",
            weeks=_count_weeks(writer, shown[0]),
            lift=writer.of(shown[0], "smallest-lift"),
        )
    )


def _write_fall(writer: SentenceWriter, one: FactSubject) -> str:
    return writer.say(
        Words(
            "Mend this first ({step}): {rate} get through, {before} before.",
            step=name_step(one),
            rate=writer.of(one, "rate"),
            before=writer.of(one, "before"),
        )
    )


def _write_steps(writer: SentenceWriter, plan: PlannedTest, is_on_site: bool) -> str:
    """Say how to split people, and when to end the test."""
    kind = "site" if is_on_site else "mail" if plan.place in MESSAGE_PLACES else AUDIENCE
    end = Words("End it when both variants have their people, and not before.")
    if plan.proposed.get("weeks") and plan.is_feasible:
        weeks = _count_weeks(writer, plan.proposed)
        end = Words(
            "Let it run {weeks}, whole weeks, and read it then and not before.", weeks=weeks
        )
    return f"{writer.say(SPLITS[kind])} {writer.say(end)}"


def _build_table(writer: SentenceWriter, plan: PlannedTest) -> Table:
    headings = [Words("Rise"), Words("From"), Words("To"), Words("People in each variant")]
    headings += [Words("In all"), Words("Length")]
    rows = [
        [
            f"+{writer.of(one, 'lift')}",
            writer.of(plan.start, "base"),
            *(writer.of(one, measure) for measure in ("rate", "people", "in-all")),
            writer.say(_count_weeks(writer, one)) if one.get("weeks") else "–",
        ]
        for one in plan.lifts
    ]
    return writer.table(map(writer.say, headings), rows)


def _build_picture(
    writer: SentenceWriter, title: str, plan: PlannedTest, ctx: OfflineContext
) -> ChartPicture:
    """A chart of the weeks, or the people, needed to show each lift."""
    measure = "weeks" if plan.proposed.get("weeks") else "people"
    bars = [
        Bar(
            f"+{writer.of(one, 'lift')}",
            float(one.number(measure)),
            strong=one is plan.proposed,
            spelled=writer.of(one, measure),
        )
        for one in plan.lifts
    ]
    colours = ctx.brand.colours or COLOURS
    return build_bar_chart(title, bars, language=writer.language, colours=colours)


def _list_limits(writer: SentenceWriter, plan: PlannedTest, is_on_site: bool) -> list[str]:
    lines = [
        Words(
            "Planned so that {power} of such tests see a rise of this size where there is one,"
            " and {alpha} see one where there is none.",
            power=writer.of(plan.chances, "power"),
            alpha=writer.of(plan.chances, "alpha"),
        )
    ]
    if is_on_site:
        lines.append(
            Words(
                "Visits are counted, not people: somebody who comes back counts again,"
                " so a test by person takes a little longer."
            )
        )
    return [writer.say(line) for line in lines]


def _build_lead(writer: SentenceWriter, plan: PlannedTest, request: SkillRequest) -> NextStep:
    """Lead to the draft of the text to test, for the audience of the test."""
    whom, rule = request.brief.audience, request.brief.rule
    text = Words("Product page to be tested")
    if plan.place in MESSAGE_PLACES:
        text = Words("E-mail to be tested")
    form = {}
    if whom and rule:
        is_sms = AudienceRule.model_validate_json(rule).purpose == "sms"
        text = Words("E-mail to be tested, to: {audience}", audience=whom)
        text = Words("SMS to be tested, to: {audience}", audience=whom) if is_sms else text
        form = {"audience": whom, "rule": rule}
    label = Words("Draft the text to test")
    return NextStep(label=label, skill="draft", words=writer.say(text), form=form)
