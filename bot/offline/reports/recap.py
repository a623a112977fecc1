"""A conversation without an AI: who wrote, what was asked, files, links and the intern's drafts.

What was decided or promised is not read: that takes an AI, and the report says so.
"""

from pydantic import BaseModel

from bot.core.parts import Copy, NextStep, Table
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import find_channel_name, wants_channel
from bot.i18n.messages import Words
from bot.offline.build_report import build_offline_report
from bot.offline.context import OfflineContext
from bot.offline.fact_sentences import (
    FactSubject,
    MissingData,
    SentenceWriter,
    explain_reading,
    group_by_subject,
    list_unanswerable,
)

MAX_QUESTIONS, MAX_LINKS, MAX_NAMES = 3, 4, 5  # of the points; the table has all questions
NEEDS_AI = Words(
    "what was decided, who does what and what was answered: reading that takes an AI, and none is "
    "connected"
)
WORK = {
    "drafted": Words("drafts made"),
    "approved": Words("approved"),
    "sent-back": Words("sent back"),
    "rejected": Words("rejected"),
    "delivered": Words("gone out"),
}


async def write_report(request: SkillRequest, ctx: OfflineContext) -> BaseModel | Question:
    evidence = await ctx.look_up("thread-words")
    writer = SentenceWriter(request.language)
    every = group_by_subject(evidence, "thread")
    drafts = [one for key, one in every.items() if key.startswith("draft-")]
    work = _write_work(writer, group_by_subject(evidence, "work"))
    whole = every.get("all")
    if whole is None and not drafts:
        said = [writer.value(fact) for fact in list_unanswerable(evidence, "thread")]
        return _explain_nothing(writer, request, said, work)
    questions, links, files = (
        [one for key, one in every.items() if key.startswith(f"{kind}-")]
        for kind in ("question", "link", "file")
    )
    headline = writer.copy(_write_headline(writer, whole, len(questions)))
    points = [_write_people(writer, [o for k, o in every.items() if k.startswith("person-")])]
    points += [_quote_question(writer, one) for one in questions[-MAX_QUESTIONS:]]
    points += [_write_drafts(writer, drafts), _write_shared(writer, [*files, *links])]
    table = _build_table(writer, questions)
    how_to_read = explain_reading(writer, evidence, ["thread"], *_list_limits(writer, whole))
    ctx.keep_facts(*writer.ever.values())
    report = build_offline_report(
        writer,
        request,
        headline=headline,
        points=points,
        table=table,
        cannot_tell=Copy(text=writer.say(NEEDS_AI)),
        how_to_read=how_to_read,
        read_as=Words("the messages here, without reading what they mean"),
        leads=[_build_lead(writer, request)],
    )
    return report.model_copy(update={"sources": None})  # each message would be one


def _write_headline(writer: SentenceWriter, whole: FactSubject | None, questions: int) -> str:
    if whole is None:
        return writer.say(Words("Nobody has written here yet"))
    writer.of(whole, "messages"), writer.of(whole, "people")
    messages = Words.count("{n} message", "{n} messages", int(whole.number("messages")))
    people = Words.count("{n} person", "{n} people", int(whole.number("people")))
    asked = Words.count("{n} holds a question", "{n} hold a question", questions)
    if not questions:
        asked = Words("none holds a question")
    line = Words("{messages} from {people}; {asked}", messages=messages, people=people, asked=asked)
    return writer.say(line)


def _write_people(writer: SentenceWriter, people: list[FactSubject]) -> Copy:
    names = ", ".join(f"{one.about} ({writer.of(one, 'messages')})" for one in people[:MAX_NAMES])
    return writer.copy(writer.say(Words("Who wrote: {names}.", names=names)) if names else "")


def _quote_question(writer: SentenceWriter, one: FactSubject) -> Copy:
    """Return the question letter for letter, with its author."""
    line = Words("{name} asked: “{quote}”", name=one.about, quote=writer.of(one, "words"))
    return writer.copy(writer.say(line))


def _write_drafts(writer: SentenceWriter, drafts: list[FactSubject]) -> Copy:
    names = "; ".join(f"“{one.about}” ({writer.of(one, 'state')})" for one in drafts)
    return writer.copy(writer.say(Words("My drafts here: {names}.", names=names)) if names else "")


def _write_shared(writer: SentenceWriter, shared: list[FactSubject]) -> Copy:
    names = ", ".join(writer.of(one, "words") for one in shared[-MAX_LINKS:])
    return writer.copy(writer.say(Words("Shared: {names}", names=names)) if names else "")


def _write_work(writer: SentenceWriter, work: dict[str, FactSubject]) -> str:
    """Return what waits for approval, and what was done in seven days."""
    lines = []
    if (queue := work.get("queue")) is not None and (n := int(queue.number("waiting"))):
        writer.of(queue, "waiting")
        waiting = Words.count("{n} draft waits for approval", "{n} drafts wait for approval", n)
        lines.append(f"{writer.say(waiting)}.")
    if (week := work.get("week")) is not None:
        done = [f"{writer.of(week, m)} {writer.say(w)}" for m, w in WORK.items() if week.number(m)]
        if done:
            lines.append(writer.say(Words("In seven days: {what}.", what=", ".join(done))))
    return " ".join(lines)


def _explain_nothing(
    writer: SentenceWriter, request: SkillRequest, said: list[str], work: str
) -> MissingData:
    if name := find_channel_name(request.brief.words):
        other = Words(
            "I only read the channel that I am asked in. Invite me into #{name} and ask me there.",
            name=name,
        )
        said = [writer.say(other)]
    return MissingData(answer=writer.copy(*said, work, apart="\n"))


def _build_table(writer: SentenceWriter, questions: list[FactSubject]) -> Table | None:
    """Return all questions, where they are more than the points name."""
    if len(questions) <= MAX_QUESTIONS:
        return None
    headings = [writer.say(Words("Who")), writer.say(Words("Asked"))]
    return writer.table(headings, [[one.about, writer.of(one, "words")] for one in questions])


def _list_limits(writer: SentenceWriter, whole: FactSubject | None) -> list[str]:
    lines = [Words("The words are theirs, letter for letter.")]
    if whole is not None and whole.get("cut"):
        writer.of(whole, "cut")
        lines.append(
            Words("What was written before that is not in it: it is too much to read at once.")
        )
    return [writer.say(line) for line in lines]


def _build_lead(writer: SentenceWriter, request: SkillRequest) -> NextStep:
    words = Words("sum up what customers say in this thread")
    if wants_channel(request.brief.words):
        words = Words("sum up what customers say in this channel")
    label = Words("What customers say here")
    return NextStep(label=label, skill="feedback", words=writer.say(words), ask=False)
