"""Sum up a thread or a channel: what was decided, what is open, who does what."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.agent.context import SkillContext
from bot.core.parts import Copy, NextStep, Quote, Table
from bot.core.request import Question, SkillRequest
from bot.core.thread_text import find_channel_name, wants_channel
from bot.i18n.messages import Words
from bot.rules.telling.told import NotYet, Teller, Told, cannot, told

TITLE = "Recap"
HINT = "recap this thread"


class RecapText(BaseModel):
    summary: Copy = Field(title="In short")


class RecapReport(RecapText):
    decided: list[Quote] = Field(title="Decided")
    dropped: list[Quote] = Field(title="Decided, then taken back")
    open: list[Quote] = Field(title="Still open")
    todo: Table | None = Field(default=None, title="Who does what")
    answered: Table | None = Field(default=None, title="Asked and answered")
    unclear: Table | None = Field(default=None, title="Not clear which question was answered")
    how_to_read: Copy = Field(title="How to read this")
    leads: list[NextStep] = []


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(
            Words("Which conversation? Mention me in a thread, or ask for the channel you are in.")
        )
    evidence = await ctx.look_up("thread-words")
    teller = Teller(request.language)
    items_by_key = told(evidence, "thread")
    totals = items_by_key.get("all")
    if totals is None:
        return _explain_nothing(
            teller, request, [teller.value(f) for f in cannot(evidence, "thread")]
        )
    decided, dropped, still, todo, asked, unclear = (
        [item for key, item in items_by_key.items() if key.startswith(sort)]
        for sort in ("decided-", "dropped-", "open-", "todo-", "asked-", "unclear-")
    )
    answered = _drop_repeated(asked, [*decided, *dropped, *todo])
    summary = teller.copy(*_write_summary(teller, totals, decided, dropped, still, todo))
    tables = {
        "todo": _build_todo_table(teller, todo),
        "answered": _build_answers_table(teller, answered),
        "unclear": _build_answers_table(teller, unclear),
    }
    quoted = (*decided, *dropped, *still, *todo)
    ctx.keep_facts(*teller.ever.values(), *(item.get("words") for item in quoted))
    said = await ctx.write(RecapText, by_rules=RecapText(summary=summary))
    return RecapReport(
        **said.model_dump(),
        decided=_select_quotes(decided),
        dropped=_select_quotes(dropped),
        open=_select_quotes(still),
        **tables,
        how_to_read=_explain_reading(teller),
        leads=[] if decided or todo else [_build_feedback_lead(teller, request)],
    )


def _drop_repeated(asked: Sequence[Told], told: Sequence[Told]) -> list[Told]:
    """Drop the answers that are already listed as a decision or a task."""
    known = {item.word(measure) for item in told for measure in ("words", "since")}
    return [
        item
        for item in asked
        if not any(it and (it in item.word("answer") or item.word("answer") in it) for it in known)
    ]


def _build_feedback_lead(teller: Teller, request: SkillRequest) -> NextStep:
    """Offer a feedback summary, because a thread without decisions may quote customers."""
    words = Words("sum up what customers say in this thread")
    if wants_channel(request.brief.words):
        words = Words("sum up what customers say in this channel")
    return NextStep(
        label=Words("What customers say here"), skill="feedback", words=teller.say(words), ask=False
    )


def _explain_nothing(teller: Teller, request: SkillRequest, said: Sequence[str]) -> NotYet:
    if name := find_channel_name(request.brief.words):
        other = Words(
            "I only read the channel that I am asked in. Invite me into #{name} and ask me there.",
            name=name,
        )
        return NotYet(answer=teller.copy(teller.say(other)))
    nothing = Words(
        "There is nothing to read here. Ask me inside a thread, or for the channel you "
        "ask in, once I am invited into it."
    )
    return NotYet(answer=teller.copy(*(said or [teller.say(nothing)])))


def _write_summary(
    teller: Teller,
    totals: Told,
    decided: list[Told],
    dropped: list[Told],
    still: list[Told],
    todo: list[Told],
) -> list[str]:
    lines = [_write_counts(teller, totals, decided, still)]
    if dropped:
        n = len(dropped)
        lines.append(
            teller.say(
                Words.count("{n} was taken back on the way.", "{n} were taken back on the way.", n)
            )
        )
    if todo:
        names = list(dict.fromkeys(item.named(teller.language) for item in todo))
        lines.append(teller.say(Words("To do: {names}.", names=", ".join(names))))
    if totals.get("unclear"):
        lines.append(teller.say(_count_unclear(int(totals.number("unclear")))))
        teller.of(totals, "unclear")
    read = Words(
        "Read: {messages} from {people}.",
        messages=_count_messages(teller, totals),
        people=_count_people(teller, totals),
    )
    lines.append(teller.say(read))
    if totals.get("cut"):
        lines.append(
            teller.say(
                Words("What was written before that is not in it: it is too much to read at once.")
            )
        )
    return lines


def _write_counts(teller: Teller, totals: Told, decided: list[Told], still: list[Told]) -> str:
    if not decided and not still and not totals.get("unclear"):
        return teller.say(
            Words("Nobody decided anything in so many words, and no question is left open.")
        )
    made = Words("nothing decided in so many words")
    if decided:
        n = int(totals.number("decisions"))
        made = Words.count("{n} decision", "{n} decisions", n)
        teller.of(totals, "decisions")
    left = Words("no open question")
    if still:
        n = int(totals.number("questions"))
        left = Words.count("{n} open question", "{n} open questions", n)
        teller.of(totals, "questions")
    line = teller.say(Words("{decisions} and {questions}.", decisions=made, questions=left))
    return line[:1].upper() + line[1:]


def _count_unclear(n: int) -> Words:
    if n == 2:
        return Words(
            "One answer fits {n} questions: which of them it was meant for is not clear, "
            "so it settles none.",
            n=n,
        )
    return Words(
        "Of {n} questions it is not clear which ones the answers were meant for, so they "
        "settle none.",
        n=n,
    )


def _count_messages(teller: Teller, totals: Told) -> Words:
    teller.of(totals, "messages")
    return Words.count("{n} message", "{n} messages", int(totals.number("messages")))


def _count_people(teller: Teller, totals: Told) -> Words:
    teller.of(totals, "people")
    return Words.count("{n} person", "{n} people", int(totals.number("people")))


def _build_todo_table(teller: Teller, todo: Sequence[Told]) -> Table | None:
    columns = [Words("Who"), Words("In these words")]
    measures = ["words"]
    if any(item.get("since") for item in todo):
        columns, measures = [*columns, Words("What they said since")], [*measures, "since"]
    rows = [
        [teller.name(item), *(_join_lines(teller.of(item, measure)) or "–" for measure in measures)]
        for item in todo
    ]
    return teller.table([teller.say(words) for words in columns], rows) if rows else None


def _build_answers_table(teller: Teller, asked: Sequence[Told]) -> Table | None:
    columns = [Words("Asked"), Words("Answered"), Words("By")]
    rows = [
        [
            _join_lines(teller.of(item, "words")),
            _join_lines(teller.of(item, "answer")),
            item.facts["answer"].about,
        ]
        for item in asked
    ]
    return teller.table([teller.say(words) for words in columns], rows) if rows else None


def _join_lines(text: str) -> str:
    return " ".join(text.split())


def _select_quotes(some: Sequence[Told]) -> list[Quote]:
    facts = [item.get("words") for item in some]
    return [Quote(text=str(fact.value), fact=fact.id) for fact in facts if fact]


def _explain_reading(teller: Teller) -> Copy:
    lines = [
        Words(
            "A decision, a question or a promise is found by the words people use for it: what "
            "was agreed by a nod or an emoji is not here, nor what was said in jest or quoted "
            "from others."
        ),
        Words("A question counts as open when nothing that was written after it answers it."),
        Words("What I was asked and have answered is left out."),
        Words("The words are theirs, letter for letter."),
    ]
    return teller.copy(*(f"– {teller.say(line)}" for line in lines), apart="\n")
