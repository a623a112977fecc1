"""Detect the language of a text by its stop words, for six languages.

Counting a language's most common words (Dunning 1994 calls it the unique-words method) needs no
trained weights; texts of one or two words often stay "unknown"."""

from collections import Counter
from collections.abc import Sequence

from bot.data.analyses.feedback.tokens import tokenize_words

UNKNOWN_LANGUAGE = "unknown"
MIN_MAJORITY_SHARE = (
    # when this share of the clearly detected texts has one language, short unclear texts get it too
    0.9
)
MAX_SHORT_TEXT_WORDS = 5  # unclear texts of at most this length get the majority language

STOP_WORD_LISTS = {
    "en": "the and is it this for with was not are have but you my on very so that of in as they "
    "too be love great good i had just at all would from nice we what when were how",
    "fr": "le la les de des et est un une je pas pour avec ce cette dans sur que qui il elle mais "
    "tres en du au aux mon ma mes plus bien ai c'est vous nous ne se j d l merci bonjour trop",
    "pt": "o os as um uma e nao com para que muito bom produto meu minha em do da no na mas veio "
    "foi chegou recebi entrega comprei ainda mais antes prazo loja otimo recomendo ate gostei",
    "es": "el los las un una y es muy no con para que mi pero en del al por lo se llego bueno "
    "producto me ha esta todo gracias bien calidad estoy como",
    "de": "der die das und ist nicht ein eine ich mit fur auf sehr aber es sie den zu war gut im "
    "von auch wie habe dem schon leider nur bei noch",
    "it": "il lo gli un una e di che non con per molto ma la sono ho e del della prodotto bello "
    "buono questo arrivato in mi al ottimo anche come tutto stato",
}
STOP_WORDS = {language: frozenset(words.split()) for language, words in STOP_WORD_LISTS.items()}
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
# Weight of a word for a language: a word unique to one language counts more than a shared one.
LANGUAGES_PER_WORD = Counter(word for words in STOP_WORDS.values() for word in words)
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


def detect_language(text: str) -> str:
    """Return the language of one text, or "unknown" when its stop words are not conclusive."""
    words = tokenize_words(text, "fr")
    scores = {
        language: sum(1 / LANGUAGES_PER_WORD[word] for word in words if word in known)
        for language, known in STOP_WORDS.items()
    }
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    (best, most), (_, second) = ranked[0], ranked[1]
    return best if most >= 1 and most > second else UNKNOWN_LANGUAGE


def detect_languages(texts: Sequence[str], columns: Sequence[str | None]) -> list[str]:
    """Return the language of each text: from its column if given, else from its stop words. A very
    short unclear text gets the language of nearly all others."""
    languages = [
        parse_language_name(c) or detect_language(t) for t, c in zip(texts, columns, strict=True)
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
