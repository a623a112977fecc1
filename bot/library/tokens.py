"""Words as they are compared: no accents, no plurals, no words that name no product."""

import re
import unicodedata
from functools import cache

from bot.library.lexicon import lexicon


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# words of grammar, and of briefs: no product is found by them
GRAMMAR = _words(
    "a an and are as at be been but by can could did do does for from get give had has have he her "
    "here him his how i if in into is it its just like make may me more most my new no nor not "
    "now of off on only or our ours out over own please she should so some such than that the "
    "their them then there these they this those to too under until up us very was we were what "
    "when where which while who whom why will with would you your yours s t d ll re ve "
    "à a afin ai as au aucun aussi autre aux avec avoir bien c ce ceci cela celle celles celui ces "
    "cet cette ceux chez comme d dans de des donc dont du elle elles en encore entre est et etes "
    "être etre eu faire fais fait faut il ils j je l la là le les leur leurs lui m ma mais me "
    "même mes mon n ne ni nos notre nous on ou où par pas peu peux peut plus pour pouvez qu que "
    "quel quelle qui quoi sa sans se ses si soit sont sous suis sur ta te tes toi ton tous tout "
    "toute toutes très tu un une vers veux voici vos votre vous y"
)
BRIEF = _words(
    "email emails mail mails e sms text texts newsletter message messages post posts ad ads listing "
    "page write draft drafts rewrite prepare announce announcing announcement launch launches "
    "launching launched campaign campaigns copy subject line lines headline version versions words "
    "customer customers client clients clientes people person subscribers subscriber buyers buyer "
    "shopper shoppers bought buy buying purchased purchase order orders ordered love loved back "
    "stock again soon today tomorrow tonight week weekend month day days last next year since ago "
    "off discount percent promo promotion offer offers price prices free shipping delivery only "
    "about best thanks thank loyal vip sale sales available arrives arrived arrival return returns "
    "returning restock restocked first one two three want need tell say us all people's friday "
    "monday tuesday wednesday thursday saturday sunday black january february march april june "
    "july august september october november december "
    "courriel courriels infolettre annonce annoncer annoncez rédige redige rédiger écris ecris "
    "écrire ecrire prépare prepare préparer lance lancer lancement sortie retour revient revenue "
    "revenu arrive arrivee arrivée dispo disponible nouveau nouvelle nouveaux nouvelles campagne "
    "texte objet gens personnes acheteurs acheteuses abonnés abonnes acheté achete achetée achetées "
    "achetés commandé commande commandes dernier dernière derniere prochain prochaine semaine mois "
    "jour jours an année annee demain hier remise soldes solde offre offres prix livraison gratuite "
    "gratuit merci fidèles fideles meilleurs meilleures deux trois euros euro lundi mardi mercredi "
    "jeudi vendredi samedi dimanche janvier février mars avril juin juillet août septembre octobre "
    "novembre décembre"
)
# words that say when or for whom more often than what: they count little
WEAK = _words(
    "summer winter spring autumn fall season seasonal ete hiver printemp automne saison noel "
    "christma women woman men man mens womens femme homme kid children enfant bebe baby girl boy "
    "fille garcon black small large big petit grand set pack home maison gift cadeau collection "
    "new mother father day mum dad mere pere fete"
)
# words so common in briefs that they are never taken for a misspelt product
COMMON = _words(
    "short shorter court line lines ligne note notes style start still shift short quick warm "
    "tone light like look time times store shop team good great nice little long more than then "
    "boutique client bonne belle petite grande simple sympa chaud froid date place price order"
)
FRENCH_ONLY = _words("car the")  # "car" is "because", "the" is tea without its accent
FRENCH = _words("le la les des du une un pour avec est et nous notre nos chez qui aux")
ENGLISH = _words("the our for with is and who to of we this that on are")

COMPOUNDS = (
    (re.compile(r"\b(tee|t)[\s-]?shirt"), "tshirt"),
    (re.compile(r"\bsweat[\s-]shirt"), "sweatshirt"),
    (re.compile(r"\bbean[\s-]bag"), "beanbag"),
    (re.compile(r"\be[\s-]mail"), "email"),
)


def tokens(text: str) -> list[str]:
    """A product's words, compared as these."""
    return [stem(word) for word in split(text) if word not in GRAMMAR]


def asked(text: str) -> list[str]:
    """The words of a brief that may name a product."""
    words = split(text)
    french = sum(w in FRENCH for w in words) > sum(w in ENGLISH for w in words)
    stops = GRAMMAR - {"the"} if french else GRAMMAR
    ignored = stops | BRIEF | ({"car"} if french else frozenset())
    return [stem(word) for word in words if word not in ignored]


def split(text: str) -> list[str]:
    """The words of a text, lower case, with their accents."""
    lower = unicodedata.normalize("NFC", text).lower().replace("œ", "oe").replace("’", "'")
    for pattern, one in COMPOUNDS:
        lower = pattern.sub(one, lower)
    return re.findall(r"[^\W_]+", lower)


def stem(word: str) -> str:
    """A word without accents, plural and French feminine."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    if len(bare) < 4 or not bare.isalpha():
        return bare
    if bare.endswith("ies") and len(bare) > 4:
        return bare[:-3] + "y"
    if bare.endswith("eaux"):
        return bare[:-1]
    if bare.endswith(("sses", "shes", "ches", "xes")):
        return bare[:-2]
    if bare.endswith(("s", "x")) and not bare.endswith(("ss", "us", "is", "ux")):
        bare = bare[:-1]
    return bare


@cache
def same() -> dict[str, frozenset[str]]:
    """A stem → the stems that shoppers use for the same thing, in both languages."""
    found: dict[str, set[str]] = {}
    for group in lexicon()["same"]["groups"]:
        stems = {stem(word) for word in group}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {one: frozenset(others) for one, others in found.items()}
