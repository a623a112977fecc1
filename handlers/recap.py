"""Sum up a thread or a channel: what was decided, what is open, who does what."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bot.around import channel_named
from bot.desk import Desk
from bot.parts import Copy, Quote, Table
from bot.request import Question, Request
from bot.telling.told import NotYet, Teller, Told, cannot, told
from bot.words import Words

TITLE = "Recap"
HINT = "recap this thread"
ASKED_BY = (
    r"^\W*(?:please |can you |could you |peux-tu |pouvez-vous )*(?:re-?cap\w*|récap\w*|catch me up"
    r"|who does what|qui fait quoi|what (?:did|have) (?:we|they) (?:decide|agree)\w*"
    r"|qu'(?:a-t-on|avons-nous|est-ce qu'on a) décidé|on a décidé quoi|fais le point"
    r"|(?:sum(?:mari[sz]e)?(?: up)?|summari[sz]e|résume[rz]?|résumé|synthétise[rz]?|summary of"
    r"|what happened in) (?:me |moi |de |du )?"
    r"(?:(?:this|the|our|ce|cette|le|la|notre) (?:whole )?"
    r"(?:channel|thread|discussion|conversation|canal|fil)\b|#[\w-]+))"
)


class Said(BaseModel):
    summary: Copy = Field(title="In short")


class Output(Said):
    decided: list[Quote] = Field(title="Decided")
    open: list[Quote] = Field(title="Still open")
    todo: Table | None = Field(default=None, title="Who does what")
    how_to_read: Copy = Field(title="How to read this")


async def handle(request: Request, desk: Desk) -> BaseModel | Question:
    if not request.brief.words.strip():
        return desk.ask(Words("Which conversation? Mention me in a thread, or ask for the channel "
                              "you are in."))  # fmt: skip
    evidence = await desk.look_up("thread-words")
    teller = Teller(request.language)
    every = told(evidence, "thread")
    whole = every.get("all")
    if whole is None:
        return _nothing(teller, request, [teller.value(f) for f in cannot(evidence, "thread")])
    decided, still, todo = (
        [one for key, one in every.items() if key.startswith(sort)]
        for sort in ("decided-", "open-", "todo-")
    )
    summary = teller.copy(*_summary(teller, whole, decided, still, todo))
    table = _todo(teller, todo) if todo else None
    desk.keep(*teller.ever.values(), *(one.get("words") for one in (*decided, *still, *todo)))
    said = await desk.write(Said, by_rules=Said(summary=summary))
    return Output(
        **said.model_dump(), decided=_quotes(decided), open=_quotes(still), todo=table,
        how_to_read=_how(teller),
    )  # fmt: skip


def _nothing(teller: Teller, request: Request, said: Sequence[str]) -> NotYet:
    if name := channel_named(request.brief.words):
        other = Words("I only read the channel that I am asked in. Invite me into #{name} and ask "
                      "me there.", name=name)  # fmt: skip
        return NotYet(answer=teller.copy(teller.say(other)))
    nothing = Words("There is nothing to read here. Ask me inside a thread, or for the channel you "
                    "ask in, once I am invited into it.")  # fmt: skip
    return NotYet(answer=teller.copy(*(said or [teller.say(nothing)])))


def _summary(
    teller: Teller, whole: Told, decided: list[Told], still: list[Told], todo: list[Told]
) -> list[str]:
    lines = [_counts(teller, whole, decided, still)]
    if todo:
        names = list(dict.fromkeys(one.named(teller.language) for one in todo))
        lines.append(teller.say(Words("To do: {names}.", names=", ".join(names))))
    read = Words("Read: {messages} from {people}.", messages=_messages(teller, whole),
                 people=_people(teller, whole))  # fmt: skip
    return [*lines, teller.say(read)]


def _counts(teller: Teller, whole: Told, decided: list[Told], still: list[Told]) -> str:
    if not decided and not still:
        return teller.say(Words("Nobody decided anything in so many words, and no question is "
                                "left open."))  # fmt: skip
    made = Words("nothing decided in so many words")
    if decided:
        n = int(whole.number("decisions"))
        made = Words.count("{n} decision", "{n} decisions", n)
        teller.of(whole, "decisions")
    left = Words("no open question")
    if still:
        n = int(whole.number("questions"))
        left = Words.count("{n} open question", "{n} open questions", n)
        teller.of(whole, "questions")
    line = teller.say(Words("{decisions} and {questions}.", decisions=made, questions=left))
    return line[:1].upper() + line[1:]


def _messages(teller: Teller, whole: Told) -> Words:
    teller.of(whole, "messages")
    return Words.count("{n} message", "{n} messages", int(whole.number("messages")))


def _people(teller: Teller, whole: Told) -> Words:
    teller.of(whole, "people")
    return Words.count("{n} person", "{n} people", int(whole.number("people")))


def _todo(teller: Teller, todo: Sequence[Told]) -> Table:
    columns = [teller.say(words) for words in (Words("Who"), Words("In these words"))]
    return teller.table(columns, [[teller.name(one), teller.of(one, "words")] for one in todo])


def _quotes(some: Sequence[Told]) -> list[Quote]:
    facts = [one.get("words") for one in some]
    return [Quote(text=str(fact.value), fact=fact.id) for fact in facts if fact]


def _how(teller: Teller) -> Copy:
    lines = [
        Words("A decision, a question or a promise is found by the words people use for it: what "
              "was agreed by a nod or an emoji is not here."),
        Words("A question counts as open when nobody else wrote something after it that is no "
              "question."),
        Words("What I was asked and have answered is left out."),
        Words("The words are theirs, letter for letter."),
    ]  # fmt: skip
    return teller.copy(*(f"– {teller.say(line)}" for line in lines), apart="\n")
