"""French typography: non-breaking spaces, tu or vous; and conversion to SMS characters."""

import re

from bot.text.gsm7 import is_gsm7

NBSP = "\u00a0"
_FORMS = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
_BEFORE = re.compile(r"[ \u00a0\u202f]*([;:!?»%€])(?=[\s.,)»\u00a0]|$)")
_MONEY = re.compile(r"(?<=\d)[ \u00a0\u202f]?([€%])")

# Spellings without circumflex (the reform of 1990 allows it), or at worst without an accent.
_UNACCENTED = str.maketrans(
    "âêîôûëïçÂÊÎÔÛËÏÇÀÈ’‘–—…«»\u00a0\u202f", "aeioueicAEIOUEICAE''--." + '""  '
)


def choose_address_form(text: str, address: str) -> str:
    """Choose the brand's form of address: `<votre|ta>` → `votre` for "vous"."""
    return _FORMS.sub(lambda m: m[1] if address == "vous" else m[2], text)


def insert_nbsp(text: str) -> str:
    """Put non-breaking spaces before : ; ! ? % € and inside guillemets."""
    text = re.sub(r"«\s*", "«" + NBSP, text)
    text = re.sub(r"\s*»", NBSP + "»", text)
    text = _MONEY.sub(NBSP + r"\1", text)
    return re.sub(r"(?<!https)(?<!http)[ \u00a0\u202f]*([;:!?])(?=\s|$)", NBSP + r"\1", text)


def convert_to_gsm7(text: str) -> str:
    """Replace characters that would make an SMS twice as expensive: see `bot.text.gsm7`."""
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("…", "...")
    text = text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
    if is_gsm7(text):
        return text
    return "".join(c if is_gsm7(c) else c.translate(_UNACCENTED) for c in text)
