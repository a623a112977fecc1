"""Who does what: promised, asked of somebody, told to somebody, or still nobody's."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.i18n.messages import Words
from bot.rules.library.talk.answering import Asked
from bot.rules.library.talk.asked import A_PERSON, HANDS
from bot.rules.library.talk.said import Sentence, first_names, stems

NOBODY = Words("nobody yet")
JE = (
    r"(?:prends|fais|m'occupe|m'en occupe|me charge|m'en charge|prépare|envoie|relance|rédige"
    r"|vérifie|regarde|préviens|appelle|écris|change|contacte|demande|vois (?:avec|ça)|réserve"
    r"|commande|crée|ajoute|mets|publie|corrige|partage|planifie|gère|poste|termine|boucle"
    r"|transmets|règle|cherche|trouve|lance|monte|organise|récupère|paie|signe|traduis|teste"
    r"|vais (?!bien|mieux|pas\b|être|voir si))"
)
PROMISES = re.compile(
    r"\b(?:(?:i'?ll|i will)(?! (?:never|be|see|have|miss|take (?:that|it) as|admit|say)\b)\b"
    r"|i can (?:do|take|write|send|prepare|ask|call|check|look)|i'?m on it|i take\b|leave it to me"
    rf"|je (?:le |la |les |l'|te |vous |lui |leur )*{JE}\b"
    r"|j'(?:envoie|appelle|écris|ajoute|organise)"
    r"|je (?:le|la|les|vous|te|lui|leur) \w+(?:erai|irai|rai)\b"
    r"|je (?!ser|aur|pourr|saur|verr|voudr|dev)\w+rai\b|j'(?!aurai)\w+rai\b)",
    re.IGNORECASE,
)
TAKES_IT = re.compile(  # says yes, and says not to what
    r"^\W*(?:on it|will do|i'?ll do (?:it|that)|i can(?: do (?:it|that))?|sure|yep"
    r"|yes|yeah|ok(?:ay)?|no problem|of course|with pleasure|me\b|i will|i'?m on it"
    r"|oui|ouais|ça marche|d'accord|pas de (?:souci|problème)|je m'en (?:charge|occupe)"
    r"|je le fais|je (?:la|les|le) \w+|moi\b|ja\b|mache ich"
    r"|bien sûr|avec plaisir|c'est noté|noté)",
    re.IGNORECASE,
)
VAGUE = re.compile(
    r"\b(?:it|that|this|them|on it|will do|ça|cela|m'en|moi|je (?:la|le|les))\b|^\W*(?:yes|yep|yeah"
    r"|ok|oui|sure|ja)\b",
    re.IGNORECASE,
)
ORDERS = (  # what somebody is told to do: « Léa, envoie la version B », "Max, send it"
    r"(?:n'oublie[sz]? pas|pense[sz]? à|occupe[sz]?-(?:toi|vous)|(?:envoi|prépar|relanc|vérifi"
    r"|regard|rédig|appell|lanc|publi|corrig|valid|demand|partag|programm|réserv|command|cré|ajout"
    r"|supprim|retir|chang|test|planifi|contact|not|termin|boucl|post|confirm|trouv|gard|donn"
    r"|communiqu|organis|cal|bloqu|récupèr|récupér|mont)(?:e|es|ez)|envoyez|appelez|écri(?:s|vez)"
    r"|pren(?:ds|ez)|fai(?:s|tes)|me(?:ts|ttez)|transme(?:ts|ttez)|répon(?:ds|dez)|fini(?:s|ssez)"
    r"|don't forget|make sure|send|prepare|check|write|call|book|ask|draft|post|publish|fix"
    r"|schedule|update|share|set up|add|remove|test|confirm|finish|chase|order|tell|remind|review"
    r"|brief)(?![\w'])"
)
DOES = (  # "Priya does 10", « Max s'occupe de l'agence »
    r"(?:does|takes|handles|will|to|writes|sends|books|prepares|calls|chases|owns"
    r"|is (?:doing|taking|writing|handling|sending|on)|s'occupe|se charge|prend|fait|va|gère"
    r"|prépare|envoie|voit|relance|appelle|rédige|vérifie|publie|tu \w+)(?![\w'])"
)
NEEDED = re.compile(
    r"\b(?:il (?:faut|faudra|faudrait)|(?<!ne )faut (?:que|qu'on)|on doit|nous devons|reste à"
    r"|we (?:need|have) to|we must|(?:someone|somebody) (?:should|needs? to|has to|must))\b"
    r"(?! pas\b)(?! \w+ (?:pas|jamais)\b)",
    re.IGNORECASE,
)
NOT = re.compile(
    r"\b(?:if|unless|maybe|perhaps|not sure|si|peut-être|pas sûre?|don'?t think|won'?t|will not"
    r"|not going to|can'?t|ne \w+ pas|rather not)\b",
    re.IGNORECASE,
)
DONE = re.compile(
    r"\b(?:done|fixed|sent|booked|finished|shipped|posted|updated|solved|sorted|ordered|signed"
    r"|fait|envoyée?s?|réglée?s?|corrigée?s?|réservée?s?|bouclée?s?|publiée?s?|terminée?s?"
    r"|relancée?s?|prévenue?s?|commandée?s?|signée?s?|mise?s? à jour)\b",
    re.IGNORECASE,
)
NAME = r"[A-ZÀ-Ý][\w'-]+(?: [A-ZÀ-Ý][\w'-]+)?"
LISTED = re.compile(rf"@({NAME})|({NAME}) ?[:–—]")  # "@Tom Okafor update it", "Max: brief them"
CLAUSE = re.compile(r"[,;]| but | mais | – | — ")
LONG, BACK, BARE = 300, 4, 3  # letters; messages back to what is said yes to; words


@dataclass
class Task:
    """`since` is what was said to it: that somebody takes it, or that it is done."""

    sentence: Sentence
    who: str
    words: str
    since: str = ""


def tasks(said: Sequence[Sentence], asked: Sequence[Asked] = ()) -> list[Task]:
    """In the order first spoken of, each once. What answers a question that was `asked` takes no
    other task; nor does what may as well belong to another."""
    spoken_for = {one.reply: None if one.unclear else one.sentence for one in asked if one.reply}
    names = first_names([one.message for one in said])
    found: list[Task] = []
    waiting: list[Task] = []  # asked of somebody, or of anybody, and not yet taken
    took: Task | None = None  # what the sentence before said yes to
    for one in said:
        if _closes(found, one) or len(one.text) > LONG:
            continue
        if took and _goes_on(took, one):
            took.since, took = one.message.text, None
            continue
        if took := _taken(waiting, one, spoken_for):
            if took not in found:
                found.append(took)
            continue
        for task in _given(one, names):
            if task.who:
                found.append(task)
            waiting.append(task)
    for task in waiting:
        if not task.who and re.search(r"\b(?:some|any) ?(?:one|body)\b|\bquelqu'un\b", task.words):
            task.who = NOBODY.text
            found.append(task)
    return sorted(found, key=lambda task: task.sentence.message.n)


def _given(one: Sentence, names: Mapping[str, str]) -> Iterator[Task]:
    """What this sentence gives somebody to do; to nobody named: who is "" until somebody takes
    it."""
    text, who = one.plain, one.message.who
    if one.section:
        if one.section == "todo":
            yield Task(one, _listed(text, names) or NOBODY.text, one.text)
        return
    if told := _told(text, names, who):
        yield from (Task(one, name, one.text) for name in told)
    elif HANDS.search(text):
        named = _named(text, names, who) or (
            _named(one.message.text, names, who) if not one.asks else None
        )
        if named or one.asks:
            yield Task(one, named or "", one.text)
    elif one.asks:
        named = _named(text, names, who)
        if A_PERSON.search(text) or (named and one.words <= BARE):
            yield Task(one, "", one.message.text if one.words <= BARE else one.text)
    elif any(PROMISES.search(c) and not NOT.search(c) for c in CLAUSE.split(text)):
        yield Task(one, who, one.text)
    elif NEEDED.search(text) and not NOT.search(text):
        yield Task(one, _named(text, names, who) or NOBODY.text, one.text)


def _taken(
    waiting: list[Task], one: Sentence, spoken_for: Mapping[Sentence, Sentence | None]
) -> Task | None:
    """What somebody says yes to here; it is theirs from now on."""
    if one.asks or one.section or NOT.search(one.plain):
        return None
    yes = TAKES_IT.search(one.plain) or PROMISES.search(one.plain)
    vague = VAGUE.search(one.plain) or one.words <= BARE
    for task in reversed(waiting):
        near = 0 < one.message.n - task.sentence.message.n <= BACK
        free = task.who in ("", one.message.who, NOBODY.text) and not task.since
        mine = task.sentence.message.who == one.message.who
        if not one.message.hears(task.sentence.message):
            continue
        if spoken_for.get(one, task.sentence) != task.sentence:
            continue
        if near and free and not mine and yes and (vague or _wants_who(task)):
            if NEEDED.search(task.sentence.plain) and not PROMISES.search(one.plain):
                continue
            task.who, task.since = one.message.who, one.text
            return task
    return None


def _goes_on(took: Task, one: Sentence) -> bool:
    """Whether the same breath says more of it: « Moi. Je la prépare pour lundi. »"""
    words = one.message.text
    begins = words.startswith(took.since) and one.message.who == took.who
    return begins and len(words) <= LONG and bool(PROMISES.search(one.plain))


def _wants_who(task: Task) -> bool:
    return bool(A_PERSON.search(task.sentence.plain))


def _closes(found: Sequence[Task], one: Sentence) -> bool:
    """Whether it tells that something is done, by who had to."""
    if one.asks or one.section or not DONE.search(one.plain):
        return False
    mine = [task for task in found if task.who == one.message.who]
    about = stems(one.text)
    same = [task for task in mine if stems(task.words) & about]
    for task in (same or (mine if one.words <= BARE else []))[-1:]:
        task.since = one.message.text
        return True
    return False


def _told(text: str, names: Mapping[str, str], speaker: str) -> list[str]:
    """Whose names stand beside an order or what they do: "Léa, send it", "Priya does 10"."""
    found = []
    for name, short in names.items():
        first = rf"@?(?:{re.escape(name)}|{re.escape(short)})"
        shapes: tuple[str, ...] = (
            rf"^{first}(?: \w+)?\s*[,:!–-]?\s*(?:stp|svp|please)?,?\s*{ORDERS}",
            rf"^{ORDERS}.*,\s*{first}\W*$",
            rf"(?:^|[,.;:!] ?(?:and |et )?|\b(?:and|et|so|donc) ){first},? {DOES}",
        )
        if text.endswith("?"):
            shapes = (rf"(?:^|[,.;:!] ?){first},? tu \w+",)
        if name != speaker and any(re.search(shape, text, re.IGNORECASE) for shape in shapes):
            found.append(name)
    return sorted(found, key=lambda name: text.find(names[name]))


def _named(text: str, names: Mapping[str, str], speaker: str) -> str | None:
    """Who is asked to do it: a name of the conversation, whole or the first part of it."""
    for name, short in names.items():
        shape = rf"(?<!\w){re.escape(short)}(?!\w)"
        if name != speaker and re.search(shape, text, re.IGNORECASE):
            return name
    return None


def _listed(text: str, names: Mapping[str, str]) -> str | None:
    """Whose a line of a list is: of somebody who speaks here, or whom it begins with."""
    begins = LISTED.match(text)
    return _named(text, names, "") or (begins and (begins[1] or begins[2])) or None
