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
    "drafted": Words("drafts made"),
    "approved": Words("drafts approved"),
    "sent-back": Words("changes requested"),
    "rejected": Words("rejected"),
    "delivered": Words("gone out"),
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
    labels = {name: label for name, label in WORK.items() if week and week.number(name)}
    if week is None or not labels:
        return Copy(text="")
    figures = writer.tell_labels(week, labels)
    return Copy(text=writer.say(DONE.with_params(what=figures.text)), facts=figures.facts)
