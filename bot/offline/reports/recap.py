"""A conversation without an AI: who wrote, what was asked, files, links and the intern's drafts.

What was decided or promised is not read: that takes an AI, and the report says so.
"""

from pydantic import BaseModel

from bot.core.fact_sentences import FactSubject, join_copies
from bot.core.report import MissingData
from bot.core.thread_text import find_channel_name, wants_channel
from bot.drafts.status_lines import tell_waiting_drafts, tell_week_of_drafts
from bot.i18n.messages import Words
from bot.offline.report_builder import ReportBuilder

MAX_QUESTIONS, MAX_SHARED, MAX_NAMES = 3, 4, 5  # of the points; the table has all questions


async def write_report(builder: ReportBuilder) -> BaseModel:
    await builder.look_up("thread-words")
    builder.kinds = ["thread"]
    every = builder.subjects("thread")
    people, questions, links, files, drafts = (
        [one for key, one in every.items() if key.startswith(f"{kind}-")]
        for kind in ("person", "question", "link", "file", "draft")
    )
    whole = every.get("all")
    if whole is None and not drafts:
        return _explain_nothing(builder)
    shared = join_copies(
        [builder.tell(one, Words("{words}")) for one in [*files, *links][-MAX_SHARED:]], ", "
    )
    return await builder.build(
        builder.write(whole, "headline", questions=len(questions))
        if whole
        else builder.state("nobody"),
        [
            builder.write_list("wrote", people[:MAX_NAMES], "messages"),
            *(builder.write(one, "question") for one in questions[-MAX_QUESTIONS:]),
            builder.write_list("drafts", drafts, "state"),
            builder.write_list("to_approve", _list_waiting(builder), "waiting"),
            builder.wrap("shared", names=shared) if shared.text else shared,
        ],
        table=builder.tabulate(questions) if len(questions) > MAX_QUESTIONS else None,
        limits=[builder.state("cut")] if whole and whole.get("cut") else [],
        cannot_tell=builder.state("needs_ai"),
        read_as=builder.words("read_as"),
        leads=[builder.step("channel" if wants_channel(builder.request.brief.words) else "thread")],
    )


def _explain_nothing(builder: ReportBuilder) -> MissingData:
    said = builder.tell_unanswerable(builder.evidence, "thread")
    if name := find_channel_name(builder.request.brief.words):
        said = [builder.state("other_channel", name=name)]
    work = [tell(builder, builder.evidence) for tell in (tell_waiting_drafts, tell_week_of_drafts)]
    waiting = _list_waiting(builder)
    listed = [builder.write_list("to_approve", waiting, "waiting")] if waiting else []
    return MissingData(answer=join_copies([*said, join_copies(work), *listed], "\n"))


def _list_waiting(builder: ReportBuilder) -> list[FactSubject]:
    """Return the drafts that wait for approval."""
    work = builder.subjects("work")
    return [draft for key, draft in work.items() if key.startswith("draft-")]
