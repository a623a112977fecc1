"""A conversation without an AI: who wrote, what was asked, files, links and the intern's drafts.

What was decided or promised is not read: that takes an AI, and the report says so.
"""

from pydantic import BaseModel

from bot.core.fact_sentences import join_copies
from bot.core.parts import Copy
from bot.core.report import MissingData
from bot.core.thread_text import find_channel_name, wants_channel
from bot.drafts.status_lines import tell_waiting_drafts, tell_week_of_drafts
from bot.i18n.messages import Words
from bot.offline.report_builder import ReportBuilder
from bot.offline.routing import asks_for

MAX_QUESTIONS, MAX_SHARED, MAX_NAMES = 3, 4, 5  # of the points; the table has all questions


async def write_report(builder: ReportBuilder) -> BaseModel:
    await builder.look_up("thread-words")
    builder.kinds = ["thread"]
    people, questions, links, files, drafts = (
        [*builder.subjects("thread", f"{kind}-").values()]
        for kind in ("person", "question", "link", "file", "draft")
    )
    waiting = [*builder.subjects("work", "draft-").values()]
    mine = builder.write_list("drafts", drafts, "state")
    others, told = (builder.write_list(key, waiting, "waiting") for key in ("to_approve", "queue"))
    if asks_for("queue", builder.request.brief.words):
        return await builder.build(told if waiting else builder.state("none"), [mine], gaps=False)
    whole = builder.subjects("thread").get("all")
    if whole is None and not drafts:
        return _explain_nothing(builder, others)
    shared = [builder.tell(one, Words("{words}")) for one in [*files, *links][-MAX_SHARED:]]
    cut = ("cut",) if whole and whole.get("cut") else ()
    return await builder.build(
        builder.write(whole, "headline", questions=len(questions))
        if whole
        else builder.state("nobody"),
        [
            builder.write_list("wrote", people[:MAX_NAMES], "messages"),
            *(builder.write(one, "question") for one in questions[-MAX_QUESTIONS:]),
            mine,
            others,
            *([builder.wrap("shared", names=join_copies(shared, ", "))] if shared else []),
        ],
        table=builder.tabulate(questions) if len(questions) > MAX_QUESTIONS else None,
        limits=map(builder.state, ("theirs", *cut)),
        cannot_tell=builder.state("needs_ai"),
        read_as=builder.words("read_as"),
        leads=[builder.step("channel" if wants_channel(builder.request.brief.words) else "thread")],
    )


def _explain_nothing(builder: ReportBuilder, others: Copy) -> MissingData:
    said = builder.tell_unanswerable(builder.evidence, "thread")
    if name := find_channel_name(builder.request.brief.words):
        said = [builder.state("other_channel", name=name)]
    work = [tell(builder, builder.evidence) for tell in (tell_waiting_drafts, tell_week_of_drafts)]
    return MissingData(answer=join_copies([*said, join_copies(work), others], "\n"))
