"""Codes of languages and countries in a message: "email FR:", "EN UK"."""

import re
from collections.abc import Callable

from bot.i18n.countries import list_named_countries
from bot.i18n.languages import LANGUAGES

JOINTS = ("+", "&", "/", ",", "and", "et")
# Among words in capitals it may be another word: « EN SOLDES ».
_CODE = re.compile(r"(?<![\w'-])(?P<code>[A-Za-z]{2})(?![\w'-])(?!\s+[A-ZÀ-Þ]{3})(?P<colon>\s*:)?")


def take_codes(words: str, ends_with_channel: Callable[[str], bool]) -> tuple[str, list[str]]:
    """Return the words without the codes that stand behind a channel's name or before a colon, and
    the codes of each text: "EN UK" is one, "FR + UK" are two. In small letters, where it may be
    another word, a code stands in both places; that of a language in capitals stands anywhere."""
    texts, left, end = list[str](), "", 0
    for match in _CODE.finditer(words):
        code, gap = match["code"], words[end : match.start()].split()
        is_next = bool(texts) and {*gap} <= {*JOINTS}
        follows = is_next or ends_with_channel(words[: match.start()])
        is_written = code.isupper() and not words.isupper()
        is_language = code.lower() in LANGUAGES
        is_known = is_language or bool(list_named_countries(code.upper()))
        signs = (follows, is_written, is_written and is_language, bool(match["colon"]))
        if not is_known or sum(signs) < 2:
            continue
        left += "" if is_next else words[end : match.start()]
        if gap or not is_next:
            texts.append("")
        texts[-1] = f"{texts[-1]} {code.upper()}".strip()
        end = match.end("code")
    return left + words[end:], texts
