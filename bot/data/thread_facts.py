"""Facts about the conversation around a request. None of them is stored in the library."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from bot.core.facts import Fact, Source
from bot.core.request import SkillRequest
from bot.core.thread_text import ThreadMessage, is_truncated, parse_attachment, parse_messages
from bot.data.analyses.result import AnalysisResult, iter_cannot_facts
from bot.text.links import find_links

THREAD_KINDS = ("thread", "thread-words")
MAX_ITEMS = 12  # of each kind, the latest
MAX_LENGTH = 400  # characters of one message
PARAGRAPH = re.compile(r"\n+")


def find_thread_facts(material: str, today: date) -> AnalysisResult:
    """Find who wrote, which messages hold a question mark, and which links and files were shared.

    Facts: thread.all.messages and .people, and .cut where older messages were left out;
    thread.person-<n>.messages, about the person; thread.question-<n>.words, the paragraph with the
    question mark, letter for letter; thread.link-<n>.words and thread.file-<n>.words. What was
    decided or promised is not read: that takes an AI."""
    found = AnalysisResult("thread", Source("this conversation"), today)
    messages = parse_messages(material)
    if not messages:
        found.add_limit(
            "There is nothing to read here. Ask me inside a thread, or for the "
            "channel you ask in, once I am invited into it."
        )
        return found
    people = Counter(message.who for message in messages)
    found.add("all", "messages", len(messages), rows=len(messages))
    found.add("all", "people", len(people), rows=len(messages))
    if is_truncated(material):
        found.add("all", "cut", "older messages left out", rows=len(messages))
    for n, (who, count) in enumerate(people.most_common(MAX_ITEMS), 1):
        found.add(f"person-{n}", "messages", count, about=who, rows=count)
    questions: list[tuple[ThreadMessage, str]] = []
    links: list[tuple[ThreadMessage, str]] = []
    files: list[tuple[ThreadMessage, str]] = []
    for message in messages:
        for paragraph in filter(None, PARAGRAPH.split(message.text)):
            if name := parse_attachment(paragraph):
                files.append((message, name))
                continue
            links += [(message, link.text) for link in find_links(paragraph) if not link.mail]
            if "?" in paragraph and len(paragraph) <= MAX_LENGTH:
                questions.append((message, paragraph.strip()))
    for kind, items in (("question", questions), ("link", links), ("file", files)):
        _add_items(found, kind, list(dict.fromkeys(items)))
    return found


def _add_items(
    found: AnalysisResult, kind: str, items: Sequence[tuple[ThreadMessage, str]]
) -> None:
    for n, (message, text) in enumerate(items[-MAX_ITEMS:], 1):
        source = Source(message.who, details=(f"message {message.n}",))
        found.add(f"{kind}-{n}", "words", text, about=message.who, rows=1, source=source)


def find_surrounding_facts(kind: str, request: SkillRequest, today: date) -> tuple[Fact, ...]:
    """Return facts about the conversation. `thread`: its themes, as feedback.* facts.
    `thread-words`: who wrote and what was asked, as thread.* facts."""
    material = request.brief.material
    if kind == "thread-words":
        found = find_thread_facts(material, today)
        return (*found.facts, *iter_cannot_facts(found, "thread", request.language, today))
    from bot.data.analyses.feedback import analyse_conversation

    found = analyse_conversation(material, today)
    return (*found.facts, *iter_cannot_facts(found, "feedback", request.language, today))
