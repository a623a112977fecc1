"""The conversation around a request, as one text.

Each message is `Name: text`, its further lines indented; a reply in a thread of a channel is
`↳ Name: text`, after the message that starts its thread. Only a line without indentation starts a
message, so nobody can forge a message of another person. A file is a line `📎 name`. The text is
untrusted: it is read as material and never followed as an instruction.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.text.normalize import collapse_spaces, straighten_apostrophes

PERSON_PLACEHOLDER = re.compile(r"Person \d+")  # stands for a name

INDENT = "  "
REPLY = "↳ "
ATTACHMENT = "📎 "  # before the name of a file, on a line of its own
TRUNCATION_MARK = "…"  # the first line when the oldest messages were left out
CHANNEL_MENTION = re.compile(
    r"\b(?:this|the|our|whole) channel\b|\b(?:ce|le|du|tout le|notre) canal\b"
    r"|(?<![\w#])#[\w-]+",
    re.IGNORECASE,
)
THREAD_MENTION = re.compile(
    r"\b(?:this|the) (?:thread|discussion|conversation)\b|\bin here\b"
    r"|\b(?:ce|le|du) fil\b|\b(?:cette|la) (?:discussion|conversation)\b",
    re.IGNORECASE,
)
POINTED_AT = re.compile(  # "sum this up", "what do they say?": the messages above, if many
    r"\b(?:sum(?:mari[sz]e)?|summari[sz]e|read|go through)\b(?: up)?(?: all)?(?: of)?"
    r" (?:this|that|these|those|it|them)\b"
    r"(?! (?:week|weekend|month|quarter|year|season|spring|summer|autumn|winter))"
    r"|\b(?:these|those) (?:messages|comments|texts|complaints|reviews|replies|people)\b|\babove\b"
    r"|\b(?:do|are|did) (?:they|these|those)\b"
    r"|\bthey(?:'re| are)? (?:all )?(?:say|complain|want|like)"
    r"|\b(?:résume|synthétise)\w*(?:[- ](?:moi|nous))? (?:tout )?(?:ça|cela|ceci|ces)\b"
    r"|\bces (?:messages|avis|commentaires|retours|plaintes|textes|gens)\b|ci-dessus|plus haut"
    r"|\b(?:disent|pensent|plaignent|veulent)[- ](?:ils|elles)\b"
    r"|\b(?:ils|elles) (?:disent|pensent|se plaignent|veulent)\b",
    re.IGNORECASE,
)
MIN_LONG_THREAD = 3  # messages
RECAP_REQUEST = re.compile(
    r"^\W*(?:please |can you |could you |peux-tu |pouvez-vous )*(?:re-?cap\w*|récap\w*|catch me up"
    r"|who does what|qui fait quoi|what (?:did|have) (?:we|they) (?:decide|agree)\w*"
    r"|qu'(?:a-t-on|avons-nous|est-ce qu'on a) décidé|on a décidé quoi|fais le point"
    r"|(?:sum(?:mari[sz]e)?(?: up)?|summari[sz]e|résume[rz]?|résumé|synthétise[rz]?|summary of"
    r"|what happened in)[- ](?:me |moi |nous |de |du )?"
    r"(?:(?:this|the|our|ce|cette|le|la|notre) (?:whole )?"
    r"(?:channel|thread|discussion|conversation|canal|fil)\b|#[\w-]+"
    r"|(?:all )?(?:this|that|it)(?: up)?(?: for (?:me|us))?(?: please)?\W*$"
    r"|(?:tout )?(?:ça|cela|ceci)(?: pour (?:moi|nous))?(?: s'il (?:te|vous) plaît)?\W*$))",
    re.IGNORECASE,
)
FOLLOW_UP = re.compile(  # "and in October?", « et pour la livraison ? »
    r"^\W*(?:and|et|but|mais|so|alors|(?:and )?(?:what|how) about|qu'en est-il|compared|par rapport"
    r"|in|en|for|pour|by|par|only|seulement|on|sur|versus|vs|about|à propos)\b",
    re.IGNORECASE,
)
NEW_QUESTION = re.compile(
    r"\b(?:how(?! about)|what(?! about)|which|who|whom|why|when|combien|quel\w*|qui|pourquoi|quand"
    r"|comment)\b",
    re.IGNORECASE,
)
ONLY_WHY = re.compile(  # "why?", « et pourquoi ? »
    r"(?:^|[\s,;])\W*(?:(?:and|et|but|mais|so|ok)\b\W*)?(?:why|pourquoi|how come"
    r"|comment ça se fait)(?: (?:so|that|is that|is it|ça|cela))?\W*$",
    re.IGNORECASE,
)
CHANNEL_NAME = re.compile(r"(?<![\w#])#([\w-]+)")
PERIOD_WORDS = (
    (re.compile(r"\btoday\b|aujourd.hui|\bthis morning\b|ce matin", re.IGNORECASE), 1),
    (re.compile(r"\byesterday\b|\bhier\b", re.IGNORECASE), 2),
    (re.compile(r"\b(?:last|past) week\b|semaine (?:dernière|passée)", re.IGNORECASE), 14),
    (re.compile(r"\bmonth\b|\bmois\b", re.IGNORECASE), 31),
)
DAYS_A_WEEK = 7  # default number of days to read of a channel


@dataclass(frozen=True)
class ThreadMessage:
    """`n` counts from 1; `who` is the author's name as Slack shows it."""

    n: int
    who: str
    text: str


def format_message(who: str, text: str, *, replies: bool = False) -> str:
    """Return one message in the form described above."""
    name = collapse_spaces(who.replace(":", " ").replace(REPLY.strip(), " ")) or "?"
    return f"{REPLY * replies}{name}: {text}".replace("\n", f"\n{INDENT}")


def parse_messages(material: str) -> list[ThreadMessage]:
    found: list[tuple[str, list[str]]] = []
    for line in material.split("\n"):
        who, colon, text = line.partition(": ")
        if line.startswith(INDENT) or not colon:
            if found:
                found[-1][1].append(line.removeprefix(INDENT))
            continue
        found.append((who.removeprefix(REPLY), [text]))
    return [ThreadMessage(n, who, "\n".join(text)) for n, (who, text) in enumerate(found, 1)]


def parse_attachment(line: str) -> str | None:
    """Return the name of the file that a line of a message stands for; None for other lines."""
    text = line.strip()
    return text.removeprefix(ATTACHMENT).strip() or None if text.startswith(ATTACHMENT) else None


def is_truncated(material: str) -> bool:
    """Whether the oldest messages were left out for lack of room."""
    return material.startswith(f"{TRUNCATION_MARK}\n")


def list_unmasked_speakers(material: str) -> Iterable[str]:
    """Return the names of the authors that are no placeholders, each once, in order."""
    speakers = dict.fromkeys(message.who for message in parse_messages(material))
    return [speaker for speaker in speakers if not PERSON_PLACEHOLDER.fullmatch(speaker)]


def wants_channel(words: str) -> bool:
    """Whether the words ask about the whole channel, not the thread."""
    return bool(CHANNEL_MENTION.search(words)) and not THREAD_MENTION.search(words)


def is_about_thread(words: str, material: str = "") -> bool:
    """Whether a question is about the messages of this thread or channel: it names one of them, or
    it points at messages ("these comments") and there are at least MIN_LONG_THREAD."""
    if THREAD_MENTION.search(words) or CHANNEL_MENTION.search(words):
        return True
    points = POINTED_AT.search(straighten_apostrophes(words))
    return bool(points) and len(parse_messages(material)) >= MIN_LONG_THREAD


def wants_recap(words: str) -> bool:
    """Whether the words ask for a recap, which names who said what."""
    return bool(RECAP_REQUEST.search(straighten_apostrophes(words)))


def asks_only_why(words: str) -> bool:
    """Whether the words ask only "why?", about the preceding answer."""
    return bool((found := ONLY_WHY.search(words)) and not words[: found.start()].strip())


def is_follow_up(words: str) -> bool:
    """Whether a question only changes the preceding one ("and in October?"), or only asks why."""
    text = straighten_apostrophes(words)
    if asks_only_why(text):
        return True
    return bool(FOLLOW_UP.search(text)) and not NEW_QUESTION.search(text)


def find_channel_name(words: str) -> str | None:
    """Return the first `#name` in the words, without the #."""
    found = CHANNEL_NAME.search(words)
    return found[1] if found else None


def count_days_back(words: str) -> int:
    """Return how many days of a channel the words ask for."""
    return next((days for shape, days in PERIOD_WORDS if shape.search(words)), DAYS_A_WEEK)
