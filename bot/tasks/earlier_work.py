"""What a text continues: the draft that it revises or adapts, or the report that it starts from."""

from collections.abc import Iterator

from bot.agent.loop import EarlierWork
from bot.core.facts import Fact
from bot.core.request import Brief
from bot.drafts.models import Draft
from bot.tasks.conversation import describe_content

MAX_REPORT_FACTS = 24  # of those that a report cites
PRODUCT_KINDS = ("product", "availability", "prices")  # whose subject is a product
AUDIENCE_KINDS = ("segment", "audiences")
FEEDBACK_KINDS = ("feedback", "praise", "objection")  # on the product of the brief


def build_earlier_work(
    brief: Brief, previous: Draft | None = None, source: Draft | None = None
) -> EarlierWork:
    """Return what the text of this brief may stand on: the facts of the draft that is revised
    (`previous`), and those of the draft or report that it starts from (`source`) with what the
    report says. Figures of a single customer are left out, since the model will read it."""
    facts: dict[str, Fact] = {}
    report = ""
    for draft in (previous, source):
        if draft is None or draft.facts.of_one_customer:
            continue
        if draft.channel is None:
            report = f"Asked: {draft.brief.words}\n{describe_content(draft)}"
        found = (
            _list_report_facts(draft) if draft.channel is None else _list_copy_facts(draft, brief)
        )
        for fact in found:
            facts.setdefault(fact.id, fact)
    return EarlierWork(report=report, facts=tuple(facts.values()))


def _list_copy_facts(draft: Draft, brief: Brief) -> Iterator[Fact]:
    """Yield the facts of a draft, without those of products that the new text is not about and of
    its audience, which is counted anew."""
    before = draft.brief
    dropped = {before.product, *before.others} - {brief.product, *brief.others}
    for fact in draft.facts.facts:
        of_dropped = fact.parts.kind in PRODUCT_KINDS and fact.parts.subject in dropped
        of_other = fact.parts.kind in FEEDBACK_KINDS and before.product != brief.product
        of_audience = fact.parts.kind in AUDIENCE_KINDS
        if not (of_dropped or of_other or of_audience):
            yield fact


def _list_report_facts(draft: Draft) -> list[Fact]:
    """Return the facts that a report cites: those of its sentences before those of its table."""
    known = {fact.id: fact for fact in draft.facts.facts}
    cited = dict.fromkeys(id for part in draft.parts for id in part.facts if id in known)
    return [known[id] for id in [*cited][:MAX_REPORT_FACTS]]
