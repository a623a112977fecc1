"""The report of a message that a text of the same message starts from, and whom it names."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.agent.audience_draft import list_export_steps
from bot.core.channels import load_channels
from bot.core.checks import Check
from bot.core.facts import Evidence
from bot.core.parts import Part
from bot.core.request import Assumption, Brief, SkillRequest
from bot.i18n.messages import Words
from bot.tasks.message_prompt import ReportAudience

AUDIENCE_SKILL = "targeting"
MAX_AUDIENCES = 5  # of a report
FIRST_OF_REPORT = Words("the first audience of the report")
NOBODY_NAMED = Words("your whole list, as the report names nobody to write to")


class WrittenReport(Protocol):
    """A draft or a report, stored or not."""

    @property
    def id(self) -> str: ...
    @property
    def skill(self) -> str: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def brief(self) -> Brief: ...
    @property
    def parts(self) -> tuple[Part, ...]: ...
    @property
    def facts(self) -> Evidence: ...
    def list_open_warnings(self) -> list[Check]: ...


def list_audiences(report: WrittenReport) -> Iterator[ReportAudience]:
    """Yield the audiences that a report counts and that can be written to, in its order."""
    cited = [id for part in report.parts for id in part.facts]
    for step in list_export_steps(cited, report.facts.facts, MAX_AUDIENCES):
        yield ReportAudience(name=step.words, rule=step.form["rule"])


def start_from_report(request: SkillRequest, reports: Sequence[WrittenReport]) -> SkillRequest:
    """Return the request of a text that starts from a report on the same message: the one that it
    is said to go by, else the choice of an audience. Where the message names nobody, the text is
    for those whom the report names first. What a text continues otherwise goes before."""
    brief = request.brief
    wanted = brief.goes_by or AUDIENCE_SKILL
    report = next((one for one in reversed(reports) if one.skill == wanted), None)
    if request.channel is None or brief.stands_on or brief.rule or report is None:
        return request
    changed: dict[str, object] = {"stands_on": report.id}
    channel = load_channels()[request.channel]
    if not (brief.audience or brief.goal_audience) and (channel.consent or not channel.is_public):
        changed |= _take_audience(brief, report)
    return request.model_copy(update={"brief": brief.model_copy(update=changed)})


def _take_audience(brief: Brief, report: WrittenReport) -> dict[str, object]:
    """Return the fields of a brief that is for the people of a report, with what that assumes."""
    found = [*list_audiences(report)]
    others = tuple(one for one in brief.assumed if one.field != "audience")
    if not found:
        is_open = others != brief.assumed and report.skill == AUDIENCE_SKILL
        nobody = Assumption(field="audience", value="everyone", words=NOBODY_NAMED)
        return {"assumed": (*others, nobody)} if is_open else {}
    first = Assumption(field="rule", value="first of the report", words=FIRST_OF_REPORT)
    return {"rule": found[0].rule, "assumed": (*others, first) if found[1:] else others}
