"""The questions that can be answered from the team's data: see `bot.rules.telling.questions` for
how."""

from bot.i18n.messages import Words
from bot.rules.telling.ad_topics import AD_TOPICS, ADS
from bot.rules.telling.questions import Topic

ORDERS = Words("an orders file with a column for it (city, region, device, source …)")
VISITS = Words("a file of visits with a column for it")
REVIEWS = Words("a feedback file with a column for it")
CATALOGUE = Words("a catalogue with a column for it")
MISSING = (  # what no file here can tell, and the one that would
    (r"\b(?:margins?|profits?|profitab\w+|marges?|benefices?)\b",
     Words("a file with what each product costs you")),
    (r"\bnps\b|net promoter|promoter score",
     Words("a feedback file with the scores people gave")),
    (r"\b(?:age|ages|gender|men or women|sexe|hommes ou femmes)\b",
     Words("a customers file with a column for it, if you may use it")),
    (r"\b(?:competitors?|concurrents?|concurrence|market share|part de marche)\b",
     Words("a file with the competitors' prices or sales")),
    (r"\b(?:shipping|delivery|fulfil\w+) costs?\b|couts? (?:de livraison|d'expedition)",
     Words("an orders file with what each delivery costs you")),
)  # fmt: skip
_BY = r"\b(?:by|per|par|which|what|quels?|quelles?|selon (?:la|le|les|l')) ?"
VISITED = {  # the subjects that visits are cut into, and the words that cut
    "visits-device-": rf"{_BY}(?:devices?|appareils?)\b",
    "visits-source-": rf"{_BY}(?:traffic )?(?:sources?|channels?|canal|canaux|provenances?)\b",
    "visits-country-": rf"{_BY}(?:countr(?:y|ies)|pays)\b",
}
SOLD = r"(?:sells?|sold|is selling|vend\w*)(?: (?:the |le |les )?(?:best|most|mieux|plus))?"
BEST_SOLD = (
    r"(?:what|which|qu'est-ce qui|quels?|quelles?) (?:(?:product|article|item|produit)s? )?(?:se )?"
    r"(?:sells?|is selling|sold|vend(?:ent)?) (?:the |le |les )?(?:best|most|mieux|plus)"
    r"|best[- ]?sell\w*|top (?:products?|sellers?|articles?|ventes)|meilleures? ventes?"
    r"|(?:se )?vend(?:ent|ons|ez|u|us|ues)? (?:nous |vous )?(?:le |les )?(?:mieux|plus)"
    r"|(?:mieux|plus) vendu\w*|(?:best|top|meilleure?s?) (?:products?|articles?|items?|produits?)"
)
SELLS = Words("{name}: {revenue} ({units})")
SELLS_BEST = Words("{name} sold best from {since} to {until}: {revenue} ({units}).")

TOPICS: tuple[Topic, ...] = (
    *AD_TOPICS,
    Topic(
        "campaigns",
        r"\b(?:which|what|best|top|quels?|quelles?|meilleure?s?)\b (?:e-?mails?|newsletters?"
        r"|courriels?)\b(?: (?:campaigns?|campagnes?))?(?:.*\b(?:best|most|mieux|plus)\b)?",
        ("sales", "day", "orders", "open-rate", "sent"),
        Words("{name}: {sales} ({orders}), sent on {day} to {sent} people, {open_rate} opened it."),
        ADS, "", ("text--email--",),
        Words("The e-mail that brought most is {name}: {sales} ({orders}), sent on {day} to {sent} "
              "people; {open_rate} opened it."), Words("{name}: {sales}"),
    ),
    Topic(
        "campaigns", r"\b(?:e-?mail )?(?:subject(?: line)?s?|objets?)\b(?: d'e-?mails?| des? "
        r"e-?mails?)?(?: (?:are|is|get|gets|sont|est|s'ouvrent))?(?: (?:the )?(?:most|best|more"
        r"|better|le plus|les plus|plus|mieux))?(?: (?:opened|open|opens|ouverts?|read|lus?))?",
        ("difference", "open-rate", "open-rate-otherwise", "campaigns"),
        Words("E-mails whose subject names a product: {open_rate} are opened, {open_rate_otherwise}"
              " of the others ({verdict}; {campaigns} campaigns with one)."),
        ADS, "opens--names-a-product",
    ),
    Topic(
        "campaigns", r"open(?:ing)? rates?|taux d'ouverture|opened|ouverts?\b|ouvrent|"
        r"(?:e-?mails?|newsletters?|courriels?)",
        ("open-rate", "campaigns", "sent"),
        Words("{open_rate} of the e-mails that were sent are opened ({campaigns} campaigns, {sent} "
              "sent)."), ADS, "letters--email",
    ),
    Topic(
        "campaigns", r"unsubscri\w+(?: rates?)?|desinscri\w+|desabonn\w+", ("unsubscribe-rate",),
        Words("{unsubscribe_rate} of the e-mails that were sent end in somebody unsubscribing."),
        ADS, "letters--email", ("letters--",),
        Words("{name}: {unsubscribe_rate} unsubscribe."), Words("{name}: {unsubscribe_rate}"),
    ),
    Topic(
        "segments", r"\b(?:best|top|biggest|most valuable|meilleure?s?|plus gros(?:ses)?)\b "
        r"\b(?:customers?|clients?|clientes?|buyers|acheteurs)\b", ("revenue-share", "customers"),
        Words("{name}: {customers}, who bring {revenue_share} of sales. Who they are by name is "
              "not kept here."), ORDERS, "champions",
    ),
    Topic(
        "segments", r"\b(?:how many|combien de?|nombre de|number of) (.*?)"
        r"\b(?:customers?|clients?|clientes?|buyers|acheteurs|people|personnes)\b",
        ("customers",), Words("{customers} have ordered from you so far."), ORDERS,
        "all", ("",), Words("{name}: {customers}, {share_of_customers} of all."),
        Words("{name}: {customers}"),
    ),
    Topic(
        "sellers", rf"(?:{BEST_SOLD} )?\b(?:(?:which|what|best|top|quelles?|meilleures?) )?"
        rf"(?:\w+ )?categor\w+(?: (?:se )?(?:{SOLD}))?", ("revenue", "units"), SELLS, ORDERS,
        "", ("category-",), SELLS_BEST, SELLS, period=True,
    ),
    Topic(
        "sellers", BEST_SOLD, ("revenue", "units"), SELLS, ORDERS,
        "", ("product-",), SELLS_BEST, SELLS, period=True,
    ),
    Topic(
        "sellers", BEST_SOLD, ("revenue", "units"), SELLS, ORDERS,
        "", ("category-",), SELLS_BEST, SELLS, period=True,
    ),
    Topic(
        "sellers", r"average (?:order|basket)(?: value)?|\baov\b|paniers? moyens?|"
        r"commandes? moyennes?|(?:customers|buyers|people|clients|clientes) (?:spen[dt]|depens\w+)|"
        r"depens\w+ (?:nos|les|vos) (?:clients|clientes|acheteurs)", ("average-order", "orders"),
        Words("An order is {average_order} on average ({orders} from {since} to {until})."),
        ORDERS, "all", period=True,
    ),
    Topic(
        "segments", r"average (?:order|basket)(?: value)?|\baov\b|paniers? moyens?|"
        r"commandes? moyennes?|(?:customers|buyers|people|clients|clientes) (?:spen[dt]|depens\w+)|"
        r"depens\w+ (?:nos|les|vos) (?:clients|clientes|acheteurs)", ("average-order",),
        Words("An order is {average_order} on average."), ORDERS, "all", ("",),
        Words("{name}: an order is {average_order} on average."),
        Words("{name}: {average_order}"),
    ),
    Topic(
        "segments", r"(?:share of |part (?:du |des |de ))?(?:revenue|sales|turnover|"
        r"chiffre d'affaires|ventes)\b(.*)\b(?:customers?|clients?|segments?|groups?|groupes?)\b|"
        r"\b(?:customers?|clients?|segments?|groups?|groupes?)\b(.*)\b(?:revenue|sales|turnover|"
        r"chiffre d'affaires|ventes|rapportent?|brings?)\b", ("revenue-share",),
        Words("{revenue_share} of sales."), ORDERS, "", ("",),
        Words("{name} bring {revenue_share} of sales."), Words("{name}: {revenue_share}"),
    ),
    Topic(
        "segments", r"(?:buy|order|come back|purchase)\w*(?: a)? (?:again|second)(?: time)?|"
        r"second (?:order|purchase)|repeat(?: purchase)?(?: rate)?|revien\w+|rachet\w+|"
        r"(?:customers|buyers|shoppers|people) (?:who )?(?:come|comes|came) back|"
        r"(?:deuxieme|second) (?:achat|commande)|reachat", ("share-90-days",),
        Words("{share_90_days} of those who order for the first time order again within 90 days."),
        ORDERS, "second-purchase", ("first-",),
        Words("{share_90_days} of those who begin with {name} order again within 90 days."),
        Words("{name}: {share_90_days}"),
    ),
    Topic(
        "sellers", r"\b(?:revenue|turnover|chif+res? d[' ] ?af+aires?)\b", ("revenue", "orders"),
        Words("You sold for {revenue} from {since} to {until} ({orders})."), ORDERS, "all",
        period=True, dated=True,
    ),
    Topic(
        "trends", r"\b(?:revenue|turnover|sales|chiffre d'affaires|\bca\b|ventes|sold|vendu\w*|"
        r"vend)\b",
        ("last", "expected", "status"),
        Words("In the week of {week} you sold for {last}; {expected} were expected ({verdict})."),
        ORDERS, "total-revenue", ("category-", "product-"),
        Words("{name}: {last} in the week of {week}; {expected} were expected ({verdict})."),
        Words("{name}: {last}"), weekly=True,
    ),
    Topic(
        "trends", r"\b(?:how many|combien de?|number of|nombre de) (\w+ )?(?:orders|commandes)\b|"
        r"\b(?:orders|commandes)\b", ("last", "expected", "status"),
        Words("In the week of {week} there were {last}; {expected} were expected ({verdict})."),
        ORDERS, "total-orders", weekly=True,
    ),
    Topic(
        "trends", r"\breturn(?:s|ed| rate| rates)?\b|taux de retours?|\bretours?\b|renvoy\w+|"
        r"(?:come|comes|send|sent) back|reviennent|\bpieces\b", ("rate",),
        Words("{rate} of the pieces sold come back."), ORDERS, "returns", ("returns-",),
        Words("{rate} of {name} come back, {rest} of the others ({verdict})."),
        Words("{name}: {rate}"),
    ),
    Topic(
        "delivery", r"\b(?:late|delayed|delays?|retards?|en retard|tardifs?)\b|\b(?:parcels?|colis|"
        r"deliver(?:y|ies|ed)|livraisons?|livres?)\b", ("late",),
        Words("{late} of {parcels} come late; before, it was {before}."), ORDERS,
        "all", ("region-",), Words("Region {name}: {late} of parcels come late, {rest} elsewhere "
        "({verdict})."), Words("{name}: {late}"),
    ),
    Topic(
        "funnel", r"\bconver(?:sion|t)s?(?: rates?)?|taux de (?:conversion|transformation)"
        r"|\b(?:visits?|visites?|visiteurs?|visitors?)\b(?= .*\b(?:buy|order|purchase|acheter|achat"
        r"|commande)\b)",
        ("conversion", "visits", "purchases"),
        Words("{conversion} of the visits end in an order ({purchases} of {visits}, from {since} "
              "to {until})."), VISITS, "visits-all", tuple(VISITED),
        Words("{name}: {conversion} of the visits end in an order ({purchases} of {visits}, from "
              "{since} to {until})."), Words("{name}: {conversion}"), period=True,
        figure=Words("Visits that end in an order"), cuts=VISITED, beside=("visits", "purchases"),
    ),
    Topic(
        "funnel", r"\b(?:visits?|visites?|sessions?|traffic|trafic|visiteurs?|visitors?)\b",
        ("visits",), Words("{visits} from {since} to {until}."), VISITS, "visits-all",
        tuple(VISITED), Words("{name}: {visits} from {since} to {until}."),
        Words("{name}: {visits}"), period=True, figure=Words("Visits"), cuts=VISITED,
    ),
    Topic(
        "funnel", r"\b(?:check ?out|cart|basket|panier|paiement|abandon\w*|payment)\b",
        ("rate", "before", "status"),
        Words("{rate} of the visits that reach the checkout end in an order; before, it was "
              "{before} ({verdict})."), VISITS, "total-all-checkout-to-purchase",
        ("device-", "source-", "country-", "product-"),
        Words("{name}: {rate} of the visits pass the step {step}; before, it was {before} "
              "({verdict})."), Words("{name}: {rate}"), period=True,
    ),
    Topic(
        "feedback", r"\b(?:how many|combien d[e' ]|number of|nombre d[e' ])\W*(\w+ )?(?:reviews?|"
        r"comments?|feedbacks?|messages?|avis|commentaires?)\b|\b(?:reviews?|avis)\b", ("texts",),
        Words("{texts} reviews and messages are in the library."), REVIEWS,
        "all", ("",), Words("{texts} reviews and messages speak of {name}."),
        Words("{name}: {texts}"), period=True,
    ),
    Topic(
        "feedback", r"(?:average |mean )?(?:rating|stars?|score)s?\b|\bnotes?(?: moyennes?)?\b|"
        r"etoiles?", ("rating",), Words("The mean rating is {rating}."), REVIEWS, "all", ("",),
        Words("{name}: those who speak of it give {rating} on average."), Words("{name}: {rating}"),
        period=True,
    ),
    Topic(
        "product", r"\b(?:price|prices|costs?|prix|coute\w*|tarif)\b", ("price",),
        Words("{name} costs {price}."), CATALOGUE,
    ),
    Topic(
        "product", r"\b(?:in )?stock\b|\bleft\b|\breste\w*|disponib\w*|available", ("stock",),
        Words("{name}: {stock} in stock."), CATALOGUE,
    ),
    Topic(
        "product", r"\bsizes?\b|\btailles?\b", ("sizes",), Words("{name} comes in {sizes}."),
        CATALOGUE,
    ),
    Topic(
        "product", r"\bcolou?rs?\b|\bcouleurs?\b|\bcoloris\b", ("colours",),
        Words("{name} comes in {colours}."), CATALOGUE,
    ),
    Topic(
        "product", r"\bmade of\b|\bmaterials?\b|\bmatieres?\b|\ben quoi\b|composition",
        ("materials",), Words("{name} is made of {materials}."), CATALOGUE,
    ),
)  # fmt: skip
