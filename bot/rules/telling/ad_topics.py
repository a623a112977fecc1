"""What can be asked of advertising: what it cost, what was clicked, what came; whole or cut."""

from bot.i18n.messages import Words
from bot.rules.telling.questions import Topic

ADS = Words("campaign results with a column for it")
GROUPS = ("retailer--", "name--", "keyword--", "product--", "placement--", "audience--",
          "channel--")  # fmt: skip
_EACH = (
    r"(?:\b(?:by|per|par|each|every|chaque|pour chaque|for each|of each|which|what|quels?|quelles?"
    r"|selon (?:la|le|les|l')|across (?:the|our)?|de (?:nos|vos|chaque)|of (?:our|the))\b"
    r" ?(?:ads? |de la |des |l'|d')?)"
)
CUTS = {  # the subjects that each word cuts by
    "name--": rf"{_EACH}(?:campaigns?|campagnes?)\b|campaign by campaign|campagne par campagne",
    "audience--": rf"{_EACH}(?:audiences?|ad (?:groups?|sets?)|groupes? d'annonces|cibles?)\b",
    "placement--": rf"{_EACH}(?:placements?|emplacements?)\b",
    "keyword--": rf"{_EACH}(?:keywords?|mots?[- ]cles?|search terms?)\b",
    "product--": rf"{_EACH}(?:products?|produits?|articles?|items?)\b",
    "retailer--": rf"{_EACH}(?:retailers?|enseignes?|marketplaces?|accounts?|comptes?)\b",
    "channel--": rf"{_EACH}(?:channels?|canal|canaux)\b",
    "week--": rf"{_EACH}(?:weeks?|semaines?)\b|\bweekly\b|\bhebdomadaires?\b|week by week"
    r"|semaine par semaine",
}
NAMED = {
    "name--": Words("campaign"),
    "audience--": Words("audience"),
    "placement--": Words("placement"),
    "keyword--": Words("keyword"),
    "product--": Words("product"),
    "retailer--": Words("retailer"),
    "channel--": Words("channel"),
    "week--": Words("week"),
    "visits-device-": Words("device"),
    "visits-source-": Words("source"),
    "visits-country-": Words("country"),
}
MADE_OF = {  # the columns that a figure needs
    "return": ("sales", "spend"),
    "cost-per-click": ("spend", "clicks"),
    "cost-per-order": ("spend", "orders"),
    "click-rate": ("clicks", "impressions"),
    "orders-per-click": ("orders", "clicks"),
}
COLUMNS = {
    "sales": Words("for how much was sold"),
    "spend": Words("what was spent"),
    "clicks": Words("how often ads were clicked"),
    "orders": Words("how many orders came of it"),
    "impressions": Words("how often ads were shown"),
}

AD_TOPICS: tuple[Topic, ...] = (
    Topic(
        "campaigns", r"\broas\b|return on (?:ad ?|advertising )?(?:spend|investment)|\broi\b"
        r"|retour sur (?:les |nos )?(?:depenses|investissements?)(?: publicitaires?)?"
        r"|rentab\w+|\b(?:ads?|adverti\w+|pub\w*|campagnes?|campaigns?)\b|pay off",
        ("return", "spend", "sales"),
        Words("Return on ad spend: {return_} ({spend} spent, {sales} sold)."), ADS,
        "ads", GROUPS,
        Words("{name}: return on ad spend {return_} ({spend} spent, {sales} sold)."),
        Words("{name}: {return_}"), period=True,
        figure=Words("Return on ad spend"), cuts=CUTS, beside=("spend", "sales"),
    ),
    Topic(
        "campaigns",
        r"\b(?:which|what|best|quels?|meilleure?s?)\b(.*)\b(?:keywords?|mots?[- ]cles?)\b"
        r"(?:(.*)\b(?:works?|performs?|marchent?|fonctionnent?|sells?|vend)\b)?"
        r"|\bkeywords?\b|\bmots?[- ]cles?\b",
        ("return", "orders", "spend", "sales"),
        Words("The keyword that surely works best is {name}: return on ad spend {return_} "
              "({orders} orders, {spend} spent, {sales} sold)."), ADS, "best", period=True,
    ),
    Topic(
        "campaigns", r"(?:how much|combien|what) (.*)\b(?:spen[dt]|depens\w+)\b(.*)"
        r"\b(?:ads?|adverti\w+|pub\w*)\b|\bad(?:vertising)? spend\b|budget pub\w*|"
        r"depenses? pub\w*|(?<!customers )(?<!buyers )(?<!people )(?<!clients )(?<!clientes )"
        r"(?:spen[dt]|depens\w+)\b(?! (?:nos|les|vos) (?:clients|clientes|acheteurs))",
        ("spend",), Words("{spend} went into advertising."), ADS, "ads",
        GROUPS, Words("{name}: {spend} of advertising."), Words("{name}: {spend}"), period=True,
        figure=Words("Spent on advertising"), cuts=CUTS, beside=("clicks",),
    ),
    Topic(
        "campaigns", r"click(?:-through)? rates?|taux de clics?|\bctr\b"
        r"|how often .*\b(?:ads?|campaigns?)\b .*\bclicked", ("click-rate",),
        Words("{click_rate} of the times an ad was seen, it was clicked."), ADS,
        "ads", ("letters--", *GROUPS),
        Words("{name}: {click_rate} click."), Words("{name}: {click_rate}"), period=True,
        figure=Words("Clicks of the times shown"), cuts=CUTS, beside=("clicks", "impressions"),
    ),
    Topic(
        "campaigns",
        r"costs? (?:per|of an?|for an?|an?|each) clicks?|\bcpc\b|prices? (?:per|of an?) click"
        r"|(?:does|do|did|is|are) (?:an?|one|each|our|the)? ?(?:ads? )?clicks? (?:costs?|worth)"
        r"|(?:pay(?:ing)?|paid) (?:for |per )?(?:an?|one|each|every)? ?clicks?"
        r"|(?:cout\w*|prix|pay\w+)(?:[ -](?:nous|on|t-on|vous))? ?(?:par|du|d'un|le|un|chaque"
        r"|pour un)? ?(?:clics?|cpc)|clics? (?:nous |vous )?(?:cout\w*|revien\w*)",
        ("cost-per-click",),
        Words("A click on an ad costs {cost_per_click}."), ADS, "ads", GROUPS,
        Words("{name}: {cost_per_click} a click."), Words("{name}: {cost_per_click}"), period=True,
        figure=Words("Cost of a click"), cuts=CUTS, beside=("clicks", "spend"), low=True,
    ),
    Topic(
        "campaigns",
        r"costs? (?:per|of an?|for an?|an?) (?:orders?|sales?|purchases?|acquisitions?"
        r"|conversions?)|\bcpa\b|\bcac\b|acquisition costs?"
        r"|(?:does|do|did|is) (?:an?|one|each) (?:order|sale|conversion|acquisition) cost"
        r"|cout\w*(?:[ -](?:nous|vous))? ?(?:par|d'une|une|de l'|d') ?"
        r"(?:commandes?|ventes?|acquisitions?|conversions?)"
        r"|(?:commandes?|ventes?) (?:nous |vous )?(?:cout\w*|revien\w*)", ("cost-per-order",),
        Words("An order costs {cost_per_order} of advertising."), ADS, "ads", GROUPS,
        Words("{name}: {cost_per_order} an order."), Words("{name}: {cost_per_order}"), period=True,
        figure=Words("Advertising for an order"), cuts=CUTS, beside=("orders", "spend"), low=True,
    ),
    Topic(  # how it goes, where a file does not say for how much was sold
        "campaigns", r"\b(?:ads?|adverti\w+|pub\w*|campagnes?|campaigns?)\b|rentab\w+|pay off",
        ("cost-per-order",), Words("An order costs {cost_per_order} of advertising."), ADS, "ads",
        GROUPS, Words("{name}: {cost_per_order} an order."), Words("{name}: {cost_per_order}"),
        period=True, figure=Words("Advertising for an order"), cuts=CUTS,
        beside=("orders", "spend"), low=True,
    ),
    Topic(
        "campaigns",
        r"orders? per click|clicks? (?:to|per) (?:orders?|sales?)|commandes? par clics?"
        r"|(?:conversion rates?|taux de (?:conversion|transformation)) (?:of|on|from|in|de"
        r"|des|sur|par|by) (?:our |the |les |nos |la )?(?:ads?|advertising|campaigns?"
        r"|pub\w*|campagnes?)"
        r"|clicks? (?:that )?(?:end|ends|ended|turn|convert)\w* (?:in|into)? ?(?:an? )?"
        r"(?:orders?|sales?)?",
        ("orders-per-click",),
        Words("{orders_per_click} of the clicks on ads end in an order."), ADS, "ads", GROUPS,
        Words("{name}: {orders_per_click} of the clicks end in an order."),
        Words("{name}: {orders_per_click}"), period=True,
        figure=Words("Clicks that end in an order"), cuts=CUTS, beside=("orders", "clicks"),
    ),
    Topic(
        "campaigns",
        r"(?:how many|combien de|number of|nombre de) (?:ads? )?(?:clicks?|clics?)\b"
        r"|\b(?:clicks|clics) (?:by|per|par)\b", ("clicks",),
        Words("{clicks} clicks on ads."), ADS, "ads", GROUPS,
        Words("{name}: {clicks} clicks."), Words("{name}: {clicks}"), period=True,
        figure=Words("Clicks"), cuts=CUTS, beside=("spend",),
    ),
    Topic(
        "campaigns",
        r"(?:how many|combien d'?e?|number of|nombre d'?e?) ?(?:impressions?|affichages?)\b"
        r"|\b(?:impressions|affichages) (?:by|per|par)\b", ("impressions",),
        Words("Ads were shown {impressions} times."), ADS, "ads", GROUPS,
        Words("{name}: shown {impressions} times."), Words("{name}: {impressions}"), period=True,
        figure=Words("Times shown"), cuts=CUTS, beside=("clicks",),
    ),
)  # fmt: skip
