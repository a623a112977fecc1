"""How the drafts stand, in sentences: what waits for approval, and what seven days brought."""

from bot.core.fact_sentences import SentenceWriter, group_by_subject
from bot.core.facts import Evidence
from bot.core.parts import Copy
from bot.i18n.messages import Words

WAITING = (
    Words("Drafts that wait for approval: {waiting}; the oldest was made {oldest} ago."),
    Words("Drafts that wait for approval: {waiting}."),
)
DONE = Words("In seven days: {what}.")
WORK = {
    "drafted": Words.count("{n} draft made", "{n} drafts made", 1),
    "approved": Words.count("{n} approved", "{n} approved", 1),
    "sent-back": Words.count("changes requested on {n}", "changes requested on {n}", 1),
    "rejected": Words.count("{n} rejected", "{n} rejected", 1),
    "delivered": Words.count("{n} gone out", "{n} gone out", 1),
}


def tell_waiting_drafts(writer: SentenceWriter, evidence: Evidence) -> Copy:
    """Say how many drafts wait for approval; an empty text if none does."""
    queue = group_by_subject(evidence, "work").get("queue")
    if queue is None or not queue.number("waiting"):
        return Copy(text="")
    return writer.tell(queue, *(WAITING if queue.number("oldest") else WAITING[1:]))


def tell_week_of_drafts(writer: SentenceWriter, evidence: Evidence) -> Copy:
    """Say what became of drafts in seven days; an empty text if there were none."""
    week = group_by_subject(evidence, "work").get("week")
    known = {name: fact for name in WORK if week and week.number(name) and (fact := week.get(name))}
    if not known:
        return Copy(text="")
    said = [writer.say(WORK[name].with_params(n=int(fact.number))) for name, fact in known.items()]
    return writer.copy(writer.say(DONE.with_params(what=", ".join(said))), known.values())
