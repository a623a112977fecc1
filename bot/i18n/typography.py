"""French typography: elision, non-breaking spaces, tu or vous; and the alphabet of SMS."""

import re

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_DOUBLE = frozenset("^{}\\[]~|€\f")


def is_gsm7(text: str) -> bool:
    return all(c in GSM7 or c in GSM7_DOUBLE for c in text)


# French typography: non-breaking spaces, tu or vous; and conversion to SMS characters.

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
    return re.sub(r"(?<!https)(?<!http)[ \u00a0\u202f]*([;:!?]+)(?=\s|$)", NBSP + r"\1", text)


def convert_to_gsm7(text: str) -> str:
    """Replace characters that would make an SMS twice as expensive: see `bot.i18n.typography`."""
    text = text.replace("œ", "oe").replace("Œ", "Oe").replace("…", "...")
    text = text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
    if is_gsm7(text):
        return text
    return "".join(c if is_gsm7(c) else c.translate(_UNACCENTED) for c in text)
