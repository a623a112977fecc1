"""The one language detector: it counts the words that a language is known by.

Counting a language's most common words (Dunning 1994 calls it the unique-words method) needs no
trained weights and works on a request of few words. Texts of one or two words often stay unknown.
"""

import re
from collections.abc import Collection
from functools import lru_cache

from bot.text.normalize import normalize_nfc, normalize_spelling, word_set

# The most common words of each language, without accents.
STOP_WORDS = {
    "en": word_set(
        "the and is it this for with was not are have but you my on very so that of in as they "
        "too be love great good i had just at all would from nice we what when were how"
    ),
    "fr": word_set(
        "le la les de des et est un une je pas pour avec ce cette dans sur que qui il elle mais "
        "tres en du au aux mon ma mes plus bien ai c'est vous nous ne se j d l merci bonjour trop"
    ),
    "pt": word_set(
        "o os as um uma e nao com para que muito bom produto meu minha em do da no na mas veio "
        "foi chegou recebi entrega comprei ainda mais antes prazo loja otimo recomendo ate gostei"
    ),
    "es": word_set(
        "el los las un una y es muy no con para que mi pero en del al por lo se llego bueno "
        "producto me ha esta todo gracias bien calidad estoy como"
    ),
    "de": word_set(
        "der die das und ist nicht ein eine ich mit fur auf sehr aber es sie den zu war gut im "
        "von auch wie habe dem schon leider nur bei noch"
    ),
    "it": word_set(
        "il lo gli un una e di che non con per molto ma la sono ho e del della prodotto bello "
        "buono questo arrivato in mi al ottimo anche come tutto stato"
    ),
}
# Words that short requests are known by, in the two languages that texts are written in.
WRITTEN_LANGUAGES = frozenset({"en", "fr"})
_REQUEST_WORDS = {
    "en": word_set(
        "a about an back birthday buyers by can customers day days draft free gift gifts has ideas "
        "its last make must need new now off only or our out people please reminder say shirt "
        "something thank thanks their these to today tomorrow until week weekend which who why "
        "write your"
    ),
    "fr": word_set(
        "bientot boutique cadeau cadeaux ces cher chers chez clientes clients combien comment "
        "demain dernier derniere ecrire ecris fais faut fiche idee idees jours jusqu lance "
        "laquelle lequel lesquelles lesquels livraison nos notre nouveau nouvelle offerte on ont "
        "ou panier par pourquoi produit quel quelle quelles quels rappel redige relance "
        "relancer remise remises retour sa sans semaine ses soldes son sont ta te tes ton tu veux "
        "vos votre"
    ),
}
# Names of goods in one language alone, for requests that say nothing else. Vase, robe and table are
# in both.
_GOODS = {
    "en": word_set(
        "shirt shirts jumper jumpers sweater dress trousers skirt jacket scarf hat socks coat "
        "blanket candle candles candlestick towel towels bathrobe bowl bowls cup cups glass "
        "glasses jug teapot bread board apron napkin napkins tablecloth pillow pillows duvet sheet "
        "sheets cushion cushions bag lamp light chair toy shoes"
    ),
    "fr": word_set(
        "chemise chemises pulls pantalon jupe veste echarpe bonnet chaussettes manteau couverture "
        "bougie bougies bougeoir serviette serviettes peignoir tapis bol bols assiette assiettes "
        "tasse tasses verre verres theiere planche tablier nappe oreiller housse couette drap "
        "draps coussin coussins sac cabas canape lampe chaise jouet chaussures saladier"
    ),
}
_FRENCH_LETTERS = frozenset("éèêëàâçùûôîïœ")
_WORD = re.compile(r"\w+")


def detect_language(text: str, languages: Collection[str] = tuple(STOP_WORDS)) -> str | None:
    """Return the language of the text, or None when its words are not conclusive.

    When only English and French are possible, the words of requests, accents and, in a tie, the
    names of goods count too, so that a few words suffice."""
    scores = score_languages(text, languages)
    if set(languages) == WRITTEN_LANGUAGES:
        scores["fr"] += not _FRENCH_LETTERS.isdisjoint(text.lower())
        if scores["fr"] == scores["en"]:
            words = {normalize_spelling(word) for word in _WORD.findall(text)}
            scores = {language: len(words & _GOODS[language]) for language in languages}
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    (best, most), (_, second) = ranked[0], ranked[1]
    return best if most >= 1 and most > second else None


def score_languages(text: str, languages: Collection[str] = tuple(STOP_WORDS)) -> dict[str, float]:
    """Return how many of the text's words each of `languages` is known by. A word that several of
    them share counts less. Accents are ignored, except in English, which has none: `à` is not `a`.
    """
    scores = dict.fromkeys(languages, 0.0)
    among_two = set(languages) == WRITTEN_LANGUAGES
    for written in _WORD.findall(normalize_nfc(text).casefold()):
        known = [one for one in scores if _is_known(written, one, among_two)]
        for language in known:
            scores[language] += 1 / len(known)
    return scores


@lru_cache(maxsize=50_000)
def _is_known(written: str, language: str, requests: bool) -> bool:
    word = written if language == "en" else normalize_spelling(written)
    return word in STOP_WORDS[language] or (requests and word in _REQUEST_WORDS[language])
