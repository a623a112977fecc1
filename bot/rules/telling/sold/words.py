"""How questions about what was sold are phrased: patterns on folded words."""

import re

from bot.i18n.calendar_names import index_weekday_names

TIMES = (  # how often a customer ordered
    ("times-1", r"\b(?:(?:only |just )?once|one[- ]time|single order|qu'une (?:seule )?fois"
     r"|une (?:seule )?fois|une seule commande)\b"),
    ("times-2", r"\b(?:(?:exactly )?twice|two times|(?:two|2) orders|deux fois"
     r"|(?:deux|2) commandes)\b"),
    ("times-3", r"\b(?:three times|3 times|(?:three|3) orders|trois fois|(?:trois|3) commandes)"
     r"\b(?: (?:or more|ou plus|et plus))?"),
)  # fmt: skip
ITEMS = r"(?:units?|items?|pieces?|articles?|products?|produits?)"
ORDER = r"(?:order|basket|cart|commande|panier|purchase|achat)"
PER_HEAD = r"(?:per|by|par|a) (?:customer|client\w*|buyer|head)\b"
MEASURES = (  # the first that is asked for counts
    ("units-per-order", rf"{ITEMS} (?:are |is )?(?:per|by|par|in an|in each|in every|in a|dans une?"
     rf"|dans chaque) {ORDER}|\b(?:basket|order|cart) size"
     r"|taille (?:moyenne )?(?:du|des) paniers?"),
    ("largest-order", rf"\b(?:biggest|largest|highest|most expensive|record) (?:single )?{ORDER}\b"
     rf"(?! values?)|\bplus (?:gros(?:se)?|grande?|chere?|importante?|eleve?e?) {ORDER}s?\b"
     rf"|\b{ORDER}s? la plus (?:grosse|grande|chere|importante|elevee)\b"
     r"|\bpanier le plus (?:gros|grand|cher|eleve)\b"),
    ("median-order", rf"\bmedian {ORDER}s?(?: values?)?|\b{ORDER}s? median\w*|\bmedian\w*"),
    ("new-customers", r"\b(?:new|first[- ]time|nouveaux?|nouvelles?) "
     r"(?:customers?|buyers?|clients?|clientes?|acheteu\w+)\b"),
    ("average-order", rf"average (?:spend|value) per {ORDER}|average {ORDER}s?(?: values?)?"
     rf"|\baov\b|\b(?:{ORDER}|basket) values?\b|\b{ORDER}s? moyen\w*|valeur moyenne d\w+ {ORDER}s?"
     r"|\baverage (?:spend|ticket)\b|ticket moyen|combien depense\w*(?:-t-on)? en moyenne"),
    ("delivery-days", r"how long (?:does|do|did|is|are) (?:(?:the|our|a) )?(?:deliver\w+|parcels?"
     r"|shipping)\b(?: (?:take|takes|need|on the way))?|(?:delivery|shipping) times?"
     r"|en combien de (?:temps|jours) (?:livr\w+|est-on livre\w*|arriv\w+)"
     r"|(?:delais?|temps|duree) (?:moyens? )?de livraison"),
    ("return-rate", r"\breturn rates?\b|\btaux (?:de|des) retours?\b|\brates? of returns?\b"
     r"|\b(?:share|percentage|proportion|part|pourcentage)\b(?=.*\b(?:return\w*|renvoy\w*"
     r"|retourn\w*|come back|reviennent)\b)"),
    ("returned", r"\b(?:returned|returns|return(?! on)|come back|came back|sen[dt]\w* (?:\w+ )?back"
     r"|renvo(?:i\w*|y\w*)|retours?(?! sur)|retourn\w+|rendue?s?)\b"),
    ("orders-per-customer", rf"\b{ORDER}s? {PER_HEAD}"),
    ("per-customer", r"\b(?:revenue|sales|spend|turnover|value|ca|chiffre d'affaires|depenses?"
     rf"|ventes|earn|brings?|rapporte\w*)(?: \w+)? {PER_HEAD}"),
    ("customers", r"\b(?:customers?|clients?|clientes?|buyers?|acheteu\w+|shoppers?)\b"),
    ("orders", r"\b(?:orders?|baskets?|paniers?|buys|commandes?|commandent|commande-t-on|commande"
     r"|ordered|purchases?|achats?|achetent|acheter|achete|buy|buying|reachats?)\b"),
    ("units", r"\b(?:how many|combien d[e'])(?=.*\b(?:sold|sell|vendu\w*|vend\w*)\b)"
     r"|\b(?:units?|unites?|pieces?|quantit\w+|volumes?)\b"),
    ("revenue", r"\b(?:revenues?|turnover|sales|sells?|sold|selling|chif+res? d[' ]?af+aires?|ca"
     r"|ventes?|vend\w*|vendu\w*|brings?|brought|rapport\w*|gross|encaiss\w+|earn\w*|made"
     r"|income|spen[dt]|depens\w+)\b"),
)  # fmt: skip
OF_PEOPLE = dict(MEASURES)["customers"]
CUTS = {
    "weekday": r"(?:week[- ]?)?days? of (?:the )?week|jours? de (?:la )?semaine|week[- ]?days?",
    "month": r"(?:calendar )?months?|mois",
    "week": r"weeks?|semaines?",
    "hour": r"hours?|time of (?:the )?day|heures?|moment de la journee|times?",
    "day": r"days?|jours?|journees?|dates?",
    "country": r"countr\w+|pays|markets?",
    "region": r"regions?|departements?",
    "device": r"devices?|appareils?",
    "source": r"(?:(?:sales |marketing |acquisition )?channels?|(?:traffic )?sources?|canal|canaux"
    r"|provenances?|sources? de trafic)(?: d'acquisition| marketing| de vente)?",
    "code": r"(?:promo(?:tional|tion)? |discount |voucher |campaign )?(?:codes?|coupons?)"
    r"(?: (?:promo\w*|de reduction|campagne))?|campagnes?|campaigns?",
    "category": r"categor\w+|rayons?|famil\w+",
    "product": r"(?:sold |selling )?(?:products?|produits?|articles?|items?|references?|goods)"
    r"(?: (?:vendus?|sold))?",
    "variant": r"variants?|variantes?|declinaisons?|sizes?|tailles?|colou?rs?|couleurs?|coloris",
    "reason": r"(?:return )?reasons?|motifs?(?: de retour)?|raisons?(?: de retour)?",
}
SMALL = r"(?: (?:of )?(?:the|our|nos|notre|les|le|la|l'|de nos|des|are|is|est|sont|was|were))*"
ASKS_BY = (
    r"\b(?:by|per|par|each|every|chaque|selon|which|what|quels?|quelles?|in which|in what"
    rf"|(?:a|au|dans|de|sur|par|en) quel(?:le)?s?)\b{SMALL} ?"
)
NUMBER = r"(?:\d{1,2}|two|three|five|ten|deux|trois|quatre|cinq|dix)"
NUMBERS = {"two": 2, "three": 3, "five": 5, "ten": 10, "deux": 2, "trois": 3, "quatre": 4,
           "cinq": 5, "dix": 10}  # fmt: skip
RANKED = (
    r"(?:best|worst|top|strongest|weakest|busiest|slowest|biggest|highest|lowest|meilleure?s?|pires?"
    r"|plus (?:fort|gros|grand)(?:e?s?)?|plus (?:faible|mauvais)(?:e?s?)?|record)"
)
RHYTHM = (
    ("month", r"\b(?:monthly|month (?:by|on|after) month|mensuel\w*|mois (?:par|apres|a) mois)\b"),
    ("week", r"\b(?:weekly|week (?:by|on|after) week|hebdo\w*|semaine par semaine)\b"),
    ("day", r"\b(?:daily|day by day|quotidien\w*|jour (?:par|apres) jour)\b"),
    ("month", r"\b(?:over time|evolu\w+|trends?|au fil du temps)\b"),
)
NEW = (
    r"(?:new|first[- ]time|nouveaux?|nouvelles?)(?: (?:customers?|clients?|buyers?|acheteurs?"
    r"|clientes?))?(?:'s?)?|first(?: (?:orders?|purchases?))?|premieres? (?:commandes?|achats?)"
)
BACK = (
    r"(?:returning|repeat|existing|old|former|recurring|anciens?|anciennes?|existants?|recurrents?"
    r"|deja clients?)(?: (?:customers?|ones?|clients?|buyers?|orders?|clientes?"
    r"|purchases?))?"
    r"|repeats?|reachats?|clients? existants?|clients? recurrents?|(?:les )?suivantes?"
)
VERSUS = (
    r"(?:(?: sell| vend\w*)? (?:better|worse|stronger|higher|more|mieux|meilleurs?|plus \w+|plus))?"
    r"(?: (?:vs|versus|and|or|et|ou|against|than|compared (?:to|with)|contre|par rapport (?:a|aux?)"
    r"|que)(?: (?:the|those of|les|des|ceux des?|celui des|aux|de|from))* |/)"
)
FIRST = re.compile(
    rf"\b(?:of |from |des |de |by |les )?"
    rf"(?:(?:{NEW}){VERSUS}(?:{BACK})|(?:{BACK}){VERSUS}(?:{NEW}))\b"
)
ONLY_NEW = re.compile(rf"\b(?:(?:{NEW}))\b")
ONLY_BACK = re.compile(  # "old" and "former" say who drifted away
    r"\b(?:(?:returning|repeat|existing|recurring|existants?|recurrents?) (?:customers?|clients?"
    r"|buyers?|orders?|purchases?|shoppers?)|(?:clients?|clientes?) (?:existante?s?|recurrente?s?)"
    r"|repeats?|reachats?)\b"
)
CAME_BACK = re.compile(
    r"\b(?:customers?|clients?|clientes?|buyers?|people|shoppers?) (?:who |qui )?"
    r"(?:(?:have|has|sont|est) )?(?:c[ao]me back|coming back|revenue?s?|reviennent)\b"
)
WEEKEND = r"(?:week[- ]?ends?|saturdays? and sundays?|samedis? et dimanches?)"
IN_WEEK = (
    r"(?:(?:during|in) the week|week[- ]?days?|en semaine|la semaine|jours? de semaine|semaine)"
)
WEEKENDS = re.compile(
    rf"\b(?:on |at |the |le |les |au )*{WEEKEND}{VERSUS}"
    rf"(?:on |the |during |en |la |le )*{IN_WEEK}\b"
    rf"|\b(?:on |the |en |during )*{IN_WEEK}{VERSUS}(?:on |at |the |le |les |au )*{WEEKEND}\b"
)
ON_WEEKENDS = re.compile(rf"\b(?:on |at |over |the |le |les |du |au )*{WEEKEND}\b")
ON_WEEKDAYS = re.compile(rf"\b(?:on )?{IN_WEEK}\b")
WEEKDAYS = index_weekday_names()
ON_A_DAY = re.compile(rf"\b(?:on |le |les |chaque |every )?({'|'.join(WEEKDAYS)})s?\b")
CODE = (
    r"(?:(?:promo(?:tional|tion)?|discount|voucher|coupon) )?(?:codes?|coupons?)"
    r"(?: (?:promo\w*|de reduction))?"
)
NO_CODE = re.compile(rf"\b(?:without|sans|no|with no|aucun)(?: (?:a|any|un|de))? {CODE}\b")
ANY_CODE = re.compile(
    rf"\b(?:with|using|used|use|uses|had|have|avec|utilis\w+|ont|par|through|via)"
    rf"(?: (?:a|an|any|un|des|les|de))? {CODE}\b(?!-)|\b{CODE} (?:orders|use|usage|redemptions?)\b"
    rf"|\b(?:promo|discount) (?:use|usage)\b|\b(?:discounted|promo) orders\b"
    rf"|\b(?:utilisation|usage) (?:des|de|d'un) {CODE}"
)
LATE = re.compile(
    r"\b(?:(?:delivered|arrived|arrive|came|shipped|were) (?:too )?late|late (?:orders|deliver\w+)"
    r"|livree?s? (?:trop )?(?:en retard|tard)|arrivee?s? en retard|en retard)\b"
)
WITHOUT = re.compile(
    r"\b(?:outside(?: of)?|excluding|excluded|except(?: for)?|without|other than|apart from"
    r"|not from|hors(?: de)?|sauf|hormis|sans|en dehors d\w+|excepte)\b (?P<what>.+?)"
    r"(?=$|[?.!,;]|\b(?:by|par|per|in the|last|in|on|over|en)\b)"
)
SIGN = r"(?:€|£|\$|eur(?:os?)?|pounds?|dollars?|livres?|gbp|usd|chf)"
AMOUNT = rf"(?:{SIGN} ?)?(\d[\d., ]*\d|\d)(k?) ?(?:{SIGN})?(?![\w%])"
NO_COUNT = (
    r"(?! ?(?:%|orders?|commandes?|times?|fois|units?|items?|articles?|products?|produits?|days?"
    r"|jours?|weeks?|months?|mois|years?|ans|customers?|clients?|stars?|pieces?|hours?|heures?))"
)
FILLER = r"(?:a (?:total|value) (?:of )?|(?:un montant|un total|une valeur) (?:de )?|the |an? )?"
OVER = re.compile(
    r"\b(?:over|above|more than|greater than|higher than|bigger than|larger than|exceed\w*"
    r"|worth more than|plus de|superieure?s? a|depass\w+|au[- ]dela de|au[- ]dessus de"
    rf"|plus (?:eleve|gros|grand)\w* que)(?: les)? {FILLER}{AMOUNT}{NO_COUNT}"
)
AT_LEAST = re.compile(
    r"\b(?:at least|no less than|from|au moins|minimum|a partir de|des|d'au moins)"
    rf" {FILLER}{AMOUNT}{NO_COUNT}(?: (?:up|upwards|or more|and more|and up|et plus|ou plus))?"
)
OR_MORE = re.compile(rf"{AMOUNT} ?(?:\+|or more|and more|and up|et plus|ou plus)(?!\w)")
UNDER = re.compile(
    r"\b(?:under|below|less than|lower than|smaller than|cheaper than|moins de|inferieure?s? a"
    rf"|en dessous de|au[- ]dessous de|sous(?: les)?) {FILLER}{AMOUNT}{NO_COUNT}"
)
AT_MOST = re.compile(rf"\b(?:at most|up to|au plus|jusqu'a|maximum) {FILLER}{AMOUNT}{NO_COUNT}")
RANGE = re.compile(rf"\b(?:between|from|entre|de) {AMOUNT} (?:and|to|et|a) {AMOUNT}{NO_COUNT}")
SHARE = re.compile(
    r"\b(?:what|which|how (?:big|large|high) (?:is|a)|quel(?:le)?)? ?(?:is |est )?(?:the |a |our "
    r"|la |le |un )?(?:share|percentage|percent|proportion|fraction|part(?= d)|pourcentage|poids)"
    r"(?: (?:of|du|des|de|d'|is|est))*(?!\w)|\ben (?:pourcentage|%)|\bquelle part\b"
    r"|\bwhat %(?: of)?"
)
EVER = re.compile(
    r"\b(?:ever|all[- ]time|in total|so far|to date|since (?:we (?:started|began|opened)"
    r"|the (?:beginning|start))|depuis (?:toujours|le debut|l'ouverture)|au total|en tout"
    r"|jusqu'(?:ici|a present)|de tous les temps|historique\w*|in all)\b"
)
PIECES = r"(?:items?|articles?|products?|produits?|pieces?|units?|unites?)\b"
MORE_PIECES = re.compile(rf"\b(?:more than|over|plus de) (\d{{1,3}}) {PIECES}")
LEAST_PIECES = re.compile(
    rf"\b(?:at least|au moins) (\d{{1,3}}) {PIECES}|\b(\d{{1,3}}) (?:or more|ou plus) {PIECES}"
    rf"|\b(\d{{1,3}}) {PIECES} (?:or more|ou plus|and more|et plus)\b"
)
FEWER_PIECES = re.compile(rf"\b(?:fewer than|less than|under|moins de) (\d{{1,3}}) {PIECES}")
SO_MANY = re.compile(
    rf"\b(?:with|of|containing|avec|contenant|exactly|exactement|only)(?: (?:only|exactly))?"
    rf" (\d{{1,3}}|one|a single|un seul) {PIECES}"
)
WE_SPENT = re.compile(  # what went into advertising is no sale
    r"\b(?:we|nous|on|avons-nous|a-t-on) (?:\w+ )?(?:spen[dt]|depens\w*)"
    r"|\b(?:ads?|adverti\w+|media|marketing|campaigns?) (?:spend\w*|budgets?|costs?)"
    r"|\b(?:depens\w*|budgets?|couts?)\b.*\b(?:pub\w*|marketing|campagnes?|adverti\w+|ads)\b"
    r"|\bspen[dt]\b.*\b(?:ads?|adverti\w+|campaigns?)\b"
)
HAVE = re.compile(r"\b(?:do we have|have we|avons-nous|a-t-on|on a|compte-t-on|y a-t-il)\b")
SPAN = re.compile(
    r"\b(?:since when|from when|how far back|depuis quand|jusqu'ou|de quand)\b"
    r"(?=.*\b(?:data|figures|orders|files?|history|donnees|chiffres|commandes|historique|go|know"
    r"|remonte\w*)\b)|\bhow (?:old|recent|fresh|up to date) (?:is|are) (?:the |our )?"
    r"(?:data|orders)"
    r"|\bwhat (?:period|dates) (?:do|does|is|are)\b.*\b(?:data|orders|cover\w*)\b"
    r"|\b(?:jusqu'a quand|jusqu'a quelle date)\b"
)
VALUES = re.compile(
    r"\b(?:how many|combien d[e']|(?:the )?number of|(?:le )?nombre de) ?(?:different |distinct "
    r"|differents? |distincte?s? )?(?P<cut>{cuts})\b(?! (?:per|par|in an|in each|dans)\b)"
)
PER = re.compile(
    r"\b(?:per|a|each|par|by) (?P<unit>day|week|month|jour|semaine|mois)\b"
    r"(?=.*\b(?:average|moyenne)\b)|\b(?:average|moyenne)\b.*?\b(?:per|a|each|par|by) "
    r"(?P<unit2>day|week|month|jour|semaine|mois)\b"
    r"|\bhow many \w+ (?:do we \w+ )?(?:per|a|each) (?P<unit3>day|week|month)\b"
    r"|\b(?P<unit4>daily|weekly|monthly) average\b"
)
PER_UNIT = {"jour": "day", "semaine": "week", "mois": "month", "daily": "day", "weekly": "week",
            "monthly": "month"}  # fmt: skip
HOW = re.compile(
    r"\b(?:how (?:was|were|is|are|did|do|does|has|have)|comment|qu'(?:a|ont|est-ce)|que donne\w*"
    r"|mieux|better|worse|compar\w+|vs|versus|contre|par rapport"
    r"|what (?:happened|about)|bilan|resultats?|results?|how about|ca (?:a donne|donne|se passe))\b"
)
CANCELLED = re.compile(r"\b(?:cancel\w*|annul\w+)\b")
WHO = re.compile(r"^\W*(?:who|qui)\b(?! (?:buys?|orders?|spends?|achete\w*|commande\w*|depense\w*)"
                 r" (?:the |le )?(?:more|most|plus)\b)")  # fmt: skip
BETTER = re.compile(r"\b(?:better|worse|more|less|mieux|plus|moins)\b")
PEOPLE = re.compile(rf"{OF_PEOPLE}|\b(?:people|personnes|gens|who|acheteuses)\b")
WHY = re.compile(r"\b(?:why|pourquoi|for what reasons?|reasons?|motifs?|raisons?|because|parce que"
                 r"|pour cause)\b")  # fmt: skip
AHEAD = re.compile(  # what is to come is a forecast's, not a count's
    r"\b(?:will|next|coming|forecast|expect|prochaine?s?|a venir|sera|seront|va-t-on|allons-nous"
    r"|previsions?|prevoi\w+)\b"
)
SELLERS = re.compile(
    r"\b(?:best|top|worst|slowest|least|most)[- ]?(?:selling|sellers?|sold)\b"
    r"|\b(?:meilleures?|pires|moins bonnes) ventes\b|\b(?:mieux|plus|moins) vendu\w*\b"
    r"|\b(?:(?:se )?vend\w*|sells?|sold|selling)(?: (?:le|the|les))? (?:plus|best|most|mieux|worst"
    r"|least|moins(?: bien)?)\b|\b(?:what|which|que|qu'est-ce que?) .*\b(?:vend-on|sell)\b (?:best"
    r"|most|le mieux|le plus)"
    r"|\b(?:qu'|que )(?:achete\w*|commande\w*|prenne\w*)(?: (?:le )?(?:plus|mieux))?"
    r"|\bwhat (?:do|did) (?=.*\b(?:buy|order)\b)"
)
LEAST = re.compile(
    r"\b(?:worst|least|lowest|slowest|fewest|poorest|weakest|(?:le|les|la) moins(?: bien| bons?)?"
    r"|moins bien|pires?|plus (?:faible|mauvais)\w*|moins bonnes?)\b"
)
MOST = re.compile(r"\b(?:strongest|busiest|record|plus (?:forte?s?|gros(?:ses?)?|grande?s?))\b")
GROWS = re.compile(r"\b(?:grew|grow\w*|growth|gained|progress\w*|croissance|grimp\w+|augment\w+)\b")
FALLS = re.compile(
    r"\b(?:declin\w+|shr[aiu]nk\w*|fell|fall\w*|drop\w*|recul\w*|baiss\w+|chut\w+)\b"
)
TOP = re.compile(
    rf"\b(?:top|best|worst|meilleure?s?|premiers?) ({NUMBER})\b|\b({NUMBER}) (?:best|top"
    r"|meilleure?s?|worst|pires|biggest|premiers?|plus (?:gros|grand)\w*)\b"
)
