"""The buttons and the menu on the card of a dropped file, and the download of rejected rows."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePath

from sqlalchemy.orm import Session

from bot.data.column_labels import KIND_LABELS
from bot.data.ingest.models import FileUpload
from bot.data.ingest.rejects import LEGACY_SUFFIX, read_rejects, render_rejects
from bot.data.ingest.review import ImportReview
from bot.digests.visibility import demand_visible, may_see
from bot.errors import CannotDo
from bot.i18n.languages import SOURCE_LANGUAGE
from bot.i18n.messages import Words, parse_language
from bot.messages.outbox import OutboxMessage
from bot.slack import action_ids
from bot.slack.actions.exports import notify_of_failure
from bot.slack.cards.import_labels import FORMAT_LABELS
from bot.slack.cards.renderer import make_thread_place
from bot.slack.files import upload_file
from bot.slack.listeners import BlockAction, ListenerContext
from bot.slack.sender import MessageSender
from bot.slack.threads import Place

ImportAction = Callable[[Session, ListenerContext, BlockAction], None]


def confirm_import(session: Session, context: ListenerContext, action: BlockAction) -> None:
    _review(session, context, action).confirm(action.ref.seen or "")


def change_import_kind(session: Session, context: ListenerContext, action: BlockAction) -> None:
    review, pick = _review(session, context, action), action.ref.pick or ""
    if pick in FORMAT_LABELS:
        setting, _, value = pick.partition("=")
        review.change_setting(setting, value)
    elif pick in KIND_LABELS:
        review.change_kind(pick)
    else:
        raise CannotDo("There is no such kind of rows.")


def make_import_action(decide: Callable[[ImportReview], None]) -> ImportAction:
    """Return the action that makes this decision about the file of the card."""
    return lambda session, context, action: decide(_review(session, context, action))


async def send_rejects(context: ListenerContext, action: BlockAction) -> Words:
    """Start sending the rejected rows to the person's direct messages. Raise CannotDo."""
    upload = await context.run(_load_visible_import, context, action)
    home = context.services.home
    if home is None or not upload.rejects or not (home / upload.rejects).is_file():
        raise CannotDo("That file is no longer kept here: look for it in this thread.")
    path, now = home / upload.rejects, context.services.now()
    sending = send_rejected_rows(context.sender, upload, action.user, path, now)
    context.background.start(notify_of_failure(context, action, sending))
    return Words("The file is on its way to your direct messages with me.")


def find_import_piece(session: Session, action: BlockAction) -> str | None:
    """Return the piece of the import whose card was pressed, if this person may see it."""
    upload = session.get(FileUpload, action.ref.arrival) if action.ref.arrival else None
    return upload.card_piece if upload and may_see(session, action.viewer, upload) else None


def _load_visible_import(
    session: Session, context: ListenerContext, action: BlockAction
) -> FileUpload:
    """Return the import, if this person may see its rows. Raise CannotDo."""
    upload = load_visible_upload(session, action)
    if not upload.can_cancel(action.user, context.services.policy(action.workspace)):
        raise CannotDo("Only whoever dropped this file or somebody who may import can do that.")
    return upload


def _review(session: Session, context: ListenerContext, action: BlockAction) -> ImportReview:
    services, upload = context.services, load_visible_upload(session, action)
    policy = services.policy(action.workspace)
    return ImportReview(session, services.enqueue, upload, action.user, policy, services.now())


def load_visible_upload(session: Session, action: BlockAction) -> FileUpload:
    """Lock the row until the end of the transaction, because two people may press at once."""
    id = action.ref.arrival or ""
    upload = session.get(FileUpload, id, with_for_update=True) if id else None
    words = Words("This file is no longer known here. Please drop it again.")
    return demand_visible(session, action.viewer, upload, words)


IMPORT_ACTIONS: dict[str, ImportAction] = {
    action_ids.TAKE_IN: confirm_import,
    action_ids.DONT: make_import_action(ImportReview.cancel),
    action_ids.OTHER_KIND: change_import_kind,
    action_ids.READ_AGAIN: make_import_action(ImportReview.retry),
    action_ids.UNDO_IMPORT: make_import_action(ImportReview.undo),
}


# Uploads the rejected rows of an import, to the card's thread or to one person.

MAX_REJECTS_BYTES = 20 * 2**20  # a person reads the first rows and corrects their cause


async def attach_rejected_rows(
    sender: MessageSender, upload: FileUpload, path: Path, now: datetime
) -> None:
    """Upload them once, in the thread of the import's card. Raise TryAgain or CannotDo."""
    card = await sender.database.run(lambda s: s.get_one(OutboxMessage, upload.card_post_id))
    if card.ts:
        await _upload_rejected_rows(
            sender, upload, f"{upload.card_piece}:rejects", make_thread_place(card), path, now
        )


async def send_rejected_rows(
    sender: MessageSender, upload: FileUpload, user: str, path: Path, now: datetime
) -> None:
    """Upload them once, in this person's direct messages. Raise TryAgain or CannotDo."""
    place: Place = {"channel": user, "dm": True, "user": user}
    await _upload_rejected_rows(
        sender, upload, f"{upload.card_piece}:rejects:{user}", place, path, now
    )


async def _upload_rejected_rows(
    sender: MessageSender, upload: FileUpload, id: str, place: Place, path: Path, now: datetime
) -> None:
    await sender.plan(id, upload.workspace, "file", place, now)
    locale = await sender.people.locale(upload.workspace, upload.author)
    language = parse_language(locale or upload.locale)
    content = await asyncio.to_thread(render_stored_rejects, path, language)
    comment = Words(
        "What stayed out of {file}, each row with its line, column and reason.", file=upload.title
    )
    name = Words("{file}-stayed-out.csv", file=PurePath(upload.name).stem)
    await upload_file(sender, id, name.to(language), content, comment=comment.to(language))


def render_stored_rejects(path: Path, language: str) -> bytes:
    """The first rows of a stored file as a CSV in this language. Raises CannotDo."""
    content = read_beginning(path)
    if path.suffix == LEGACY_SUFFIX and language == SOURCE_LANGUAGE:
        return content
    return render_rejects(read_rejects(content, path.suffix), language)


def read_beginning(path: Path) -> bytes:
    """Return the file, or as many of its first lines as are sent. Raise CannotDo."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_REJECTS_BYTES + 1)
    except FileNotFoundError:
        raise CannotDo("That file is no longer kept. Please drop your file again.") from None
    if len(content) <= MAX_REJECTS_BYTES:
        return content
    return content[: content.rfind(b"\n", 0, MAX_REJECTS_BYTES) + 1]
