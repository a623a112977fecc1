"""A dropped file as one message: what was understood, how far it is, what became of it."""

from dataclasses import dataclass

from bot.data.ingest.models import Arrival
from bot.errors import ANYHOW
from bot.i18n.messages import Words
from bot.messages.outbox import Post
from bot.slack.action_ids import READ_AGAIN, STAYED_OUT, Ref
from bot.slack.blocks import (
    HEADER,
    Block,
    Message,
    actions,
    button,
    context,
    cut,
    plain,
    quoted,
    section,
    told,
)
from bot.slack.cards.import_labels import kind_words, questions
from bot.slack.cards.import_preview import asking_blocks, half_blocks, other_kind, stop_button
from bot.slack.client import READ_OUTSIDE


@dataclass(frozen=True)
class ShownArrival:
    """An arrival and where its card is."""

    arrival: Arrival
    private: bool = False  # only its author sees this card
    fallback: bool = False  # in a direct message, since the intern is not in that channel
    read_outside: bool = False  # or since another company reads it


def shown_arrival(arrival: Arrival, post: Post) -> ShownArrival:
    place = post.place
    why = place.get("fallback")
    return ShownArrival(arrival, bool(place.get("dm")), bool(why), why == READ_OUTSIDE)


def arrival_card(shown: ShownArrival, language: str) -> Message:
    """The card as it stands now, within Slack's limits however many columns there are."""
    arrival = shown.arrival
    drawers = {
        "reading": _reading,
        "half": half_blocks,
        "joined": _joined,
        "waiting": asking_blocks,
        "taking": _taking,
        "storing": _taking,
        "in": _in,
        "cancelled": _cancelled,
    }
    text, blocks = drawers.get(arrival.state, _trouble)(arrival, language)
    title = f"{kind_words(_kind(arrival)).to(language)} · {arrival.title}"
    name = title if _kind(arrival) else arrival.title
    head: Block = {"type": "header", "text": plain(name, HEADER)}
    return Message(cut(text, 3_000), [head, *blocks, *_place(shown, language)])


def _kind(arrival: Arrival) -> str:
    glimpse = arrival.glimpse
    return glimpse.kind if glimpse else arrival.kind or ""


def _file(arrival: Arrival) -> str:
    return cut(arrival.title, 100)


def _reading(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    words = told(Words("Reading {file}…", file=_file(arrival)), language)
    return words, [section(f":mag: {words}", stop_button(arrival, language))]


def _joined(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    """The other one's card asks for both."""
    words = told(arrival.said or Words("It is read together with another file."), language)
    return words, [section(f":jigsaw: {words}")]


def _taking(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    glimpse = arrival.glimpse
    total = glimpse.rows if glimpse else 0
    if arrival.state == "storing":
        words = Words("Storing {file}…", file=_file(arrival))
        return told(words, language), [section(f":inbox_tray: {told(words, language)}")]
    if arrival.progress and total:
        done = min(arrival.progress, total)
        how_far = Words("{done} of {total} rows", done=done, total=total)
        words = Words("Taking in {file}: {how_far}", file=_file(arrival), how_far=how_far)
    else:
        words = Words("Taking in {file}…", file=_file(arrival))
    shown = told(words, language)
    return shown, [section(f":inbox_tray: {shown}", stop_button(arrival, language))]


def _in(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    words = _counts(arrival, language)
    blocks = [section(f":white_check_mark: {words}")]
    if arrival.rejected and arrival.rejects:
        ref = Ref(arrival=arrival.id).packed()
        send = button(Words("Download what stayed out").to(language), STAYED_OUT, ref)
        where = Words.count(
            "It is in a file in this thread, with its line, column and reason.",
            "They are in a file in this thread, each with its line, column and reason.",
            arrival.rejected,
        )
        blocks.append(section(f":page_facing_up: {where.to(language)}", send))
    if asks := questions(_kind(arrival)):
        lines = "\n".join(f"• {Words('“{quote}”', quote=ask).to(language)}" for ask in asks)
        lead = Words("What you can ask me now").to(language)
        blocks.append(section(f"*{lead}*\n{lines}"))
    if arrival.by:
        by = Words("Confirmed by {who}", who=f"<@{arrival.by}>")
        blocks.append(context(told(by, language)))
    return words, blocks


def _counts(arrival: Arrival, language: str) -> str:
    """ "24,295 rows are in: 24,290 new, 5 replaced. 3 rows stayed out." """
    new, replaced, same = arrival.new or 0, arrival.replaced or 0, arrival.same or 0
    if not new + replaced and same:
        lines = [
            Words.count(
                "Nothing changed: {n} row was in already.",
                "Nothing changed: all {n} rows were in already.",
                same,
            )
        ]
    else:
        lines = [
            Words.count(
                "{n} row is in: {new} new, {replaced} replaced.",
                "{n} rows are in: {new} new, {replaced} replaced.",
                new + replaced,
                new=new,
                replaced=replaced,
            )
        ]
        if same:
            again = Words.count("{n} was in already.", "{n} more were in already.", same)
            lines.append(again)
    if rejected := arrival.rejected:
        lines.append(Words.count("{n} row stayed out.", "{n} rows stayed out.", rejected))
    return " ".join(told(one, language) for one in lines)


def _cancelled(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    words = Words("Cancelled. Nothing of {file} was taken in.", file=_file(arrival))
    shown = told(words, language)
    by = Words("Cancelled by {who}", who=f"<@{arrival.by}>")
    small = [context(told(by, language))] if arrival.by else []
    return shown, [section(f":black_square_for_stop: {shown}"), *small]


def _trouble(arrival: Arrival, language: str) -> tuple[str, list[Block]]:
    """Refused, or broken: why, and what can be done. A photograph is no orders, whoever says so."""
    why = told(arrival.said or Words("This could not be done."), language, 2_900)
    reference = Words("Reference {reference}", reference=arrival.reference).to(language)
    if arrival.state == "failed":
        ref = Ref(arrival=arrival.id).packed()
        again = button(Words("Try again").to(language), READ_AGAIN, ref)
        nothing = Words("Nothing of it was taken in.").to(language)
        return why, [section(f":x: {why}"), context(nothing, reference), *actions(again)]
    if arrival.said and arrival.said.params.get(ANYHOW):
        return why, [section(f":x: {why}")]
    return why, [section(f":x: {why}"), *actions(other_kind(arrival, language))]


def _place(shown: ShownArrival, language: str) -> list[Block]:
    """Who sees this card, when that needs saying."""
    if shown.private:
        return [context(f":lock: {Words('Just for you. Nobody else sees this.').to(language)}")]
    if shown.fallback:
        channel = shown.arrival.place.get("channel")
        if shown.read_outside:
            words = Words(
                "Another company reads {place}, so this comes to you alone.",
                place=f"<#{quoted(str(channel), 30)}>",
            )
            return [context(words.to(language))]
        words = Words(
            "I am not in {place}, so I answer you here. To have me answer there, type {command} "
            "in that channel.",
            place=f"<#{quoted(str(channel), 30)}>",
            command="`/invite @Super-Intern`",
        )
        return [context(words.to(language))]
    return []
