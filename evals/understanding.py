"""The set `understanding`: have each message understood, and compare it with the right reading."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from bot.core.channels import load_channels
from bot.core.library import ProductMatch
from bot.core.request import Brief, parse_just_for_me
from bot.core.writer import ReceiptWriter
from bot.slack.events.message_events import extract_words
from bot.tasks.message_prompt import (
    MAX_PRODUCTS,
    Message,
    PendingQuestion,
    ThreadDraft,
    ThreadMessage,
)
from bot.tasks.understand import understand_message
from bot.tasks.understanding import ReadRequest, Understanding
from bot.text.normalize import normalize_text, tokenize
from evals.check_sets import Case, list_values
from evals.recordings import CaseModel
from evals.shop import EvalShop

INTERN = "UINTERN"
NAME = re.compile(r"(?<![\w.])@(\w+)")  # a mention, as the cases write it
WHO = {"person": "person", "intern": "intern", "other": "somebody else"}
SAME = 0.6  # the share of a quote's words that a reading must have to say the same
MORE_WORDS = 6  # a reading may have so many words more than twice those of a quote
NEVER_MIND = "never mind"
REMIND = "/remind me "  # how the line with Slack's command begins it
QUOTES = ("audience", "offer", "tone")
NOT_FOR_US = Understanding(outcome="not_for_us")


@dataclass
class FieldResults:
    """What of one expectation is right, by field, with a line on each fault."""

    right: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def note(self, name: str, is_right: bool, expected: object, found: object) -> None:
        if is_right:
            self.right.append(name)
        else:
            self.wrong.append(name)
            self.faults.append(f"{name}: expected {expected}, found {found}")


@dataclass(frozen=True)
class ReadingResult:
    """How a message was read. `traps` are those that it fell into."""

    understanding: Understanding
    fields: FieldResults
    traps: tuple[str, ...]
    trap_count: int

    @property
    def is_right(self) -> bool:
        return not self.fields.wrong and not self.traps


# The message, as the product would have it.


def add_mentions(text: str) -> str:
    """Return the text with mentions as Slack sends them."""
    return NAME.sub(
        lambda found: f"<@{INTERN}>" if found[1] == "intern" else f"<@U{found[1].upper()}>", text
    )


def find_words(text: str) -> str:
    """Return the words as the listener stores them."""
    return parse_just_for_me(extract_words({"text": add_mentions(text)}, INTERN))[1]


def is_heard(case: Case) -> bool:
    """Whether the listener passes the message on: not a reply that begins with a mention of
    somebody else, nor one in a thread that the intern does not work in."""
    if case["place"] != "thread" or "@intern" in case["words"]:
        return True
    in_thread = any(one["who"] == "intern" for one in case.get("thread", []))
    return in_thread and not case["words"].lstrip().startswith("@")


def list_drafts(case: Case) -> tuple[ThreadDraft, ...]:
    """Return the drafts and reports of the thread, the newest first."""
    found: list[ThreadDraft] = []
    asked = ""
    for one in case.get("thread", []):
        if one["kind"] in ("draft", "report"):
            is_copy = one["kind"] == "draft"
            brief = Brief(
                words=asked or one["text"],
                author="UMARIE",
                language=case["language"],
                market=one.get("market"),
            )
            found.append(
                ThreadDraft(
                    id=one["id"],
                    skill=one.get("skill", "draft" if is_copy else "answer"),
                    channel=one.get("channel", "email") if is_copy else None,
                    version=one.get("version", 1),
                    title=one["text"],
                    brief=brief,
                )
            )
        elif one["who"] == "person":
            asked = one["text"]
    return tuple(reversed(found))


async def build_message(case: Case, shop: EvalShop) -> Message:
    """Build what the model is told about a message."""
    words = find_words(case["words"])
    thread = case.get("thread", [])
    asked = [one["text"] for one in thread if one["who"] == "person"]
    question = None
    if pending := case.get("pending_question"):
        question = PendingQuestion(
            task="question",
            words=pending["words"],
            options=tuple(pending.get("options", ())),
            request=asked[-1] if asked else "",
        )
    found: dict[str, ProductMatch] = {}
    for text in filter(None, (words, question.request if question else "")):
        for match in await shop.library.find(text):
            found.setdefault(match.handle, match)
    is_overheard = case["place"] == "thread" and "@intern" not in case["words"]
    return Message(
        words=words,
        today=case["today"],
        heard="overheard" if is_overheard else "addressed",
        thread=tuple(
            ThreadMessage.model_validate(
                {
                    "who": WHO[one["who"]],
                    "kind": one["kind"],
                    "text": one["text"],
                    "draft": one["id"] if one["kind"] in ("draft", "report") else None,
                }
            )
            for one in thread
        ),
        drafts=list_drafts(case),
        question=question,
        products=tuple(found.values())[:MAX_PRODUCTS],
    )


async def play_message(
    case: Case, shop: EvalShop, model: CaseModel, receipt: ReceiptWriter
) -> ReadingResult:
    """Have the message understood as the product does. Raises PendingRequest."""
    message = await build_message(case, shop)
    understanding = NOT_FOR_US
    if is_heard(case):
        understanding = await understand_message(
            message, brand=shop.brand, model=model, receipt=receipt
        )
    return compare_reading(case, understanding, message)


# The comparison.


def compare_reading(case: Case, found: Understanding, message: Message) -> ReadingResult:
    """Compare with the expectation that fits best. Of a message in a chain, `also_right` may hold
    other right figures, which are no expectations."""
    others = [one for one in list_values(case.get("also_right")) if "outcome" in one]
    expected = [case["expect"], *others]
    compared = [compare_expectation(one, found, message) for one in expected]
    traps = case.get("must_not", [])
    return ReadingResult(
        understanding=found,
        fields=min(compared, key=lambda fields: len(fields.wrong)),
        traps=tuple(
            f"{name}: {value}"
            for trap in traps
            for name, value in trap.items()
            if is_in_trap(name, str(value), found)
        ),
        trap_count=len(traps),
    )


def list_words(request: ReadRequest) -> list[str]:
    """Return the words of the message that a request was read from."""
    texts = [request.topic, request.audience, request.offer, request.tone, request.period_words]
    products = [one.words for one in request.products]
    return [text for text in (*texts, *products, *request.must_say) if text]


def find_outcome(found: Understanding, message: Message, expected: Sequence[str]) -> str:
    """Return the outcome as people see it. Requests of which nothing can be done are a reply; a
    report is revised by asking again."""
    if found.outcome == "requests" and not found.requests and found.unsupported:
        return "reply"
    reports = {draft.id for draft in message.drafts if not draft.is_copy}
    about = {request.about for request in found.requests}
    if found.outcome == "requests" and "revise" in expected and about & reports:
        return "revise"
    return found.outcome


def compare_expectation(expect: Case, found: Understanding, message: Message) -> FieldResults:
    results = FieldResults()
    wanted = list_values(expect["outcome"])
    expected = list(list_expected(expect.get("requests", [])))
    possible = [one for one in expected if one.get("channels") in (None, *load_channels())]
    if expected and not possible and found.unsupported:
        # Only channels that are not offered: it is said, and nothing else is made in their place.
        made = [piece.channel or "the usual channel" for piece in list_pieces(found.requests)]
        results.note("channels", not made, "nothing made", made)
        return results
    outcome = find_outcome(found, message, wanted)
    results.note("outcome", outcome in wanted, " or ".join(wanted), outcome)
    if outcome not in wanted:
        return results
    if outcome == "requests" and expected:
        compare_requests(possible if found.unsupported else expected, found, results)
    if outcome == "revise":
        compare_revision(expect, found, message, results)
    if outcome == "answer_question":
        compare_answer(expect, found, results)
    shown = (*found.left_over, *found.unsupported)
    for quote in expect.get("left_over", []):
        results.note("left_over", says_same(quote, shown), quote, shown)
    for quote in list_values(expect.get("declines")):
        is_line = outcome == "reply" and found.line is not None
        results.note("declines", is_line or says_same(quote, shown), quote, shown)
    if reminder := expect.get("remind"):
        line = found.line.to("en") if found.line else ""
        command = normalize_text(line.partition(REMIND)[2])
        is_when = normalize_text(reminder["when"]) in command
        results.note("remind", is_when and says_same(reminder["words"], [command]), reminder, line)
    return results


def compare_revision(
    expect: Case, found: Understanding, message: Message, results: FieldResults
) -> None:
    is_report = found.outcome == "requests"  # then the whole message is the instruction
    draft = found.requests[0].about if is_report else found.draft
    instruction = message.words if is_report else found.instruction or ""
    if "draft" in expect:
        newest = message.drafts[0].id if message.drafts else None
        wanted = newest if expect["draft"] == "latest" else expect["draft"]
        results.note("draft", draft == wanted, wanted, draft)
    if "instruction" in expect:
        is_right = says_same(expect["instruction"], [instruction])
        results.note("instruction", is_right, expect["instruction"], instruction)


def compare_answer(expect: Case, found: Understanding, results: FieldResults) -> None:
    if "option" in expect:
        is_right = is_equal(expect["option"], found.answer)
        results.note("answer", is_right, expect["option"], found.answer)
    elif expect.get("value") == NEVER_MIND:
        results.note("closes", found.closes, True, found.closes)
    elif "value" in expect:
        read = [found.answer or "", *(text for one in found.requests for text in list_words(one))]
        is_right = says_same(expect["value"], read) and not found.closes
        results.note("answer", is_right, expect["value"], found.answer)


# Requests. One expected entry stands for each combination of its channels, markets and languages.


@dataclass(frozen=True)
class Piece:
    """One text or question of a request."""

    channel: str | None
    market: str | None
    request: ReadRequest


def list_pieces(requests: Sequence[ReadRequest]) -> list[Piece]:
    return [
        Piece(channel, market, request)
        for request in requests
        for channel, market in product(request.channels or (None,), request.markets or (None,))
    ]


def list_expected(requests: Sequence[Case]) -> Iterator[Case]:
    """Yield what is expected, one entry for each text or question."""
    for request in requests:
        several = {
            name: list_values(request.get(name)) or [None]
            for name in ("channels", "market", "language")
        }
        for channel, market, language in product(*several.values()):
            chosen = {"channels": channel, "market": market, "language": language}
            rest = {name: value for name, value in request.items() if name not in chosen}
            yield rest | {name: value for name, value in chosen.items() if value is not None}


def compare_requests(expected: Sequence[Case], found: Understanding, results: FieldResults) -> None:
    """Pair each expected text or question with the nearest one that was read."""
    left = list_pieces(found.requests)
    for wanted in expected:
        compared = [(compare_piece(wanted, piece, found), piece) for piece in left]
        if not compared:
            results.note("requests", False, f"{len(expected)}", f"{len(expected) - 1} or fewer")
            return
        best, piece = min(compared, key=lambda one: len(one[0].wrong))
        left.remove(piece)
        results.right += best.right
        results.wrong += best.wrong
        results.faults += best.faults
    # A channel or market that is not expected counts only where some are.
    extra = [one for one in left if "channels" in expected[0] or "market" in expected[0]]
    more = len({id(one.request) for one in left} - {id(found.requests[0])}) if left else 0
    is_right = not extra and not more
    results.note("requests", is_right, len(expected), len(expected) + len(left))


def compare_piece(wanted: Case, piece: Piece, found: Understanding) -> FieldResults:
    results, request = FieldResults(), piece.request
    skills = list_values(wanted["skill"])
    results.note("skill", request.skill in skills, " or ".join(skills), request.skill)
    for name, value in (("channels", piece.channel), ("market", piece.market)):
        if name in wanted:
            results.note(name, value == wanted[name], wanted[name], value)
    for name, day in (("since", request.since), ("until", request.until)):
        if name in wanted:
            results.note(name, day == wanted[name], wanted[name], day)
    if "language" in wanted:
        is_right = request.language == wanted["language"]
        results.note("language", is_right, wanted["language"], request.language)
    if "product" in wanted:
        compare_products(list_values(wanted["product"]), request, results)
    for name in QUOTES:
        if name in wanted:
            value = getattr(request, name)
            is_right = says_same(wanted[name], [value or ""]) and is_short(wanted[name], value)
            results.note(name, is_right, wanted[name], value)
    if "range" in wanted:
        named = [request.topic or "", *(one.words for one in request.products)]
        results.note("range", says_same(wanted["range"], named), wanted["range"], named)
    for name, values in (
        ("must_say", (*request.must_say, request.offer or "")),
        ("left_over", (*found.left_over, *found.unsupported)),
    ):
        for quote in list_values(wanted.get(name)):
            results.note(name, says_same(quote, values), quote, values)
    return results


def compare_products(handles: Sequence[str], request: ReadRequest, results: FieldResults) -> None:
    wanted = {handle.lower() for handle in handles}
    read = {(one.handle or f"unknown: {one.words}").lower() for one in request.products}
    results.note("product", wanted == read, sorted(wanted) or "none", sorted(read) or "none")


def is_in_trap(name: str, value: str, found: Understanding) -> bool:
    """Whether the reading is what a trap leads to."""
    requests = found.requests
    if name == "outcome":
        return found.outcome == value
    if name == "option":
        return is_equal(value, found.answer)
    if name == "skill":
        return any(request.skill == value for request in requests)
    if name == "channels":
        return any(value in request.channels for request in requests)
    if name == "product":
        named = [
            text
            for request in requests
            for one in request.products
            for text in (one.handle, one.words)
        ]
        return any(is_equal(value, text) for text in (*named, *(one.topic for one in requests)))
    read = (getattr(one, name, None) for one in (*requests, found))
    texts = [text for one in read for text in list_values(one)]
    return any(set(tokenize(value)) <= set(tokenize(str(text))) for text in texts)


def is_equal(one: str, other: str | None) -> bool:
    return other is not None and normalize_text(one).strip() == normalize_text(other).strip()


def says_same(quote: str, texts: Sequence[str]) -> bool:
    """Whether the texts say what a quote says: most of its words stand in them. The borders may
    differ."""
    wanted = tokenize(str(quote))
    if not wanted:
        return any(str(quote).strip() in text for text in texts)
    read = [word for text in texts for word in tokenize(text)]
    return sum(word in read for word in wanted) >= SAME * len(wanted)


def is_short(quote: str, text: str | None) -> bool:
    """Whether a reading is not far longer than what it should quote: no whole message."""
    return len(tokenize(text or "")) <= 2 * len(tokenize(str(quote))) + MORE_WORDS


def count_fields(results: Sequence[FieldResults]) -> Mapping[str, tuple[int, int]]:
    """Return how often each field is right, and how often it was compared."""
    counts: dict[str, tuple[int, int]] = {}
    for one in results:
        for names, is_right in ((one.right, True), (one.wrong, False)):
            for name in names:
                right, total = counts.get(name, (0, 0))
                counts[name] = (right + is_right, total + 1)
    return counts


def format_reading(found: Understanding) -> str:
    """Return what was read, for a list of wrong cases."""
    read: dict[str, Any] = found.model_dump(mode="json", exclude_defaults=True)
    return str(read)
