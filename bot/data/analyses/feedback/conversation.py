"""What people say in one conversation: the themes of its messages, with their own words."""

from datetime import date
from functools import partial
from pathlib import Path

from bot.core.thread_text import Message, messages
from bot.data.analyses.feedback.language_detection import languages
from bot.data.analyses.feedback.quotes import tell_quotes
from bot.data.analyses.feedback.texts import DIMENSIONS, Text
from bot.data.analyses.feedback.theme_shares import tell_levels
from bot.data.analyses.feedback.theme_table import listen
from bot.data.analyses.feedback.titles import title
from bot.data.analyses.result import Findings
from bot.i18n.messages import Words

FEW = 3  # messages below which there is nothing to sum up
QUOTED = 6  # themes that get quotes


def said_here(material: str, today: date, folder: Path | None = None) -> Findings:
    """The feedback analysis over the messages of a thread or channel: feedback.all.texts, and each
    theme's levels and quotes. So few texts have no trend and no places. Shares are in %."""
    found = Findings("feedback", "this conversation", today)
    said = messages(material)
    if len(said) < FEW:
        found.refuse(
            Words(
                "There are too few messages here to sum up: at least {few} are needed. "
                "Ask me inside a thread, or for the channel you ask in, once I am "
                "invited into it.",
                few=FEW,
            )
        )
        return found
    spoken = languages([one.text for one in said], [None] * len(said))
    heard = listen([_text(one, tongue) for one, tongue in zip(said, spoken, strict=True)], folder)
    add = partial(found.add, "all", about=title("all"), rows=len(said))
    add("texts", len(said))
    if left := len(said) - int(heard.listed.sum()):
        add("texts-without-list", left)
    tell_levels(found, heard, few=1)
    loudest = sorted(heard.subjects, key=lambda s: -int((heard.of(s) > 0).sum()))[:QUOTED]
    tell_quotes(found, heard, loudest, ())
    return found


def _text(message: Message, language: str) -> Text:
    nowhere: tuple[str | None, ...] = tuple(
        language if name == "language" else None for name in DIMENSIONS
    )
    source = f"{message.who}, message {message.n}"
    return Text(source, None, message.text, 0, None, language, nowhere)
