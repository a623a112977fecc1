"""The texts on screen and their French translations."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from string import Formatter

import pytest
from babel.messages.catalog import Message

from bot.i18n.messages import (
    Money,
    Words,
    format_short_period,
    format_value,
    load_translations,
    parse_language,
    restore_words,
)
from tests.support.paths import ROOT
from tests.support.words_in_code import french, legacy, said, unreadable

NB = "\u00a0"
THIN = "\u202f"
SENTENCES = ROOT / "tests" / "contracts" / "sentences.txt"
SAME = {
    "sessions",
    "{file}, {details}",
    "E-mail",
    "SMS",
    "Description",
    "Descriptions",
    "Hashtag",
    "Hashtags",
    "Unicode",
    "Version",
    "Version {n}",
    "v{n}",
}
SAME |= {"{first}…", "{n} message", "{n} messages"}
SAME |= {
    "audience",
    "conversions",
    "date",
    "description",
    "impression",
    "impressions",
    "Champions",
    "page",
    "segment",
    "stock",
    "test",
}
SAME |= {"Total", "mobile", "pts", "pt", "{n} contact", "{n} contacts"}
SAME |= {"code", "codes", "Code", "code {code}", "{sentence}, {share}.", "{what} ({which})"}
SAME |= {"point", "points", "verdict", "{first}, {rest}", "{figure}, {sure}"}
SAME |= {"{amount} point", "{amount} points", "{what} {when}"}
SAME |= {"audience {name}", "{rates} ({clicks})"}
SAME |= {"conditions", "conversion", "dimension", "message", "messages", "niche"}
SAME |= {"Conversion", "Segment", "Stock", "Verdict", "e-mail", "e-mails", "tests", "sessions"}
SAME |= {  # names of laws
    "code de commerce, L310-3",
    "code de la santé publique, L2133-1",
    "DMCC Act 2024, section 226",
    "DMCC Act 2024, schedule 20",
    "CMA Green Claims Code",
}
AGREED = {  # WORDS.md, "Words people see"
    "Draft": "Proposition",
    "Approve": "Valider",
    "Edit": "Modifier",
    "Request changes": "À revoir",
    "Import": "Importer",
    "Audience ideas": "Idées de ciblage",
    "Send now": "Envoyer maintenant",
    "Edit digest": "Modifier le point hebdo",
    "Reject": "Refuser",
    "Approve anyway": "Valider quand même",
    "Only me": "Pour moi seulement",
    "Sources": "D'où ça vient",
    "No source": "Sans source",
    "Stated by {who}": "Indiqué par {who}",
    "AI log": "Journal IA",
    "Fingerprint": "Empreinte",
    "Standard text (no AI connected)": "Texte type (sans IA)",
}


def messages() -> list[Message]:
    return [message for message in french() if message.id]


def pairs() -> Iterator[tuple[str, str]]:
    """Each English form with its French one."""
    for message in messages():
        english = message.id if isinstance(message.id, tuple | list) else (message.id,)
        told = message.string if isinstance(message.string, tuple | list) else (message.string,)
        yield from zip(english, told, strict=True)


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_sentence_has_a_translation() -> None:
    known = {m.id[0] if isinstance(m.id, tuple | list) else m.id for m in messages()}
    assert sorted(set(said()) - known) == []
    assert [english for english, told in pairs() if not told.strip()] == []


def test_catalogues_have_no_unused_sentence() -> None:
    known = {m.id[0] if isinstance(m.id, tuple | list) else m.id for m in messages()}
    assert sorted(known - set(said())) == []
    assert list(french().obsolete) == []


def test_sentences_of_old_rows_are_translated() -> None:
    """Sentences that earlier editions could store. Those that the code no longer uses are in
    legacy.po."""
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    stored = {str(json.loads(line)) for line in lines}
    assert sorted(stored - {*load_translations("fr")}) == []


def test_legacy_sentences_are_unused_and_keep_their_parameters() -> None:
    kept = [message for message in legacy() if message.id]
    assert kept
    for message in kept:
        first = message.id[0] if isinstance(message.id, tuple | list) else str(message.id)
        assert first not in said(), "it is said again: take it out of legacy.po"
        told = message.string if isinstance(message.string, tuple | list) else [message.string]
        assert all(gaps(str(form)) == gaps(first) for form in told), first
        assert Words(first, **dict.fromkeys(gaps(first), "x")).to("fr") != first


def test_counted_sentences_have_a_plural() -> None:
    for message in messages():
        first = message.id[0] if isinstance(message.id, tuple | list) else message.id
        assert said()[first].many == (
            message.id[1] if isinstance(message.id, tuple | list) else None
        )


def test_sentences_are_literals_in_the_code() -> None:
    assert unreadable() == []


def test_translations_have_the_same_parameters() -> None:
    for english, told in pairs():
        assert gaps(told) == gaps(english), english


def test_translations_differ_from_english() -> None:
    assert [e for e, told in pairs() if e == told and e not in SAME and gaps(e) != {e[1:-1]}] == []
    assert [message.id for message in messages() if message.fuzzy] == []


def test_french_uses_straight_apostrophes() -> None:
    """The straight one, as in drafts: any other makes an SMS use the UCS-2 encoding."""
    assert [told for _, told in pairs() if "’" in told] == []


def test_french_punctuation_is_spaced() -> None:
    for _, told in pairs():
        assert not re.search(rf"[^{NB}{THIN}:!?(][;!?»](?!\w)", told), told
        assert not re.search(rf"[^{NB}/\d]:(?!//|\d)", told), told
        assert not re.search(rf"«[^{NB}]", told), told
        assert not re.search(r"\d %|\} %", told), told
        assert "..." not in told
        assert '"' not in told


def test_bot_is_called_by_its_name() -> None:
    for english, told in pairs():
        assert not re.search(r"\binternes?\b", told, re.IGNORECASE), told
        if "Super-Intern" in english:
            assert "Super-stagiaire" in told
        elif re.search(r"(?<!super-)\bintern\b", english):
            assert "stagiaire" in told, told


@pytest.mark.parametrize(("english", "told"), AGREED.items(), ids=AGREED)
def test_agreed_terms_are_used(english: str, told: str) -> None:
    assert english in said()
    assert Words(english, who="{who}").to("fr") == told


def test_sentences_can_be_formatted() -> None:
    for entry in said().values():
        filled = dict.fromkeys((gaps(entry.text) | gaps(entry.many or "")) - {"n"}, "x")
        for language in ("en", "fr"):
            if entry.many:
                for n in (0, 1, 2, 1_000):
                    assert Words.count(entry.text, entry.many, n, **filled).to(language)
            else:
                assert Words(entry.text, **filled | {"n": 1}).to(language)


@pytest.mark.parametrize(
    ("value", "english", "told"),
    [
        (1234567, "1,234,567", f"1{THIN}234{THIN}567"),
        (Decimal("0.5"), "0.5", "0,5"),
        (Money(amount=Decimal("49.9"), currency="EUR"), "€49.90", f"49,90{NB}€"),
        (Money(amount=Decimal(1200), currency="GBP"), "£1,200.00", f"1{THIN}200,00{NB}£"),
        (date(2026, 11, 24), "24 November 2026", "24 novembre 2026"),
        (datetime(2026, 8, 4, 16, 8, tzinfo=UTC), "4 Aug 2026, 16:08", "4 août 2026, 16:08"),
        ("as it stands", "as it stands", "as it stands"),
    ],
)
def test_values_are_formatted_by_language(value: object, english: str, told: str) -> None:
    assert format_value(value, "en") == english
    assert format_value(value, "fr") == told


@pytest.mark.parametrize(
    ("since", "until", "english", "told"),
    [
        (date(2026, 11, 1), date(2026, 11, 27), "1 to 27 Nov", "1er au 27 nov."),
        (date(2026, 10, 31), date(2026, 11, 27), "31 Oct to 27 Nov", "31 oct. au 27 nov."),
        (date(2026, 9, 1), date(2026, 10, 31), "Sept to Oct", "sept. à oct."),
        (date(2026, 10, 1), date(2026, 10, 31), "October", "octobre"),
        (
            *(date(2025, 11, 29), date(2026, 11, 27)),
            *("29 Nov 2025 to 27 Nov 2026", "29 nov. 2025 au 27 nov. 2026"),
        ),
    ],
)
def test_period_fits_into_a_sentence(since: date, until: date, english: str, told: str) -> None:
    today = date(2026, 11, 28)
    assert format_short_period(since, until, "en", today) == english
    assert format_short_period(since, until, "fr", today) == told


def test_year_is_left_out_where_only_one_can_be_meant() -> None:
    days = (date(2026, 11, 2), date(2026, 11, 9))
    assert format_short_period(*days, "en", date(2027, 1, 10)) == "2 to 9 Nov"
    assert format_short_period(*days, "en", date(2027, 12, 1)) == "2 to 9 Nov 2026"


def test_zero_is_singular_in_french() -> None:
    words = [Words.count("{n} figure", "{n} figures", n) for n in (0, 1, 2)]
    assert [one.to("en") for one in words] == ["0 figures", "1 figure", "2 figures"]
    assert [one.to("fr") for one in words] == ["0 chiffre", "1 chiffre", "2 chiffres"]


def test_words_survive_storage() -> None:
    inner = Words.count("{n} figure", "{n} figures", 4)
    words = Words("{what} checked", what=inner)
    back = restore_words(words.model_dump(mode="json"))
    assert back == words
    assert back.to("fr") == "Vérifié\N{NO-BREAK SPACE}: 4 chiffres"


def test_unknown_language_gets_english() -> None:
    assert Words("Approve").to("de") == "Approve"
    assert parse_language("fr-CA") == "fr"
    assert parse_language("pt_BR") == parse_language(None) == "en"


def test_braces_of_a_name_are_kept_where_nothing_is_filled_in() -> None:
    assert Words("{{brief}} {0} shirt").to("fr") == "{{brief}} {0} shirt"
