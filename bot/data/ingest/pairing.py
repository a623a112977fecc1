"""Pairs uploaded files that complete each other: orders in one file, their lines in another.

The files of one message are sorted into those that belong together and those that stand alone. A
file without its other half waits until that half is uploaded.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.core.request import task_id
from bot.data.ingest.models import FileUpload
from bot.data.ingest.upload import Upload, UploadedFile, serialize_files
from bot.i18n.messages import Words
from bot.jobs.models import Enqueue

WAITING_TIME_LIMIT = timedelta(days=7)  # after that, the half is not paired any more
OTHER_SIDE = {"orders": "lines", "lines": "orders"}

IsNear = Callable[[FileUpload, FileUpload], bool]  # whether two were uploaded in the same place


def list_waiting_uploads(session: Session, workspace: str, now: datetime) -> list[FileUpload]:
    """Return the halves that wait in this workspace."""
    wanted = (FileUpload.workspace == workspace) & (FileUpload.state == "half")
    fresh = select(FileUpload).where(wanted & (FileUpload.changed_at > now - WAITING_TIME_LIMIT))
    return list(session.scalars(fresh.order_by(FileUpload.id)))


def split_upload(
    upload: FileUpload,
    session: Session,
    enqueue: Enqueue,
    *,
    sheets: Sequence[Sequence[tuple[str, ...]]],
    turn: int,
    now: datetime,
) -> bool:
    """Make each table of a workbook a file of its own. `sheets` lists the tables of each file.
    Return False when the upload was cancelled meanwhile."""
    if upload.state != "reading" or turn != upload.turn:
        return False
    mine, *rest = (
        replace(file, id=task_id(file.id, *some) if at else file.id, sheets=some)
        for file, tables in zip(upload.files, sheets, strict=True)
        for at, some in enumerate(tables)
    )
    if mine.sheets:
        upload.told = {**(upload.told or {}), "sheets": list(mine.sheets)}
    upload.beside = serialize_files(rest)
    return True


def separate_files(
    upload: FileUpload,
    session: Session,
    enqueue: Enqueue,
    *,
    together: Collection[int],
    alone: Collection[int],
    turn: int,
    now: datetime,
) -> bool:
    """Keep the files that belong `together` (by position) in this upload, and create an upload for
    each file that can be imported `alone`. Return False when it was cancelled meanwhile."""
    if upload.state != "reading" or turn != upload.turn:
        return False
    files = upload.files
    single = [file for at, file in enumerate(files) if at in alone]
    group = [file for at, file in enumerate(files) if at in together]
    core = [file for file in group if file not in single]  # these have no upload of their own
    if files[0] in core:
        _keep_files(upload, group)
    else:
        _keep_files(upload, files[:1])
    if core and files[0] not in core:
        rest = [file for file in group if file is not core[0]]
        _separate_file(session, enqueue, upload, core[0], rest, now)
    for file in single:
        if file is not files[0]:
            _separate_file(session, enqueue, upload, file, (), now)
    return True


def _keep_files(upload: FileUpload, files: Sequence[UploadedFile]) -> None:
    """Set the upload's files. Its own file stays the first, because its id is made of it."""
    upload.beside = serialize_files([one for one in files if one.id != upload.id])


def _separate_file(
    session: Session,
    enqueue: Enqueue,
    upload: FileUpload,
    file: UploadedFile,
    rest: Sequence[UploadedFile],
    now: datetime,
) -> None:
    """Create an upload for a file that does not belong to this one, or restart the upload that it
    had before."""
    before = session.get(FileUpload, file.id, with_for_update=True)
    if before is not None and before.state == "joined":
        before.restart(session, enqueue, now)
    if before is not None:
        return
    new_upload = Upload(
        id=file.id,
        workspace=upload.workspace,
        author=upload.author,
        place=upload.place,
        file=file.file,
        name=file.name,
        size=file.size,
        locale=upload.locale,
        told={"sheets": list(file.sheets)} if file.sheets else None,
        beside=tuple(rest),
    )
    FileUpload.create(session, enqueue, new_upload, now)


def pair_or_wait(
    session: Session,
    enqueue: Enqueue,
    id: str,
    *,
    half: str,
    turn: int,
    is_near: IsNear,
    tried: Collection[str],
    why: Words | None,
    now: datetime,
) -> FileUpload | None:
    """Return the other half that waits in the same place, or let this upload wait. `tried` ids did
    not fit; `why` tells what was wrong. Return None when it waits or was cancelled meanwhile."""
    known = _lock_uploads(session, id, now)
    upload = known[id]
    if upload.state != "reading" or turn != upload.turn:
        return None
    waiting = [
        one
        for one in known.values()
        if one.state == "half" and one.half == OTHER_SIDE[half] and one.id not in tried
    ]
    if here := [one for one in waiting if is_near(upload, one)]:
        return max(here, key=lambda one: (one.changed_at, one.id))
    upload.half, upload.why = half, why.model_dump(mode="json") if why else None
    upload.set_state(session, enqueue, "half", now)
    return None


def join_uploads(
    session: Session, enqueue: Enqueue, id: str, other: str, *, turn: int, now: datetime
) -> bool:
    """Join the waiting half to this upload. Return False when one of them was cancelled meanwhile,
    or the half was joined to another upload."""
    known = _lock_uploads(session, id, now)
    upload, half = known[id], known.get(other)
    if upload.state != "reading" or turn != upload.turn:
        return False
    if half is None or half.state != "half":
        return False
    upload.beside = serialize_files([*upload.files[1:], *half.files])
    words = Words("{file} is read together with {other}.", file=half.title, other=upload.name)
    half.why = words.model_dump(mode="json")
    half.log_event(session, "file joined", now)
    half.set_state(session, enqueue, "joined", now)
    return True


def _lock_uploads(session: Session, id: str, now: datetime) -> dict[str, FileUpload]:
    """Lock this upload and all others of its workspace that are being read or wait, until the
    transaction ends. They are locked in one order, so that of two halves that arrive at once one
    sees the other."""
    workspace = session.get_one(FileUpload, id).workspace
    mine = (FileUpload.workspace == workspace) & FileUpload.state.in_(("reading", "half"))
    near = select(FileUpload).where(
        (FileUpload.id == id) | (mine & (FileUpload.changed_at > now - WAITING_TIME_LIMIT))
    )
    locked = (
        near.order_by(FileUpload.id).with_for_update().execution_options(populate_existing=True)
    )
    return {one.id: one for one in session.scalars(locked)}
