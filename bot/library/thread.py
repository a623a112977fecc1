"""What a conversation decided, left open and promised: by the words people use, never by guess.

A sentence decides ("let's", « on part sur »), asks (it ends with a question mark, and the next
message of somebody else says nothing but questions), or promises ("I'll", « je m'en occupe »,
"Léa, can you").
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from bot.around import Message, messages
from bot.library.findings import Findings
from bot.words import Words

SENTENCE = re.compile(r"[^.!?\n…]+(?:[.!?…]+(?=\s|$)|[.!?…]+(?=\S)[^.!?\n…]*)*[.!?…]*")
DECIDES = re.compile(
    r"^(?:(?:ok(?:ay)?|so|right|great|perfect|yes|well|bon|ben|alors|donc|parfait|super|oui|allez"
    r"|voilà|très bien|du coup|bref)\b[,.! ]*)*"
    r"(?:let'?s (?!see|not|talk|discuss)"
    r"|we(?:'ll| will)? (?:go|are going) (?:with|for)|we(?:'re| are) going with"
    r"|we decided|decided\b"
    r"|we agreed|agreed\b|it'?s (?:decided|settled)|going with|final(?: answer)?:"
    r"|we'?ll (?:use|keep|launch|send|drop|start)|we (?:keep|drop|launch|start|send)\b"
    r"|on part (?:sur|avec)|on garde|on lance|on prend|on choisit|on valide|on abandonne"
    r"|on reste sur|on fait (?!quoi)|on retient|on opte pour|on décale|on annule|on arrête"
    r"|on se cale sur|gardons|lançons|retenons|validons|je valide|c'est décidé"
    r"|décidé\b|c'est (?:validé|acté|calé)|validé\b|acté\b|ok pour|d'accord pour|nous partons sur"
    r"|nous avons décidé|on a décidé|partons sur|allons-y pour)",
    re.IGNORECASE,
)
INSIDE = re.compile(
    r"\b(?:we(?:'ve| have)? decided|we(?:'ve| have)? agreed|we go with|we'll go with|on part sur"
    r"|on a décidé|c'est décidé|décision ?:|decision ?:|nous avons décidé)",
    re.IGNORECASE,
)
PROMISES = re.compile(
    r"\b(?:i'?ll\b|i will\b|i can (?:do|take|write|send|prepare|ask)|i'?m on it|on it\b|i take\b"
    r"|leave it to me|je m'en (?:occupe|charge)|je (?:prends|fais|m'occupe|vais|prépare|t'envoie"
    r"|vous envoie|relance|rédige|vérifie|regarde)\b|j'envoie|j'appelle|j'écris|je le fais"
    r"|je (?:le|la|les|vous|te) \w+(?:erai|irai|rai)\b|je \w+rai\b|j'\w+rai\b|je me charge)",
    re.IGNORECASE,
)
HANDS = re.compile(
    r"\b(?:can|could|will) you\b|\bplease\b|\b(?:peux|pourrais)-tu\b|\btu (?:peux|t'en occupes"
    r"|t'occupes|prends)\b|\b(?:pouvez|pourriez)-vous\b|\bmerci de\b|\bstp\b|\bsvp\b",
    re.IGNORECASE,
)
ORDERS = (  # what somebody is told to do: « Léa, envoie la version B », "Max, send it"
    r"(?:n'oublie[sz]? pas|pense[sz]? à|occupe[sz]?-(?:toi|vous)|(?:envoi|prépar|relanc|vérifi"
    r"|regard|rédig|appell|lanc|publi|corrig|valid|demand|partag|programm|réserv|command|cré|ajout"
    r"|supprim|retir|chang|test|planifi|contact|not|termin|boucl|post|confirm|trouv|gard|donn"
    r"|communiqu|organis|cal|bloqu|récupèr|récupér|mont)(?:e|es|ez)|envoyez|appelez|écri(?:s|vez)"
    r"|pren(?:ds|ez)|fai(?:s|tes)|me(?:ts|ttez)|transme(?:ts|ttez)|répon(?:ds|dez)|fini(?:s|ssez)"
    r"|don't forget|make sure|send|prepare|check|write|call|book|ask|draft|post|publish|fix"
    r"|schedule|update|share|set up|add|remove|test|confirm|finish|chase|order|tell|remind|review)"
    r"(?![\w'])"
)
NEEDED = re.compile(
    r"\b(?:il (?:faut|faudra|faudrait)|(?<!ne )faut (?:que|qu'on)|on doit|nous devons|reste à"
    r"|we (?:need|have) to|we must|(?:someone|somebody) (?:should|needs? to|has to|must))\b"
    r"(?! pas\b)(?! \w+ (?:pas|jamais)\b)",
    re.IGNORECASE,
)
NOBODY = Words("nobody yet")
NOT = re.compile(
    r"\b(?:if|unless|maybe|perhaps|not sure|si|peut-être|pas sûre?|don'?t think|won'?t|will not)\b",
    re.IGNORECASE,
)
FEW = 3  # words below which a sentence decides nothing by itself: "Agreed."
MOST = 12  # of a sort, the latest
LONG = 300  # letters of a quotation


def find(material: str, today: date) -> Findings:
    """Facts: thread.all.messages and .people; thread.decided-<n>.words, thread.open-<n>.words,
    thread.todo-<n>.words, each letter for letter, about who said it or has to do it; and
    thread.all.decisions, .questions, .tasks."""
    found = Findings("thread", "this conversation", today)
    said = messages(material)
    if not said:
        found.refuse(Words("There is nothing to read here. Ask me inside a thread, or for the "
                           "channel you ask in, once I am invited into it."))  # fmt: skip
        return found
    found.add("all", "messages", len(said), rows=len(said))
    found.add("all", "people", len({message.who for message in said}), rows=len(said))
    names = sorted({message.who for message in said}, key=len, reverse=True)
    sorts = {
        "decided": ("decisions", list(_decided(said))),
        "open": ("questions", list(_open(said))),
        "todo": ("tasks", list(_todo(said, names))),
    }
    for name, (plural, every) in sorts.items():
        latest = every[-MOST:]
        for n, (message, about, words) in enumerate(latest, 1):
            source = f"{message.who}, message {message.n}"
            found.add(f"{name}-{n}", "words", words, about=about, rows=1, source=source)
        if every:
            found.add("all", plural, len(latest), rows=len(said))
    return found


Picked = tuple[Message, str, str]  # the message, whom it concerns, its sentence


def sentences(text: str) -> list[str]:
    """Letter for letter, without the spaces around."""
    return [one[0].strip() for one in SENTENCE.finditer(text) if len(one[0].strip()) > 1]


def straight(text: str) -> str:
    """With the apostrophes that patterns have."""
    return text.replace("’", "'")


def _decided(said: Sequence[Message]) -> Iterator[Picked]:
    for message in said:
        for one in sentences(message.text):
            said_so = straight(one)
            decides = DECIDES.search(said_so) or INSIDE.search(said_so)
            whole = len(one.split()) >= FEW and len(one) <= LONG
            if decides and whole and not one.endswith("?") and not NOT.search(one):
                yield message, message.who, one


def _open(said: Sequence[Message]) -> Iterator[Picked]:
    for at, message in enumerate(said):
        for one in sentences(message.text):
            asks = one.endswith("?") and len(one.split()) > 2 and len(one) <= LONG
            if asks and not HANDS.search(one) and not _is_answered(said, at):
                yield message, message.who, one


def _is_answered(said: Sequence[Message], at: int) -> bool:
    """Whether the next message of somebody else says anything that is no question itself."""
    after = [other for other in said[at + 1 :] if other.who != said[at].who][:1]
    return any(not one.endswith("?") for other in after for one in sentences(other.text))


def _todo(said: Sequence[Message], names: Sequence[str]) -> Iterator[Picked]:
    """What somebody promised, was asked or told to do; and what must be done by nobody named."""
    for message in said:
        for one in sentences(message.text):
            if len(one) > LONG or (NOT.search(one) and not HANDS.search(one)):
                continue
            words, told = straight(one), _told(straight(one), names, message.who)
            if told:
                yield message, told, one
            elif HANDS.search(words) and (named := _named(one, names, message.who)):
                yield message, named, one
            elif PROMISES.search(words) and not one.endswith("?"):
                yield message, message.who, one
            elif NEEDED.search(words) and not one.endswith("?"):
                yield message, _named(one, names, message.who) or NOBODY.text, one


def _told(sentence: str, names: Sequence[str], speaker: str) -> str | None:
    """Whose name stands beside an order: "Léa, send it", « Envoie-la demain, Léa »."""
    if sentence.endswith("?"):
        return None
    for name in names:
        first = re.escape(name.split()[0])
        before = rf"^@?{first}(?: \w+)?\s*[,:!–-]?\s*(?:stp|svp|please)?,?\s*{ORDERS}"
        after = rf"^{ORDERS}.*,\s*@?{first}\W*$"
        if name != speaker and re.search(f"{before}|{after}", sentence, re.IGNORECASE):
            return name
    return None


def _named(sentence: str, names: Sequence[str], speaker: str) -> str | None:
    """Who is asked to do it: a name of the conversation, whole or the first part of it."""
    for name in names:
        first = name.split()[0]
        if name != speaker and re.search(rf"(?<!\w){re.escape(first)}(?!\w)", sentence, re.I):
            return name
    return None
