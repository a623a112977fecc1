"""Facts about the conversation around a request. None of them is stored in the library."""

from collections.abc import Sequence
from datetime import date

from bot.core.facts import Fact
from bot.core.request import SkillRequest
from bot.core.source import Source
from bot.core.thread_text import is_truncated, parse_messages
from bot.data.analyses.request_filter import iter_cannot_facts
from bot.data.analyses.result import AnalysisResult
from bot.i18n.messages import Words
from bot.rules.library.talk.answering import Asked, questions
from bot.rules.library.talk.decided import Decision, decisions
from bot.rules.library.talk.said import Sentence, sentences
from bot.rules.library.talk.tasks import Task, tasks

# Decisions, questions and tasks of a conversation, read by `bot.rules.library.talk`.

MOST_SENTENCES = 12  # of each type, the latest


def find_thread_facts(material: str, today: date) -> AnalysisResult:
    """Find what a conversation decided, asked and promised.

    Facts: thread.all.messages and .people; thread.decided-<n>.words; thread.dropped-<n>.words
    (decided and later withdrawn); thread.open-<n>.words; thread.asked-<n>.words with .answer;
    thread.unclear-<n>.words with an .answer that may belong to another question;
    thread.todo-<n>.words with .since. Each quotes the message, and is about its author or the
    person who has the task. thread.all.decisions, .questions, .tasks and .unclear count them.
    thread.all.cut exists where older messages were left out.
    """
    found = AnalysisResult("thread", Source("this conversation"), today)
    said = parse_messages(material)
    if not said:
        found.add_limit(
            Words(
                "There is nothing to read here. Ask me inside a thread, or for the "
                "channel you ask in, once I am invited into it."
            )
        )
        return found
    found.add("all", "messages", len(said), rows=len(said))
    found.add("all", "people", len({message.who for message in said}), rows=len(said))
    if is_truncated(material):
        found.add("all", "cut", "older messages left out", rows=len(said))
    meant = sentences(said)
    made, asked = decisions(meant), questions(meant)
    todo = tasks(meant, asked)
    standing = [one for one in made if one.stands]
    left = [one for one in asked if not one.answer]
    unclear = [one for one in asked if one.unclear]
    for measure, every in (
        ("decisions", standing),
        ("questions", left),
        ("tasks", todo),
        ("unclear", unclear),
    ):
        if every:
            found.add("all", measure, len(every), rows=len(said))
    _add_decisions(found, "decided", standing)
    _add_decisions(found, "dropped", [one for one in made if not one.stands])
    _add_questions(found, "open", left)
    _add_questions(found, "asked", [one for one in asked if one.is_settled])
    _add_questions(found, "unclear", unclear)
    _add_tasks(found, todo)
    return found


def _add_fact(
    found: AnalysisResult, key: str, measure: str, words: str, about: str, of: Sentence
) -> None:
    source = Source(of.message.who, details=(f"message {of.message.n}",))
    found.add(key, measure, words, about=about, rows=1, source=source)


def _add_decisions(found: AnalysisResult, sort: str, made: Sequence[Decision]) -> None:
    for n, one in enumerate(made[-MOST_SENTENCES:], 1):
        _add_fact(found, f"{sort}-{n}", "words", one.words, one.sentence.message.who, one.sentence)


def _add_questions(found: AnalysisResult, sort: str, asked: Sequence[Asked]) -> None:
    for n, one in enumerate(asked[-MOST_SENTENCES:], 1):
        who = one.sentence.message.who
        _add_fact(found, f"{sort}-{n}", "words", one.words, who, one.sentence)
        if one.answer:
            _add_fact(found, f"{sort}-{n}", "answer", one.answer, one.by, one.sentence)


def _add_tasks(found: AnalysisResult, todo: Sequence[Task]) -> None:
    for n, one in enumerate(todo[-MOST_SENTENCES:], 1):
        _add_fact(found, f"todo-{n}", "words", one.words, one.who, one.sentence)
        if one.since:
            _add_fact(found, f"todo-{n}", "since", one.since, one.who, one.sentence)


THREAD_KINDS = ("thread", "thread-words")


def find_surrounding_facts(kind: str, request: SkillRequest, today: date) -> tuple[Fact, ...]:
    """Return facts about the conversation. `thread`: its themes, as feedback.* facts.
    `thread-words`: decisions, questions and tasks, as thread.* facts."""
    material = request.brief.material
    if kind == "thread-words":
        found = find_thread_facts(material, today)
        return (*found.facts, *iter_cannot_facts(found, "thread", request.language, today))
    from bot.data.analyses.feedback import analyse_conversation

    found = analyse_conversation(material, today)
    return (*found.facts, *iter_cannot_facts(found, "feedback", request.language, today))
