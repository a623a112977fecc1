"""Build a report without an AI from sentences, and tell whether a question names a thing."""

from collections.abc import Sequence

from bot.core.fact_book import FactBook
from bot.core.parts import Copy, File, NextStep, Quote, Table
from bot.core.report import MAX_POINTS, Report, list_sources
from bot.core.request import SkillRequest
from bot.i18n.messages import Words
from bot.offline.fact_sentences import FactSubject, SentenceWriter
from bot.text.normalize import tokenize

STEM = 5  # letters that words of one family share
SHORT = 3  # letters up to which a word names nothing


def build_offline_report(
    writer: SentenceWriter,
    request: SkillRequest,
    *,
    headline: Copy,
    points: Sequence[Copy] = (),
    picture: File | None = None,
    table: Table | None = None,
    quotes: Sequence[Quote] = (),
    cannot_tell: Copy | None = None,
    how_to_read: Copy | None = None,
    read_as: Words | None = None,
    leads: Sequence[NextStep] = (),
) -> Report:
    """Return the report with the files that its figures come from. Of the points the first are
    kept, as many as a report may have."""
    not_used = [
        writer.say(Words("“{quote}”", quote=words)) for words in request.brief.left_over if words
    ]
    report = Report(
        headline=headline,
        not_used=Copy(text=", ".join(not_used)) if not_used else None,
        points=[point for point in points if point.text][:MAX_POINTS],
        picture=picture,
        table=table,
        quotes=list(quotes),
        cannot_tell=cannot_tell,
        how_to_read=how_to_read,
        read_as=Copy(text=writer.say(read_as)) if read_as else None,
        leads=list(leads),
    )
    sources = list_sources(report, FactBook(writer.ever.values()), writer.language)
    return report.model_copy(update={"sources": Copy(text=sources)}) if sources else report


def names_subject(words: str, subject: FactSubject) -> bool:
    """Whether the words name a subject of the facts, in English or French: a word of its name, in
    whatever form ("shirts" names “Chemise Alba, shirt”)."""
    typed = _list_stems(words)
    return any(typed & _list_stems(subject.named(language)) for language in ("en", "fr"))


def _list_stems(text: str) -> set[str]:
    return {word[:STEM] for word in tokenize(text) if len(word) > SHORT}
