"""Languages and countries in a message, by code or by name: "email FR:", "EN UK", "in German"."""

import re
from collections.abc import Callable
from functools import cache

from bot.i18n.countries import list_named_countries
from bot.i18n.messages import LANGUAGES, Language
from bot.text.normalize import normalize_text

JOINTS = ("+", "&", "/", ",", "and", "et")
# Among words in capitals it may be another word: « EN SOLDES ».
_CODE = re.compile(r"(?<![\w'-])(?P<code>[A-Za-z]{2})(?![\w'-])(?!\s+[A-ZÀ-Þ]{3})(?P<colon>\s*:)?")
_NAMED = re.compile(r"\b(?:in|en)\s+(?P<name>[^\W\d_]{3,})")
_ENDS = "()[],;:–—-"  # what may stand around a code of its own


def take_codes(words: str, ends_with_channel: Callable[[str], bool]) -> tuple[str, list[str]]:
    """Return the words without the codes that stand behind a channel's name or before a colon, and
    the codes of each text: "EN UK" is one, "FR + UK" are two. In small letters, where it may be
    another word, a code stands in both places; in capitals that of a language stands anywhere, and
    that of a country between commas as well."""
    texts, left, end = list[str](), "", 0
    for match in _CODE.finditer(words):
        code, gap = match["code"], words[end : match.start()].split()
        is_next = bool(texts) and {*gap} <= {*JOINTS}
        follows = is_next or ends_with_channel(words[: match.start()])
        is_written = code.isupper() and not words.isupper()
        is_language = code.lower() in LANGUAGES
        before, after = words[end : match.start()].rstrip(), words[match.end("code") :].lstrip()
        is_alone = before[-1:] in _ENDS and after[:1] in _ENDS  # in none at an end of the words
        is_known = is_language or bool(list_named_countries(code.upper()))
        stands = is_written and (is_language or is_alone)
        signs = (follows, is_written, stands, bool(match["colon"]))
        if not is_known or sum(signs) < 2:
            continue
        left += "" if is_next else words[end : match.start()]
        if gap or not is_next:
            texts.append("")
        texts[-1] = f"{texts[-1]} {code.upper()}".strip()
        end = match.end("code")
    return left + words[end:], texts


def find_unwritten_language(words: str) -> str | None:
    """Return the name, in the message, of a language that texts are not written in: "German" of "a
    mail in German"."""
    for match in _NAMED.finditer(words):
        code = _load_names().get(normalize_text(match["name"]))
        if code is not None and code not in LANGUAGES:
            return match["name"]
    return None


@cache
def _load_names() -> dict[str, str]:
    from babel import Locale

    screens = [Locale.parse(one).languages.items() for one in LANGUAGES]
    named = ((normalize_text(name), code) for names in screens for code, name in names)
    return {name: code for name, code in named if len(code) == 2}


def find_spoken_language(country: str) -> Language | None:
    """Return the first official language of a country ("GB") that texts are written in."""
    from babel.languages import get_official_languages

    return next((one for one in LANGUAGES if one in get_official_languages(country)), None)
