"""Files dropped for the library, as they are told to us, and what is pressed on their card."""

import re
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy.orm import Session

from bot.core.ids import task_id
from bot.data.ingest import pairing, review
from bot.data.ingest.models import Arrival
from bot.data.ingest.upload import Dropped, DroppedFile
from bot.digests.visibility import demand_visible, may_see
from bot.errors import CannotDo, TryAgain
from bot.i18n.messages import Words
from bot.rules.revision import channel_meant
from bot.slack import action_ids
from bot.slack.actions.context import Click
from bot.slack.actions.import_rejects import hand
from bot.slack.cards.import_labels import KINDS, OTHERWISE
from bot.slack.context import Front
from bot.slack.location import Place, near

ROWS = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".parquet", ".jsonl", ".ndjson")
MOST_FILES = 10  # of one message: as many as Slack takes
TEXT = ".txt"  # a table or a letter: its message says which
TAKES = re.compile(
    r"\b(?:import\w*|take\b.{0,20}\bin|upload\w*|load|add|data|rows|table|orders?|sales|customers?|"
    r"reviews?|int[ée]gr\w*|ajoute\w*|charge\w*|donn[ée]es|lignes|tableau|commandes?|ventes|clients?|"
    r"avis)\b",
    re.IGNORECASE,
)
GIVES = re.compile(
    r"\b(?:import\w*|upload\w*|data|rows|table|int[ée]gr\w*|donn[ée]es|lignes|tableau)\b",
    re.IGNORECASE,
)
HANDS = re.compile(  # "here is a file", and nothing that it is for
    r"\b(?:files?|here(?:['’]s| is| are| you go)|attached|attachment|have a look|look at this|"
    r"(?:can|could) you (?:read|open|use)|read this|open this|what(?:['’]s| is) this|"
    r"voici|voil[àa]|fichiers?|ci-joint\w*|pi[èe]ces? jointes?|regarde[rz]?|"
    r"(?:peux|pouvez|sais|savez)[- ](?:tu|vous) (?:lire|ouvrir|utiliser)|"
    r"(?:tu peux|vous pouvez) (?:lire|ouvrir|utiliser)|lis [çc]a|c['’]est quoi)(?!\w)",
    re.IGNORECASE,
)
WRITES = re.compile(
    r"\b(?:(?:re)?write|draft|compose|announce|"
    r"r[ée]dige[rz]?|r[ée]digez|[ée]cri(?:s|re|vez)|annonce[rz]?)\b"
    r"|\b(?:prepare|make|create|pr[ée]pare[rz]?|fai(?:s|tes)|cr[ée]e[rz]?)\b.{0,30}"
    r"\b(?:e-?mail|sms|newsletter|listing|ad|post|text|texte|annonce|fiche)\b",
    re.IGNORECASE,
)


def files_of_rows(event: dict[str, Any], said: str) -> list[dict[str, Any]]:
    """The files of a message that look like tables: by their names, a .txt by what is said too."""
    named = (*ROWS, TEXT) if not said or TAKES.search(said) else ROWS
    files = [one for one in event.get("files") or [] if one.get("id")]
    return [one for one in files if _name(one).lower().endswith(named)]


def files_as_rows(event: dict[str, Any], said: str) -> list[dict[str, Any]]:
    """Files that don't look like tables, given as if they were: what can't be read is said."""
    files = [one for one in event.get("files") or [] if one.get("id")]
    hands = HANDS.search(said) and not channel_meant(said)
    return files if not said or GIVES.search(said) or hands else []


def asks_for_text(said: str) -> bool:
    """Whether these words clearly ask for a draft: then a file beside them is about that."""
    return WRITES.search(said) is not None


def offered(
    session: Session,
    front: Front,
    workspace: str,
    event: dict[str, Any],
    files: list[dict[str, Any]],
    place: Place,
) -> bool:
    """The files of a message as one arrival, until they are read and sorted into what belongs
    together; once however often Slack tells us. False when it was there before."""
    user = str(event["user"])

    def told(file: dict[str, Any]) -> DroppedFile:
        id = task_id(workspace, str(event["channel"]), str(event["ts"]), str(file["id"]))
        return DroppedFile(id, str(file["id"]), _name(file), int(file.get("size") or 0))

    first, *others = (told(file) for file in files[:MOST_FILES])
    dropped = Dropped(
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
    return Arrival.ask(session, front.house.enqueue, dropped, front.house.now())


def half_waits(session: Session, workspace: str, place: Place, now: datetime) -> bool:
    """Whether a file waits in this thread for the one that completes it: then that one needs no
    mention of ours."""
    return any(near(place, one.place) for one in pairing.waiting(session, workspace, now))


def _name(file: dict[str, Any]) -> str:
    """What the file is called; never a path."""
    return PurePath(str(file.get("name") or file.get("title") or "")).name[:200]


def take_in(session: Session, front: Front, click: Click) -> None:
    arrival, told = _pressed(session, front, click)
    review.confirm(session, front.house.enqueue, arrival, seen=click.ref.seen or "", **told)


def dont(session: Session, front: Front, click: Click) -> None:
    arrival, told = _pressed(session, front, click)
    review.cancel(session, front.house.enqueue, arrival, **told)


def other_kind(session: Session, front: Front, click: Click) -> None:
    arrival, told = _pressed(session, front, click)
    pick = click.ref.pick or ""
    what, _, how = pick.partition("=")
    if pick not in KINDS and (what, how) not in OTHERWISE:
        raise CannotDo(Words("There is no such kind of rows."))
    if (what, how) in OTHERWISE:
        review.say(session, front.house.enqueue, arrival, what=what, how=how, **told)
        return
    review.choose_kind(session, front.house.enqueue, arrival, kind=pick, **told)


def read_again(session: Session, front: Front, click: Click) -> None:
    arrival, told = _pressed(session, front, click)
    review.again(session, front.house.enqueue, arrival, **told)


async def stayed_out(front: Front, click: Click) -> Words:
    """The rows that stayed out, on their way to the presser's direct messages. Raises CannotDo."""
    arrival = await front.run(_mine, front, click)
    home = front.house.home
    if home is None or not arrival.rejects or not (home / arrival.rejects).is_file():
        raise CannotDo(Words("That file is no longer kept here: look for it in this thread."))
    front.later.soon(_hand(front, click, arrival, home / arrival.rejects))
    return Words("The file is on its way to your direct messages with me.")


async def _hand(front: Front, click: Click, arrival: Arrival, path: Path) -> None:
    try:
        await hand(front.poster, arrival, click.user, path, front.house.now())
    except CannotDo as no:
        await front.people.tell(click.workspace, click.user, no.words, click.channel, click.thread)
    except TryAgain:
        words = Words("Slack didn't take the files. Please press Download again in a moment.")
        await front.people.tell(click.workspace, click.user, words, click.channel, click.thread)


def piece_of(session: Session, click: Click) -> str | None:
    """What the card that was pressed shows, when it is an arrival's of this workspace."""
    arrival = session.get(Arrival, click.ref.arrival) if click.ref.arrival else None
    return arrival.piece if arrival and may_see(session, click.viewer, arrival) else None


def _mine(session: Session, front: Front, click: Click) -> Arrival:
    """The arrival, for whoever may see its rows. Raises CannotDo."""
    arrival = _arrival(session, click)
    if not arrival.may_stop(click.user, front.house.policy(click.workspace)):
        raise CannotDo(
            Words("Only whoever dropped this file or somebody who may import can do that.")
        )
    return arrival


def _pressed(session: Session, front: Front, click: Click) -> tuple[Arrival, dict[str, Any]]:
    policy, now = front.house.policy(click.workspace), front.house.now()
    return _arrival(session, click), {"by": click.user, "policy": policy, "now": now}


def _arrival(session: Session, click: Click) -> Arrival:
    """The row, held until the end of this transaction: two people may press at once."""
    id = click.ref.arrival or ""
    arrival = session.get(Arrival, id, with_for_update=True) if id else None
    words = Words("This file is no longer known here. Please drop it again.")
    return demand_visible(session, click.viewer, arrival, words)


VERBS = {
    action_ids.TAKE_IN: take_in,
    action_ids.DONT: dont,
    action_ids.OTHER_KIND: other_kind,
    action_ids.READ_AGAIN: read_again,
}
