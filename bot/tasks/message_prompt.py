"""What the AI is told about a message: its thread, the drafts in it, and what there is to choose
from."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, get_args

from pydantic import BaseModel

from bot.agent.prompts import fence_value, fill_prompt
from bot.agent.skills import load_skills
from bot.config.brand import Brand
from bot.core.channels import load_channels
from bot.core.library import ProductMatch
from bot.core.request import Brief, Goal, KeptPassage
from bot.drafts.occasions import load_occasions
from bot.i18n.languages import LANGUAGES, SOURCE_LANGUAGE

MAX_PRODUCTS = 8
MAX_THREAD_MESSAGES, MAX_MESSAGE_CHARACTERS = 12, 400
MAX_RESULT_CHARACTERS = 1_200  # of a draft or a report in the thread
MAX_THREAD_CHARACTERS = 6_000  # of all messages, about 1,500 tokens; the newest are kept
MAX_LINE_CHARACTERS = 160
MAX_DRAFTS = 8
MAX_IDEA = 300  # characters of an idea's request
IDEA_SIGN = "/"  # between the id of a report and the number of its idea
NONE = "none"
RANGE_KEY = "range "  # begins the key of a range in the list of products

# How a message reached us. Only one that was overheard may be for somebody else.
Heard = Literal["addressed", "overheard"]


class ThreadMessage(BaseModel, frozen=True):
    """An earlier message of the thread. "person" is the author of the message that is read;
    `draft` is the id of the draft or report that it shows."""

    who: Literal["person", "intern", "somebody else"]
    kind: Literal["draft", "report", "question", "text"]
    text: str
    draft: str | None = None


class Opening(BaseModel, frozen=True):
    """Another opening that a draft offers. `number` counts from 1."""

    number: int
    angle: str
    text: str


class ReportAudience(BaseModel, frozen=True):
    """An audience that a report counts, with its AudienceRule as JSON."""

    name: str
    rule: str


class ThreadDraft(BaseModel, frozen=True):
    """A draft or a report of the thread, in its newest version. `text` is all of a draft's text.
    `products` are titles of the products that a report has figures of, `subjects` what its finding
    names (ranges, countries), `ideas` the requests for a draft of each of its ideas."""

    id: str
    skill: str
    channel: str | None = None
    product: str | None = None
    version: int = 1
    begun: datetime | None = None  # when its first version was made
    title: str = ""
    text: str = ""
    brief: Brief
    passages: tuple[KeptPassage, ...] = ()  # what people wrote into it
    openings: tuple[Opening, ...] = ()
    audiences: tuple[ReportAudience, ...] = ()
    products: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    ideas: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()  # the pieces of earlier versions, in this thread

    @property
    def is_copy(self) -> bool:
        return self.channel is not None


class PendingQuestion(BaseModel, frozen=True):
    """A question to the author of the message; `request` is what it was asked about, `tapped` the
    option that was pressed, if one was."""

    task: str
    words: str
    options: tuple[str, ...] = ()
    request: str = ""
    tapped: str = ""


class Message(BaseModel, frozen=True):
    """A message with all that helps to understand it."""

    words: str
    today: date
    heard: Heard = "addressed"
    thread: tuple[ThreadMessage, ...] = ()
    drafts: tuple[ThreadDraft, ...] = ()  # the newest first
    question: PendingQuestion | None = None
    products: tuple[ProductMatch, ...] = ()
    ranges: tuple[str, ...] = ()  # categories and collections of the catalogue

    def find_draft(self, id: str | None) -> ThreadDraft | None:
        """Return the draft or report with this id, or that one of its ideas belongs to."""
        return find_thread_draft(self.drafts, (id or "").partition(IDEA_SIGN)[0])

    def find_idea(self, id: str) -> str | None:
        """Return the request for a draft of the idea with this id."""
        draft, number = self.find_draft(id), id.partition(IDEA_SIGN)[2]
        known = {str(n): idea for n, idea in enumerate(draft.ideas, 1)} if draft else {}
        return known.get(number)

    @property
    def copies(self) -> tuple[ThreadDraft, ...]:
        return list_copies(self.drafts)

    @property
    def passages(self) -> dict[str, KeptPassage]:
        """What people wrote into the drafts, by the ids that the model sees."""
        found = [passage for draft in self.drafts for passage in draft.passages]
        return {f"p{number}": passage for number, passage in enumerate(found, 1)}


def find_thread_draft(drafts: Sequence[ThreadDraft], id: str) -> ThreadDraft | None:
    """Return the draft with this id. The id of an earlier version means the newest one."""
    exact = (one for one in drafts if one.id == id)
    piece = _get_piece(id)
    later = (one for one in drafts if piece and piece in (_get_piece(one.id), *one.earlier))
    return next(exact, None) or next(later, None)


def _get_piece(draft: str) -> str:
    """Return the piece of a draft's id: "t1.0" of "t1.0.v2"."""
    return draft.strip().rpartition(".v")[0]


def list_copies(drafts: Sequence[ThreadDraft]) -> tuple[ThreadDraft, ...]:
    """Return the drafts without the reports in the order of their numbers: that in which they were
    begun, whichever was revised since."""
    found = [one for one in reversed(drafts) if one.is_copy]
    return tuple(sorted(found, key=lambda one: (one.begun is not None, one.begun)))


def build_system_prompt(brand: Brand) -> str:
    """Return the rules with the lists to choose from: the same for every message of a brand."""
    skills = [f"{skill.name}: {skill.summary}" for skill in load_skills().values()]
    channels = [
        f"{key}: {', '.join(one.names)}; parts {', '.join(one.parts)}"
        for key, one in load_channels().items()
    ]
    occasions = [f"{key}: {one.title[SOURCE_LANGUAGE]}" for key, one in load_occasions().items()]
    markets = [
        f"{country}: {', '.join((*market.names, market.language))}"
        for country, market in brand.markets.items()
    ]
    lists = {
        "Skills": skills,
        "Channels": channels,
        "Markets": markets or [NONE],
        "Occasions": occasions,
        "Goals": [", ".join(get_args(Goal))],
    }
    blocks = [f"## {title}\n" + "\n".join(lines) for title, lines in lists.items()]
    *first, last = (f'"{language}"' for language in LANGUAGES)
    rules = fill_prompt("understand", {"languages": f"{', '.join(first)} or {last}"})
    return "\n\n".join([rules.rstrip(), *blocks])


def build_prompt(message: Message) -> str:
    """Return what differs from message to message."""
    sections = {
        "thread": format_thread(message.thread),
        "drafts": "\n".join(_describe_drafts(message)),
        "question": _describe_question(message.question),
        "products": "\n".join(
            [
                *(f"{one.handle}: {one.title}" for one in message.products),
                *(
                    f"{RANGE_KEY}{name}: all of this range, or its best seller"
                    for name in message.ranges
                ),
            ]
        ),
    }
    heard = "addressed to you" if message.heard == "addressed" else "overheard in a thread"
    fenced = (fence_value(name, text or NONE) for name, text in sections.items())
    return "\n".join(
        [
            f"Today is {message.today:%A}, {message.today.isoformat()}.",
            *fenced,
            f"The message, {heard}:",
            fence_value("message", message.words or NONE),
        ]
    )


def format_thread(messages: Sequence[ThreadMessage]) -> str:
    """Return the messages, one a line, oldest first. Of a long thread the newest are kept."""
    lines: list[str] = []
    size = 0
    for message in reversed(messages):
        line = _describe_message(message)
        size += len(line) + 1
        if lines and size > MAX_THREAD_CHARACTERS:
            break
        lines.append(line)
    return "\n".join(reversed(lines))


def _describe_message(message: ThreadMessage) -> str:
    most = MAX_RESULT_CHARACTERS if message.draft else MAX_MESSAGE_CHARACTERS
    id = f"{message.draft}: " if message.draft else ""
    return f"{message.who}, {message.kind}: {id}{shorten(message.text, most)}"


def shorten(text: str, most: int) -> str:
    short = " ".join(text.split())
    return short if len(short) <= most else f"{short[: most - 1]}…"


def _describe_drafts(message: Message) -> Iterable[str]:
    ids = {id(passage): name for name, passage in message.passages.items()}
    numbers = {draft.id: str(number) for number, draft in enumerate(message.copies, 1)}
    for draft in message.drafts:
        fields = {
            "number": numbers.get(draft.id),
            "skill": draft.skill,
            "channel": draft.channel,
            "product": draft.product,
            "audience": draft.brief.audience,
            "market": draft.brief.market,
            "language": draft.brief.language if draft.is_copy else None,
            "version": str(draft.version),
            "title": draft.title,
        }
        yield f"{draft.id}: " + "; ".join(
            f"{name} {shorten(value, MAX_LINE_CHARACTERS)}"
            for name, value in fields.items()
            if value
        )
        for audience in draft.audiences:
            yield f"  audience: {shorten(audience.name, MAX_LINE_CHARACTERS)}"
        for number, idea in enumerate(draft.ideas, 1):
            yield f"  {draft.id}{IDEA_SIGN}{number}, idea {number}: {shorten(idea, MAX_IDEA)}"
        for opening in draft.openings:
            text = shorten(f"{opening.angle}: {opening.text}", MAX_LINE_CHARACTERS)
            yield f"  other opening {opening.number}, {text}"
        for passage in draft.passages:
            yield f"  {ids[id(passage)]}, a person's words in {passage.part}: {passage.text}"


def _describe_question(question: PendingQuestion | None) -> str:
    if question is None:
        return NONE
    lines = [f"asked: {question.words}", f"about the request: {question.request or NONE}"]
    return "\n".join([*lines, *(f"option: {option}" for option in question.options)])
