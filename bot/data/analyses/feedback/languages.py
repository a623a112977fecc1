"""The language of each feedback text: its column's, else the one that its words are known by."""

from collections import Counter
from collections.abc import Sequence

from bot.data.analyses.feedback.tokens import tokenize_words
from bot.text.language import detect_language

UNKNOWN_LANGUAGE = "unknown"
MIN_MAJORITY_SHARE = (
    # when this share of the clearly detected texts has one language, short unclear texts get it too
    0.9
)
MAX_SHORT_TEXT_WORDS = 5  # unclear texts of at most this length get the majority language

# Filler words, which say nothing about a text's subject and are not counted.
_FILLER = (
    "cordialement bonsoir bientot journee madame monsieur bonne belle avance equipe hello votre "
    "vos nos notre leur cela comme chez ces cet son ses leurs tout tous toute toutes meme "
    "encore deja etre etait sont ont avoir avez avons fait font peut peu aussi alors donc car "
    "sans sous entre quand depuis apres avant ete suis juste par fois dear regards kind many "
    "wishes hi there been has had did does their them your our his her she him who which could "
    "would should than then into out off about more most some any only also even because after "
    "before its dont didnt really very little bit way make made one two get got going time "
    "still though back much well see know think pelo pela pelos isso esse essa este esta seu "
    "sua ser sido tem ter tinha fui era sao estou muita minhas meus pois porque como mesmo "
    "quando depois agora aqui tudo cada outro outra apenas bom dia boa tarde noite "
)
FILLER_WORDS = frozenset(_FILLER.split())
LANGUAGE_NAMES = {
    "english": "en",
    "anglais": "en",
    "french": "fr",
    "francais": "fr",
    "portuguese": "pt",
    "portugues": "pt",
    "portugais": "pt",
    "spanish": "es",
    "espanol": "es",
    "espagnol": "es",
    "castellano": "es",
    "german": "de",
    "deutsch": "de",
    "allemand": "de",
    "italian": "it",
    "italiano": "it",
    "italien": "it",
}


def parse_language_name(column: str | None) -> str | None:
    """Parse the value of a language column: `fr`, `FR-fr`, `Français` → `fr`; empty → None."""
    if not column or not column.strip():
        return None
    tokens = tokenize_words(column, "fr")
    if not tokens:
        return None
    return LANGUAGE_NAMES.get(tokens[0], tokens[0][:2])


def detect_languages(texts: Sequence[str], columns: Sequence[str | None]) -> list[str]:
    """Return the language of each text: from its column if given, else from its stop words. A very
    short unclear text gets the language of nearly all others."""
    languages = [
        parse_language_name(c) or detect_language(t) or UNKNOWN_LANGUAGE
        for t, c in zip(texts, columns, strict=True)
    ]
    clear = Counter(language for language in languages if language != UNKNOWN_LANGUAGE)
    if not clear:
        return languages
    (most, count), total = clear.most_common(1)[0], sum(clear.values())
    if count < MIN_MAJORITY_SHARE * total:
        return languages
    return [
        most
        if language == UNKNOWN_LANGUAGE and 0 < len(text.split()) <= MAX_SHORT_TEXT_WORDS
        else language
        for language, text in zip(languages, texts, strict=True)
    ]
