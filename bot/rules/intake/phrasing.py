"""How people phrase what they want, in English and French: the patterns that `wishes` reads by;
the word lists are in `vocabulary`."""

import re

from bot.core.brief import Goal


def _pattern(*pieces: str) -> re.Pattern[str]:
    return re.compile("".join(pieces), re.IGNORECASE)


DAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
)
MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre"
    r"|décembre|decembre|(?:jan|feb|apr|aug|sept?|oct|nov|dec|janv|févr?|juil|déc)\b)"
)
NUMBER = r"(?:[012]?\d|3[01])(?:st|nd|rd|th|er)?\b(?!\s*[%€£$\d])"
POINT = (
    rf"(?:(?:{DAY})(?:,? (?:the |le )?{NUMBER})?(?: (?:of )?{MONTH})?"
    rf"|(?:the |le )?{NUMBER} (?:of )?{MONTH}|the {NUMBER}|{MONTH} {NUMBER}"
    r"|midnight|tonight|tomorrow|minuit|ce soir|demain|(?:the )?end of (?:the )?(?:day|week|month)"
    rf"|(?:la )?fin (?:du mois|de la semaine|de mois)|(?:the )?end of {MONTH}|fin {MONTH}"
    r"|\d{1,2}/\d{1,2})"
)
DATES = _pattern(
    r"(?<!black )(?<!cyber )\b(?:",
    rf"(?:from|between) {POINT} (?:to|until|and|-) {POINT}",
    rf"|from (?:the )?{NUMBER} (?:to|until) (?:the )?{NUMBER}(?: (?:of )?{MONTH})?",
    rf"|du (?:(?:{DAY}) )?{NUMBER}(?: {MONTH})? au (?:(?:{DAY}) )?{NUMBER}(?: {MONTH})?",
    rf"|de {POINT} à {POINT}",
    rf"|(?:until|till?|through|before|by|from|starting|as of|on|up to) {POINT}",
    rf"|jusqu'(?:à |au |en )(?:{POINT}|{NUMBER}\b)",
    r"|(?:à partir (?:de |du |d')|dès (?:le )?|avant (?:le )?|ce |le )",
    rf"(?:{POINT}|{NUMBER}\b(?! ?\w))",
    r"|this (?:week[- ]?end|week|month)|ce (?:week[- ]?end|w\.?-?e\b)|cette semaine|ce mois-ci",
    r"|today only|only today|aujourd'hui seulement",
    rf"|(?:this |next )?(?:{DAY})(?: {NUMBER})?(?: {MONTH})?(?: prochaine?\b)?"
    rf"(?: (?:et|and|&) (?:{DAY})(?: {NUMBER})?(?: {MONTH})?)?",
    r")",
)

MONEY = r"(?:[€£$]\s?\d+(?:[.,]\d\d)?|\d+(?:[.,]\d\d)?\s?(?:€|£|\$|euros?|pounds?|dollars?))"
OVER = (
    rf"(?:,? (?:over|from|above|(?:on|for) orders (?:over|of|from|above)|dès|à partir de) {MONEY}"
    r"(?: d'achats?)?)?"
)
OFFERS = (
    _pattern(
        r"(?:up to |jusqu'à )?(?:(?<!\d)[-–−]\s?\d{1,2}\s?%(?: de (?:remise|réduction))?",
        r"|\d{1,2}\s?% (?:off\b|discount|reduction|de remise|de réduction|de rabais|on\b|sur\b))",
        OVER,
    ),
    _pattern(
        rf"(?:[-–−]\s?{MONEY}|{MONEY} (?:off\b|de remise|de réduction|offerts\b|de moins)){OVER}"
    ),
    _pattern(rf"(?:\b(?:at|now|only)|(?<!\w)à|\bau prix de|\bpour seulement) {MONEY}"),
    _pattern(
        r"\b(?:free (?:delivery|shipping)|(?:la )?livraison (?:est )?(?:offerte|gratuite)",
        r"|frais de port offerts)",
        OVER,
    ),
    _pattern(
        r"\b(?:(?:two|three|2|3|4) for (?:the price of )?(?:one|two|1|2|3)\b|buy one,? get one"
        r"(?: free)?|bogo|(?:2|3|4|deux|trois) pour (?:1|2|3|un|deux)\b",
        r"|(?:un|une|1) achetée?,? (?:un|une|1) offerte?",
        r"|buy (?:\d|two|three),? get (?:\d|one|another|the (?:3rd|third|4th|fourth))(?: \w+)?"
        r" (?:free|half price)",
        r"|(?:\d|deux|trois) (?P<thing>(?:[\w'-]+ ){1,3}?)?(?:achet|command)ée?s ?[=:,]? ?"
        r"(?:(?:la|le|une?) )?"
        r"(?:[34](?:e|ème)|troisième|quatrième) (?:offert|gratuit)e?",
        r"|(?:le |la )?(?:2e|2ème|deuxième|seconde?)(?: article)? (?:offerte?|à moitié prix))",
    ),
    _pattern(
        r"\b(?:half price|moitié prix|(?:a )?free gift(?: with every order)?|un cadeau offert)"
    ),
)
CODE = _pattern(
    r"\b(?:(?:with|avec|using) )?(?:the |le )?(?:promo )?code(?: promo)?\s*:? ?",
    r"((?-i:[A-Z][A-Z0-9]{2,14}))\b",
)

SAYING = _pattern(
    r"\b(?:(?:please )?mention(?:ing)?\b(?: also)?(?: that)?",
    r"|(?:it |they )?must (?:also )?say(?: that)?",
    r"|make sure (?:it says|to say|to mention)(?: that)?",
    r"|don't forget(?: to (?:say|mention))?(?: that)?|say that",
    r"|(?:il )?(?:doit|faut) (?:aussi )?(?:mentionner|dire|préciser|rappeler)(?: qu[e'])?",
    r"|(?:mentionne[rz]?|mentionnant|précise[rz]?|précisant|rappelle[rz]?|dis|dites|dire)",
    r"(?: bien| aussi)? qu[e']|mentionne[rz]?(?: bien| aussi)?",
    r"|n'oublie[zr]? pas(?: de (?:dire|mentionner|préciser))?(?: qu[e'])?",
    r"|sans oublier(?: qu[e'])?)",
    r"\s*:?\s*([^.;|\n]+)",
)
WISH_BEHIND = _pattern(
    r",? \b(?:in (?:french|english)|en (?:français|anglais)|(?:by|par) (?:sms|e-?mail))\b"
)
QUOTED = re.compile(r"[“\"]\s*([^”\"\n]{3,}?)\s*[”\"]|«\s*([^»\n]{3,}?)\s*»")
LANGUAGE = _pattern(r"\b(?:(?:in|into) (french|english)|en (français|francais|anglais))\b")
LABEL = re.compile(
    r"(?im)^\s*[-*•]?\s*(product|produit|audience|cible|public|offer|offre|dates?|quand|when|"
    r"must say|mention|à dire|langue|language|canal|channel)\s*:[ \t]*(.+?)\s*$"
)
LABELS = {  # a channel or a language is read from what follows, like any other words
    **dict.fromkeys(("product", "produit"), "product"),
    **dict.fromkeys(("audience", "cible", "public"), "audience"),
    **dict.fromkeys(("offer", "offre"), "offer"),
    **dict.fromkeys(("date", "dates", "quand", "when"), "dates"),
    **dict.fromkeys(("must say", "mention", "à dire"), "must_say"),
}

ENDS = (
    r"(?=\s*(?:[,.;:!?|\n()]|$|\b(?:about|regarding|concerning|with|avec|for the|for our|for a"
    r"|on the|on our|that our|to (?:promote|announce|launch|sell|present|tell|say)"
    r"|pour (?:la|le|l'|notre|une?|annoncer|lancer|présenter|leur)"
    r"|sur (?!le site|internet|notre site)|à propos|concernant|afin)\b))"
)
WHO_EN = (
    r"people|customers?|clients|buyers|shoppers|those|anyone|everyone|subscribers|members|women|men"
    r"|parents|grandparents|grandmothers|grandfathers|couples|mums|moms|mothers|dads|fathers"
    r"|families|students|teachers|newcomers|regulars|fans"
    r"|lovers|visitors|owners|vips?|guests|gift (?:seekers|buyers|givers|hunters)|gardeners"
    r"|bargain hunters|professionals|pros|designers|decorators|architects|cooks|bakers|hosts"
    r"|workers|beginners|teenagers|kids|friends|followers|prospects"
)
WHO_FR = (
    r"clientes?|clients|clientèle|acheteurs|acheteuses|personnes|gens|abonnée?s|inscrite?s|parents|grands-parents|couples"
    r"|mamans|papas|familles|femmes|hommes|étudiante?s|fidèles|habituée?s|membres|vip|jardiniers"
    r"|jardinières|amateurs|amatrices|amoureux|amoureuses|fans|prospects|inactifs|inactives"
    r"|nouveaux|nouvelles|anciens|anciennes|celles|ceux|visiteurs|débutants|ados|curieux"
)
AUDIENCES = (
    _pattern(  # "to: Best and loyal customers"
        r"(?:\b(?:to|for|pour)|(?<!\w)à)[ \u00a0\u202f]?: ?([^|,.;:!?\n]+)"
    ),
    _pattern(
        r"\b(?:for|to|at|aimed at|targeting|addressing|win back|reactivate|reach|thank)\s+",
        r"((?:(?:our|the|all|my|those|all of our)\s+)*",
        r"(?:(?:most|very|loyal|lapsed|best|new|former|old|past|regular|existing|vip|young|inactive",
        r"|female|male|busy|price-sensitive|budget|first-time|recent|top|faithful|local|drifting",
        r"|older|active|online|in-store",
        r"|(?!(?:the|our|for|to|and|a|an)\b)[\w-]+"
        r"(?= (?:buyers|owners|lovers|fans|customers|designers|decorators)\b)",
        r")\s+)*",
        rf"(?:{WHO_EN})\b(?!').*?){ENDS}",
    ),
    _pattern(
        r"(?<!\w)(?:pour|à|aux|auprès des?|destinée?s? (?:à|aux)|à destination des?|visant",
        r"|relancer|reconquérir|remercier|toucher|faire revenir)\s+",
        r"((?:(?:nos|les|des|mes|vos|tous|toutes|celles et)\s+)*",
        r"(?:(?:très|plus|meilleure?s|bonne?s|fidèles|jeunes|nouve(?:aux|lles)|ancien(?:ne)?s",
        r"|chère?s|futurs|futures)\s+)*",
        rf"(?:{WHO_FR})\b.*?){ENDS}",
    ),
    _pattern(  # named without "for"
        r"\b((?:client|cliente|abonné|abonnée|inscrit|inscrite)s"
        r" (?:fid[eè]les|inacti(?:f|ve)s|vip|perdue?s|endormie?s))\b"
        r"|\b((?:loyal|lapsed|inactive|vip|best) (?:customers|clients|subscribers))\b"
    ),
)
OUR = _pattern(r"^(?:our|the|all of our|nos|les|des|aux) ")

GOALS: tuple[tuple[Goal, re.Pattern[str]], ...] = (
    (
        "back in stock",
        _pattern(
            r"\bretour (?:du|de la|des|de l'|de nos|de notre)\b|\bthe return of\b|",
            r"\bback in stock\b|\brestock|\bavailable again\b|\b(?:is|are) back\b|\bde retour\b",
            r"|retour en stock|réassort|à nouveau disponible|de nouveau disponible|\breviennent\b",
            r"|\brevient\b(?! à| en)",
        ),
    ),
    (
        "win back",
        _pattern(
            r"\bwin.?back\b|\breactivat|\breconqu[êe]|\bréactiv|\blapsed\b|\binactif|\binactive",
            r"|\bhaven'?t (?:bought|ordered|shopped)|n'ont (?:pas|plus|rien) (?:commandé|acheté)",
            r"|\brelance|\bfaire revenir|\bbring .{0,30}back\b|drifting away|s'éloign",
        ),
    ),
    (
        "launch",
        _pattern(
            r"\blaunch|\bnew (?!customer|client|subscriber|buyer|member|visitor|year|shopper)",
            r"|\bout (?:on|this)\b|\bcoming out\b|\barriv(?:als?|es?|ing|ent?)\b|\bjust in\b",
            r"|\blancement|\blancer\b|\blance\b|\bnouveauté|\bsort(?:ie|ent)?\b",
            r"|\b(?:est|sont|es) (?:enfin )?disp(?:o|os|onibles?)\b",
            r"|\b(?:is|are) (?:now )?available\b",
            r"|\b(?:is|are) here\b|\b(?:est|sont) là\b",
            r"|\bnouve(?:lle|l|au|aux)s? (?!client|abonné|acheteu|inscrit|visit)",
        ),
    ),
    (
        "sell through",
        _pattern(
            r"\bsell(?:ing)? (?:through|out|off)\b|\bclearance\b|\bclear (?:the|our|out)",
            r"|\bend of (?:line|season)|\bd[eé]stock|\bécouler\b|\bfins? de (?:série|saison)",
            r"|\bsoldes?\b|\bsales?\b|(?<!pas de )(?<!sans )(?<!no )\bpromo(?:s|tions?)?\b",
            r"|\bdiscount|\bblack friday|\bliquid",
        ),
    ),
    (
        "announce",
        _pattern(
            r"\bannounc|\bannonce|\binvit|\bopening\b|\bouverture\b|\bouvre\b|\bopens\b|\bevent\b",
            r"|\bévénement|\bworkshop\b|\batelier\b|\bpop-?up\b",
        ),
    ),
    (
        "inform",
        _pattern(
            r"\binform|\bremind|\bexplain|\brappel|\bexplique|\bprévenir\b|\btell (?:them|people)\b"
        ),
    ),
)

# The whole house, or a wish for anything: no product of that name.
NO_PRODUCT = _pattern(
    r"(?:(?:all|toute?s?|the|our|whole|entire|la|le|l'|le|notre|nos) ?)*"
    r"(?:shop|store|site(?: web)?|website|boutique|magasin|catalogue|range|gamme|sitewide|storewide"
    r"|gifts?(?: ideas?)?|presents?|idées? (?:de )?cadeaux?|cadeaux?|(?:new )?arrivals?|nouveautés?"
    r"|prochaine?)"
    r"|(?:the )?last (?:days?|chance|hours?)(?: of)?"
    r"|(?:les |la )?derni(?:er|ère)s? (?:jours?|heures?|chance)(?: des?)?"
    r"|(?:what|ce que?|ce qu'on|how|comment)(?: (?:we|nous|on)\b.*)?"  # "…: what we do about it"
)
# A price before and a price now: the catalogue knows which of them may be shown.
AMOUNT = rf"(?:{MONEY}|\d+(?:[.,]\d\d)?)"
CHANGE = _pattern(
    rf"(?:\b(?:reduced|down|marked down|passe|passent|baisse|baissent)\s+)?\b(?:from|de) {AMOUNT}"
    rf" (?:to|à) {AMOUNT}(?! \w+ (?:to|à) )"
    rf"|\b(?:now |(?:only )?at |à |maintenant (?:à )?)?{AMOUNT} (?:instead of|au lieu de) {AMOUNT}"
)
