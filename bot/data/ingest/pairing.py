"""Dropped files that complete each other: orders in one file, their lines in another.

Those of one message are sorted into what belongs together and what stands alone. One that came
without its other half waits, and the half that comes later takes it along.
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

WAITING_TIME_LIMIT = timedelta(days=7)  # afterwards nobody means it any more
OTHER_SIDE = {"orders": "lines", "lines": "orders"}

IsNear = Callable[[FileUpload, FileUpload], bool]  # whether two of them lie at one place


def list_waiting_uploads(session: Session, workspace: str, now: datetime) -> list[FileUpload]:
    """The halves that wait in this workspace."""
    wanted = (FileUpload.workspace == workspace) & (FileUpload.state == "half")
    fresh = select(FileUpload).where(wanted & (FileUpload.changed_at > now - WAITING_TIME_LIMIT))
    return list(session.scalars(fresh.order_by(FileUpload.id)))


def split_upload(
    arrival: FileUpload,
    session: Session,
    enqueue: Enqueue,
    *,
    sheets: Sequence[Sequence[tuple[str, ...]]],
    turn: int,
    now: datetime,
) -> bool:
    """Each table of a workbook is a file of its own from now on: the `sheets` of each file, by its
    tables. False when it was stopped meanwhile."""
    if arrival.state != "reading" or turn != arrival.turn:
        return False
    mine, *rest = (
        replace(file, id=_sheet_upload_id(file.id, some) if at else file.id, sheets=some)
        for file, tables in zip(arrival.files, sheets, strict=True)
        for at, some in enumerate(tables)
    )
    if mine.sheets:
        arrival.told = {**(arrival.told or {}), "sheets": list(mine.sheets)}
    arrival.beside = serialize_files(rest)
    return True


def _sheet_upload_id(id: str, sheets: Sequence[str]) -> str:
    """The id of the arrival that these sheets of a file make."""
    return task_id(id, *sheets)


def separate_files(
    arrival: FileUpload,
    session: Session,
    enqueue: Enqueue,
    *,
    together: Collection[int],
    alone: Collection[int],
    turn: int,
    now: datetime,
) -> bool:
    """What of its files belongs `together`, by their numbers, stays together; what can be taken in
    `alone` becomes an arrival of its own. False when it was stopped meanwhile."""
    if arrival.state != "reading" or turn != arrival.turn:
        return False
    files = arrival.files
    single = [file for at, file in enumerate(files) if at in alone]
    one = [file for at, file in enumerate(files) if at in together]
    core = [file for file in one if file not in single]  # its arrival is none of their own
    if files[0] in core:
        _keep_files(arrival, one)
    else:
        _keep_files(arrival, files[:1])
    if core and files[0] not in core:
        rest = [file for file in one if file is not core[0]]
        _separate_file(session, enqueue, arrival, core[0], rest, now)
    for file in single:
        if file is not files[0]:
            _separate_file(session, enqueue, arrival, file, (), now)
    return True


def _keep_files(arrival: FileUpload, files: Sequence[UploadedFile]) -> None:
    """Its own file stays the first: its id is made of it."""
    arrival.beside = serialize_files([one for one in files if one.id != arrival.id])


def _separate_file(
    session: Session,
    enqueue: Enqueue,
    arrival: FileUpload,
    file: UploadedFile,
    rest: Sequence[UploadedFile],
    now: datetime,
) -> None:
    """A file that does not belong to this one: what it was before, or an arrival of its own."""
    before = session.get(FileUpload, file.id, with_for_update=True)
    if before is not None and before.state == "joined":
        before.restart(session, enqueue, now)
    if before is not None:
        return
    told = Upload(
        id=file.id,
        workspace=arrival.workspace,
        author=arrival.author,
        place=arrival.place,
        file=file.file,
        name=file.name,
        size=file.size,
        locale=arrival.locale,
        told={"sheets": list(file.sheets)} if file.sheets else None,
        beside=tuple(rest),
    )
    FileUpload.create(session, enqueue, told, now)


def pair_or_wait(
    session: Session,
    enqueue: Enqueue,
    id: str,
    *,
    half: str,
    turn: int,
    near: IsNear,
    tried: Collection[str],
    why: Words | None,
    now: datetime,
) -> FileUpload | None:
    """The other half that waits near this one, or this one waits from now on. `tried` ones did not
    fit, `why` says what was wrong. None when it waits, or was stopped meanwhile."""
    known = _lock_uploads(session, id, now)
    arrival = known[id]
    if arrival.state != "reading" or turn != arrival.turn:
        return None
    waiting = [
        one
        for one in known.values()
        if one.state == "half" and one.half == OTHER_SIDE[half] and one.id not in tried
    ]
    if here := [one for one in waiting if near(arrival, one)]:
        return max(here, key=lambda one: (one.changed_at, one.id))
    arrival.half, arrival.why = half, why.model_dump(mode="json") if why else None
    arrival.set_state(session, enqueue, "half", now)
    return None


def join_uploads(
    session: Session, enqueue: Enqueue, id: str, other: str, *, turn: int, now: datetime
) -> bool:
    """The half that waited goes along with this one from now on. False when one of them was
    stopped meanwhile, or taken along by another."""
    known = _lock_uploads(session, id, now)
    arrival, half = known[id], known.get(other)
    if arrival.state != "reading" or turn != arrival.turn:
        return False
    if half is None or half.state != "half":
        return False
    arrival.beside = serialize_files([*arrival.files[1:], *half.files])
    words = Words("{file} is read together with {other}.", file=half.title, other=arrival.name)
    half.why = words.model_dump(mode="json")
    half.log_event(session, "file joined", now)
    half.set_state(session, enqueue, "joined", now)
    return True


def _lock_uploads(session: Session, id: str, now: datetime) -> dict[str, FileUpload]:
    """This one and all that are being read or wait in its workspace, held until the end of this
    transaction in one order: of two halves that come at once one must see the other."""
    workspace = session.get_one(FileUpload, id).workspace
    mine = (FileUpload.workspace == workspace) & FileUpload.state.in_(("reading", "half"))
    near = select(FileUpload).where(
        (FileUpload.id == id) | (mine & (FileUpload.changed_at > now - WAITING_TIME_LIMIT))
    )
    held = near.order_by(FileUpload.id).with_for_update().execution_options(populate_existing=True)
    return {one.id: one for one in session.scalars(held)}
