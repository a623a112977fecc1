"""Finds names after words that introduce them: titles, labels, greetings, signatures."""

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import NamedTuple

from bot.i18n.countries import parse_country_code
from bot.privacy.names import could_be_name, is_given_name, is_somebody
from bot.text.normalize import normalize_text, word_set

_MAX_CUE_LENGTH = 80
MASK_CHARACTER = "\ue000"  # replaces each character of a span that was found before

_W = r"[A-ZÀ-ÖØ-Þ][^\W\d_]{0,24}(?:['-][^\W\d_]{1,24}){0,3}"
_ANY = r"[^\W\d_]{2,24}(?:['-][^\W\d_]{1,24}){0,3}"
_JOIN = (
    r"(?:(?:de la|de|du|des|van der|van den|van|von|der|da|dos|do|del|le|la|el|bin|ben|al) |"
    r"d'|o')?"
)
_INITIAL = r"[A-ZÀ-Þ]\."
_FULL = rf"(?:{_INITIAL} ?){{0,2}}(?i:{_JOIN}){_W}(?: (?:{_INITIAL}|(?i:{_JOIN}){_W})){{0,3}}"
_TWO = rf"(?:{_INITIAL} ?{_W}|{_W} (?:{_INITIAL}(?!\w)|(?i:{_JOIN}){_W}))(?: {_W})?"
_TITLE = (
    r"(?:M\.|MM\.|Mmes?\.?|Mlles?\.?|Monsieur|Mademoiselle|Madame|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|"
    r"Docteur|Doctor|Prof\.?|Pr\.|Ma[îi]tre|Sr\.|Sra\.|Senhora?|Señora?|Herr|Frau|"
    r"(?i:mme|mlle|mr|mrs))"
)


class _Rule(NamedTuple):
    """`words`: normalized words of which a text must contain one for the pattern to be tried;
    `mark`: a shorter pattern likewise, if any; the whole begins at most _MAX_CUE_LENGTH before it.
    `sure`: the cue alone makes any word a name; otherwise each word must pass `could_be_name`."""

    words: frozenset[str]
    pattern: str
    sure: bool = False
    mark: re.Pattern[str] | None = None

    @property
    def shape(self) -> re.Pattern[str]:
        return compile_pattern(self.pattern)


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile when a text first needs the pattern, since most commands need none."""
    return re.compile(pattern)


def _build_rule(words: str, shape: str, sure: bool = False, mark: str = "") -> _Rule:
    return _Rule(frozenset(words.split()), shape, sure, re.compile(mark) if mark else None)


_CLOSINGS = (
    r"(?:(?:bien )?cordialement|cdlt|cdt|sinc[èe]rement|respectueusement|bises|bisous|all the "
    r"best|take care|love|xx+|bien (?:à vous|cordialement)|(?:mes )?sinc[èe]res salutations|"
    r"salutations(?: distinguées)?|amicalement|belle journ[ée]e|bonne (?:journ[ée]e|soir[ée]e)|"
    r"à bient[ôo]t|"
    r"(?:avec |par )?avance|retour|"
    r"(?:kind(?:est)? |best |warm(?:est)? )?regards|(?:best|warm|kind) wishes|wishes|sincerely|"
    r"yours(?: truly| sincerely| faithfully)?|cheers|(?:many )?thanks(?: in advance)?|thank you|"
    r"best|"
    r"merci(?: beaucoup)?|obrigad[oa]|atenciosamente|cumprimentos|(?:un )?saludos?|gracias|"
    r"atentamente|mit freundlichen gr[üu](?:ß|ss)en|(?:viele )?gr[üu](?:ß|ss)en?|lg)"
)
_CLOSING_WORDS = (
    "cordialement cdlt cdt sincerement respectueusement bises bisous care love xx xxx vous "
    "salutations amicalement journee soiree bientot avance retour regards "
    "wishes sincerely yours cheers thanks thank best merci obrigado obrigada atenciosamente "
    "cumprimentos saludo saludos gracias atentamente grussen grusse gruße grußen lg gruss"
)
_RULES = (
    # "my name is john": the cue is certain enough for a name in lower case
    _build_rule(
        "appelle nom name nome nombre chamo llamo heiße heisse chiamo",
        rf"\b(?i:je m'appelle|mon nom est|my name is|my name's|(?:o )?meu nome é|(?:eu )?me chamo|"
        rf"chamo-me|me llamo|mi nombre es|ich heiße|ich heisse|mein name ist|mi chiamo) "
        rf"(?P<name>{_FULL}|(?!not\b|pas\b){_ANY})",
        sure=True,
    ),
    # "I'm Marie Dupont": a less certain cue, so at least two capitalized words
    _build_rule(
        "suis est m am",
        rf"\b(?i:je suis|(?:moi )?c'est|i'm|i am)(?i: (?:M\.|Mme|Mr|Mrs|Ms))? (?P<name>{_TWO})",
        mark=r"[stmSTM] (?:[A-ZÀ-Þ]|m(?:\.|me|r|s))",
    ),
    _build_rule(
        "m mm mme mmes mlle mlles monsieur mademoiselle madame mr mrs ms miss dr docteur doctor "
        "prof "
        "pr maitre sr sra senhor senhora señor señora senor senora herr frau",
        rf"(?<![\w.])(?P<title>{_TITLE}) (?P<name>{_FULL}|(?<=(?i:mme) ){_ANY}|(?<=(?i:mlle) "
        rf"){_ANY}|"
        rf"(?<=(?i:mrs) ){_ANY}|(?<=(?i:mr) ){_ANY})",
    ),
    # prénom : marie, first name: priya
    _build_rule(
        "prenom first last surname family famille apelido apellido vorname nachname given forename",
        rf"\b(?i:prénoms?|prenom|first ?name|given ?name|forename|last ?name|surname|family ?name|"
        rf"nom de famille|apelido|apellidos?|vorname|nachname) ?[:=] ?"
        rf"(?P<name>{_FULL}|{_ANY})(?!\w| {_ANY} ?[:=])",
        sure=True,
        mark="[:=]",
    ),
    # nom: dupont, prénom: marie
    _build_rule(
        "nom name",
        rf"\b(?i:nom|name) ?[:=] ?(?P<name>{_FULL}|{_ANY})"
        rf"(?=[ ,;/|\n]{{1,4}}(?i:pr[ée]noms?|first ?name|given ?name|forename|surname|last "
        rf"?name)\b)",
        sure=True,
    ),
    # nom garnier prénom élodie
    _build_rule(
        "prenom",
        rf"\b(?i:nom) ?[:=]? ?(?P<name>{_ANY}[ ,;/]{{1,3}}(?i:pr[ée]nom) ?[:=]? ?{_ANY})",
        sure=True,
    ),
    # name: dupont, marie
    _build_rule(
        "nom name client cliente customer",
        rf"(?<!du )(?<!product )(?<!de )\b(?i:nom|name|cliente?|customer) ?[:=] ?"
        rf"(?P<name>{_ANY}, ?{_ANY})(?= ?(?:[.;\n)]|$))",
    ),
    _build_rule(
        "client cliente customer nom name nome nombre kunde kundin signe signed avis review posted "
        "ecrit written destinataire recipient contact attn attention expediteur sender",
        rf"(?<!product )(?<!brand )\b(?i:cliente?|customer(?: name)?|nom(?: complet)?|(?:full "
        rf")?name|nome|nombre|kunde|kundin|"
        rf"signé|signed|avis de|review by|posted by|écrit par|written by|destinataire|recipient|"
        rf"contact|attn|attention|expéditeur|sender) ?[:=] ?(?:{_TITLE} )?(?P<name>{_TWO})",
        mark="[:=]",
    ),
    _build_rule(
        _CLOSING_WORDS,
        rf"\b(?i:{_CLOSINGS}) ?[,.!]* ?\n{{1,3}}[ \t]*(?:- ?)?(?P<title>{_TITLE} "
        rf")?(?P<name>{_FULL})"
        rf"(?=[ .,!]*(?:\n|$|[(,;{MASK_CHARACTER}]))",
        mark="\n",
    ),
    _build_rule(
        "cordialement cdlt cdt vous regards wishes sincerely atenciosamente saludos obrigado "
        "obrigada grussen grußen",
        rf"\b(?i:cordialement|cdlt|cdt|bien à vous|regards|best wishes|sincerely|atenciosamente|"
        rf"saludos|"
        rf"obrigad[oa]|mit freundlichen gr[üu](?:ß|ss)en),? (?P<title>{_TITLE} )?(?P<name>{_FULL})"
        rf"(?=[ .!]*(?:$|\n))",
    ),
)
# "— Marie D." at the end of a text; elsewhere, "taille M." looks the same
_DASHED = re.compile(
    rf"(?:(?<!\w)-{{1,2}} ?|\()(?P<name>{_W} (?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ]{{2,}}|(?<=\w "
    rf"){_W}))(?=[ ]*(?:\)|\n|$))"
)
_SIZED = re.compile(
    r"(?i:\b(?:taille|tailles|size|sizes|longueur|en|du|un|une|a|an|in|coupe|the|cup|bonnet)) $"
)
_PARTICLES = word_set("de du des la le les van von der den da dos do del el et and d o bin ben al")
# A name as the last line, and the last line of a letter, which may be a first name alone.
_SIGNED = re.compile(
    rf"\n[ \t]*(?:- ?)?(?:{_TITLE} )?(?P<name>{_TWO}(?: {_W})?)"
    rf"(?P<more>(?:[ ,;:(-]*{MASK_CHARACTER}++\)?|[ ,]*\([^()\n]{{1,40}}\))*)[ .,!]*\s*$"
)
_LETTER = re.compile(
    r"(?i)\s*(?:bonjour|bonsoir|hello|hi|hey|dear|good (?:morning|evening)|madame|monsieur|ol[áa]|"
    r"hola|coucou)\b"
)
_LETTER_END = re.compile(rf"\n[ \t]*(?:- ?)?(?P<name>{_W})[ .,!]*\s*$")
_TAIL = 200  # characters at the end of a text that are searched for a signature


def find_cued_names(
    text: str, words: Collection[str], own: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Yield start and end of names that a word introduces or that sign the text. `words` are the
    text's normalized words; for `own` see `build_own_words`."""
    cues = _list_cues().intersection(words)
    for rule in _RULES:
        if rule.words.isdisjoint(cues):
            continue
        begin = 0
        if rule.mark:
            if not (mark := rule.mark.search(text)):
                continue
            begin = max(0, mark.start() - _MAX_CUE_LENGTH)
        shape, sure = rule.shape, rule.sure
        for found in shape.finditer(text, begin):
            if "title" in shape.groupindex and not _is_title(found):
                continue
            if span := _trim_name(found, own, sure):
                yield span
    if "-" in text or "(" in text:
        for found in _DASHED.finditer(text):
            is_country = parse_country_code(found["name"])  # "orders (United Kingdom)"
            if not is_country and (span := _trim_name(found, own)):
                yield span
    if "\n" in text:
        yield from _find_signature(text, own)


@cache
def _list_cues() -> frozenset[str]:
    return frozenset(word for rule in _RULES for word in rule.words)


def _is_title(found: re.Match[str]) -> bool:
    """Whether the title is one: not in "Taille M. Longueur", and not in "Mr Propre"."""
    if not is_somebody(found["name"]):
        return False
    before = found.string[max(0, found.start() - 12) : found.start()]
    return not ((found["title"] or "").strip() in ("M.", "MM.") and _SIZED.search(before))


def _find_signature(text: str, own: Collection[str]) -> Iterator[tuple[int, int]]:
    begin = max(0, len(text.rstrip()) - _TAIL)
    tail = text[begin:]
    shapes = [_SIGNED, _LETTER_END] if _LETTER.match(text) else [_SIGNED]
    for shape in shapes:
        if (found := shape.search(tail)) and (span := _trim_name(found, own)):
            yield begin + span[0], begin + span[1]
            return


def _trim_name(
    found: re.Match[str], own: Collection[str], sure: bool = False
) -> tuple[int, int] | None:
    """Return the span of the name without the words after it that can't belong to it, or None."""
    start, _ = found.span("name")
    pieces = list(re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*\.?", found["name"]))
    if sure:
        kept = pieces
        while len(kept) > 1 and not could_be_name(kept[-1][0], own):
            kept = kept[:-1]
        return (start, start + len(found["name"][: kept[-1].end()].rstrip("."))) if kept else None
    titled = "title" in found.re.groupindex
    kept = []
    for piece in pieces:
        particle = (kept or titled) and normalize_text(piece[0]) in _PARTICLES
        if not particle and not could_be_name(piece[0], own, titled=titled):
            break
        kept.append(piece)
    while kept and normalize_text(kept[-1][0]) in _PARTICLES:
        kept.pop()
    if not kept:
        return None
    # "Longueur L" is not a name: where the pattern asks for two words, two must remain
    short = len(kept) == 1 < len(pieces)
    if short and not titled and not is_given_name(kept[0][0]):
        return None
    return start, start + len(found["name"][: kept[-1].end()].rstrip("."))
