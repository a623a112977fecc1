"""Files dropped for the library, as they are told to us, and what is pressed on their card."""

import re
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy.orm import Session

from bot.core.request import task_id
from bot.data.ingest import pairing, review
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import Upload, UploadedFile
from bot.digests.visibility import demand_visible, may_see
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.rules.revision import channel_meant
from bot.slack import action_ids
from bot.slack.actions.import_rejects import send_rejected_rows
from bot.slack.cards.import_labels import FORMAT_CHOICES, KIND_LABELS
from bot.slack.context import ListenerContext
from bot.slack.interactions import BlockAction
from bot.slack.location import Place, is_same_conversation

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".parquet", ".jsonl", ".ndjson")
MAX_FILES = 10  # of one message: as many as Slack takes
TEXT_SUFFIX = ".txt"  # a table or a letter: its message says which
IMPORT_WORDS = re.compile(
    r"\b(?:import\w*|take\b.{0,20}\bin|upload\w*|load|add|data|rows|table|orders?|sales|customers?|"
    r"reviews?|int[ée]gr\w*|ajoute\w*|charge\w*|donn[ée]es|lignes|tableau|commandes?|ventes|clients?|"
    r"avis)\b",
    re.IGNORECASE,
)
DATA_WORDS = re.compile(
    r"\b(?:import\w*|upload\w*|data|rows|table|int[ée]gr\w*|donn[ée]es|lignes|tableau)\b",
    re.IGNORECASE,
)
FILE_WORDS = re.compile(  # "here is a file", and nothing that it is for
    r"\b(?:files?|here(?:['’]s| is| are| you go)|attached|attachment|have a look|look at this|"
    r"(?:can|could) you (?:read|open|use)|read this|open this|what(?:['’]s| is) this|"
    r"voici|voil[àa]|fichiers?|ci-joint\w*|pi[èe]ces? jointes?|regarde[rz]?|"
    r"(?:peux|pouvez|sais|savez)[- ](?:tu|vous) (?:lire|ouvrir|utiliser)|"
    r"(?:tu peux|vous pouvez) (?:lire|ouvrir|utiliser)|lis [çc]a|c['’]est quoi)(?!\w)",
    re.IGNORECASE,
)
DRAFT_WORDS = re.compile(
    r"\b(?:(?:re)?write|draft|compose|announce|"
    r"r[ée]dige[rz]?|r[ée]digez|[ée]cri(?:s|re|vez)|annonce[rz]?)\b"
    r"|\b(?:prepare|make|create|pr[ée]pare[rz]?|fai(?:s|tes)|cr[ée]e[rz]?)\b.{0,30}"
    r"\b(?:e-?mail|sms|newsletter|listing|ad|post|text|texte|annonce|fiche)\b",
    re.IGNORECASE,
)


def list_table_files(event: dict[str, Any], said: str) -> list[dict[str, Any]]:
    """The files of a message that look like tables: by their names, a .txt by what is said too."""
    named = (
        (*TABLE_SUFFIXES, TEXT_SUFFIX) if not said or IMPORT_WORDS.search(said) else TABLE_SUFFIXES
    )
    files = [one for one in event.get("files") or [] if one.get("id")]
    return [one for one in files if _clean_file_name(one).lower().endswith(named)]


def list_presumed_table_files(event: dict[str, Any], said: str) -> list[dict[str, Any]]:
    """Files that don't look like tables, given as if they were: what can't be read is said."""
    files = [one for one in event.get("files") or [] if one.get("id")]
    hands = FILE_WORDS.search(said) and not channel_meant(said)
    return files if not said or DATA_WORDS.search(said) or hands else []


def is_draft_request(said: str) -> bool:
    """Whether these words clearly ask for a draft: then a file beside them is about that."""
    return DRAFT_WORDS.search(said) is not None


def accept_files(
    session: Session,
    front: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    files: list[dict[str, Any]],
    place: Place,
) -> bool:
    """The files of a message as one arrival, until they are read and sorted into what belongs
    together; once however often Slack tells us. False when it was there before."""
    user = str(event["user"])

    def told(file: dict[str, Any]) -> UploadedFile:
        id = task_id(workspace, str(event["channel"]), str(event["ts"]), str(file["id"]))
        return UploadedFile(id, str(file["id"]), _clean_file_name(file), int(file.get("size") or 0))

    first, *others = (told(file) for file in files[:MAX_FILES])
    dropped = Upload(
        id=first.id,
        file=first.file,
        name=first.name,
        size=first.size,
        workspace=workspace,
        author=user,
        place=place,
        locale=front.people.known(workspace, user),
        beside=tuple(others),
    )
    return FileUpload.create(session, front.house.enqueue, dropped, front.house.now())


def is_waiting_for_pair(session: Session, workspace: str, place: Place, now: datetime) -> bool:
    """Whether a file waits in this thread for the one that completes it: then that one needs no
    mention of ours."""
    return any(
        is_same_conversation(place, one.place)
        for one in pairing.list_waiting_uploads(session, workspace, now)
    )


def _clean_file_name(file: dict[str, Any]) -> str:
    """What the file is called; never a path."""
    return PurePath(str(file.get("name") or file.get("title") or "")).name[:200]


def confirm_import(session: Session, front: ListenerContext, click: BlockAction) -> None:
    arrival, told = _prepare_review(session, front, click)
    review.confirm_import(session, front.house.enqueue, arrival, seen=click.ref.seen or "", **told)


def cancel_import(session: Session, front: ListenerContext, click: BlockAction) -> None:
    arrival, told = _prepare_review(session, front, click)
    review.cancel_import(session, front.house.enqueue, arrival, **told)


def change_import_kind(session: Session, front: ListenerContext, click: BlockAction) -> None:
    arrival, told = _prepare_review(session, front, click)
    pick = click.ref.pick or ""
    what, _, how = pick.partition("=")
    if pick not in KIND_LABELS and (what, how) not in FORMAT_CHOICES:
        raise CannotDo(Words("There is no such kind of rows."))
    if (what, how) in FORMAT_CHOICES:
        review.change_setting(session, front.house.enqueue, arrival, what=what, how=how, **told)
        return
    review.change_kind(session, front.house.enqueue, arrival, kind=pick, **told)


def reread_import(session: Session, front: ListenerContext, click: BlockAction) -> None:
    arrival, told = _prepare_review(session, front, click)
    review.retry_import(session, front.house.enqueue, arrival, **told)


async def send_rejects(front: ListenerContext, click: BlockAction) -> Words:
    """The rows that stayed out, on their way to the presser's direct messages. Raises CannotDo."""
    arrival = await front.run(_load_visible_import, front, click)
    home = front.house.home
    if home is None or not arrival.rejects or not (home / arrival.rejects).is_file():
        raise CannotDo(Words("That file is no longer kept here: look for it in this thread."))
    front.later.soon(_send_rejects_file(front, click, arrival, home / arrival.rejects))
    return Words("The file is on its way to your direct messages with me.")


async def _send_rejects_file(
    front: ListenerContext, click: BlockAction, arrival: FileUpload, path: Path
) -> None:
    try:
        await send_rejected_rows(front.poster, arrival, click.user, path, front.house.now())
    except CannotDo as no:
        await front.people.tell(click.workspace, click.user, no.words, click.channel, click.thread)
    except TryAgain:
        words = Words("Slack didn't take the files. Please press Download again in a moment.")
        await front.people.tell(click.workspace, click.user, words, click.channel, click.thread)


def find_import_piece(session: Session, click: BlockAction) -> str | None:
    """What the card that was pressed shows, when it is an arrival's of this workspace."""
    arrival = session.get(FileUpload, click.ref.arrival) if click.ref.arrival else None
    return arrival.card_piece if arrival and may_see(session, click.viewer, arrival) else None


def _load_visible_import(
    session: Session, front: ListenerContext, click: BlockAction
) -> FileUpload:
    """The arrival, for whoever may see its rows. Raises CannotDo."""
    arrival = _lock_import(session, click)
    if not arrival.can_cancel(click.user, front.house.policy(click.workspace)):
        raise CannotDo(
            Words("Only whoever dropped this file or somebody who may import can do that.")
        )
    return arrival


def _prepare_review(
    session: Session, front: ListenerContext, click: BlockAction
) -> tuple[FileUpload, dict[str, Any]]:
    policy, now = front.house.policy(click.workspace), front.house.now()
    return _lock_import(session, click), {"by": click.user, "policy": policy, "now": now}


def _lock_import(session: Session, click: BlockAction) -> FileUpload:
    """The row, held until the end of this transaction: two people may press at once."""
    id = click.ref.arrival or ""
    arrival = session.get(FileUpload, id, with_for_update=True) if id else None
    words = Words("This file is no longer known here. Please drop it again.")
    return demand_visible(session, click.viewer, arrival, words)


IMPORT_ACTIONS = {
    action_ids.TAKE_IN: confirm_import,
    action_ids.DONT: cancel_import,
    action_ids.OTHER_KIND: change_import_kind,
    action_ids.READ_AGAIN: reread_import,
}
