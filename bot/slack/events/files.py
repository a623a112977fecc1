"""Files dropped in Slack: which of them are data to import, and the import that they start."""

import re
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy.orm import Session

from bot.core.request import task_id
from bot.data.ingest import pairing
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import Upload, UploadedFile
from bot.offline.routing import find_channels
from bot.slack.listener_context import ListenerContext
from bot.slack.location import Place, is_same_conversation

TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".parquet", ".jsonl", ".ndjson")
MAX_FILES = 10  # of one message, as many as Slack allows
TEXT_SUFFIX = ".txt"  # a table or a letter; the message says which
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
FILE_WORDS = re.compile(  # words that only present a file, without saying what it is for
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


def list_table_files(event: dict[str, Any], words: str) -> list[dict[str, Any]]:
    """Return the files that look like tables: by their names; a .txt file also by the message."""
    suffixes = (
        (*TABLE_SUFFIXES, TEXT_SUFFIX)
        if not words or IMPORT_WORDS.search(words)
        else TABLE_SUFFIXES
    )
    files = [one for one in event.get("files") or [] if one.get("id")]
    return [one for one in files if _clean_file_name(one).lower().endswith(suffixes)]


def list_presumed_table_files(event: dict[str, Any], words: str) -> list[dict[str, Any]]:
    """Return files that don't look like tables but are presented as data, so that the person is
    told that they can't be read."""
    files = [one for one in event.get("files") or [] if one.get("id")]
    presents_file = FILE_WORDS.search(words) and not find_channels(words)
    return files if not words or DATA_WORDS.search(words) or presents_file else []


def is_draft_request(words: str) -> bool:
    """Return whether the words clearly ask for a draft, so that a file beside them is material
    for it."""
    return DRAFT_WORDS.search(words) is not None


def accept_files(
    session: Session,
    context: ListenerContext,
    workspace: str,
    event: dict[str, Any],
    files: list[dict[str, Any]],
    place: Place,
) -> bool:
    """Store the files of a message as one upload, until they are read and grouped.

    Slack may report the message several times; return False when it is stored already.
    """
    user = str(event["user"])

    def make_uploaded_file(file: dict[str, Any]) -> UploadedFile:
        id = task_id(workspace, str(event["channel"]), str(event["ts"]), str(file["id"]))
        return UploadedFile(id, str(file["id"]), _clean_file_name(file), int(file.get("size") or 0))

    first, *others = (make_uploaded_file(file) for file in files[:MAX_FILES])
    dropped = Upload(
        id=first.id,
        file=first.file,
        name=first.name,
        size=first.size,
        workspace=workspace,
        author=user,
        place=place,
        locale=context.people.cached_locale(workspace, user),
        beside=tuple(others),
    )
    return FileUpload.create(session, context.services.enqueue, dropped, context.services.now())


def is_waiting_for_pair(session: Session, workspace: str, place: Place, now: datetime) -> bool:
    """Return whether an upload in this thread waits for a second file, which then needs no
    mention of the intern."""
    return any(
        is_same_conversation(place, one.place)
        for one in pairing.list_waiting_uploads(session, workspace, now)
    )


def _clean_file_name(file: dict[str, Any]) -> str:
    """Return the file's name without a path."""
    return PurePath(str(file.get("name") or file.get("title") or "")).name[:200]
