"""Answer a question from the team's own data, or say what it can't tell."""

from pydantic import BaseModel

from bot.agent.context import SkillContext
from bot.core.request import Question, SkillRequest
from bot.i18n.messages import Words

TITLE = "Answer"
HINT = "how many loyal customers do we have?"
ASKED_BY = (
    r"^\W*(?:and |et |so |alors )?(?:top \d+ |how (?:m\w*ny|m[uc]+h|often|long|high|big"
    r"|is|are|was|were|did|do|does)\b"
    r"|(?:what|which|who|when|where|why)\b|what's\b|who's\b"
    r"|(?:is|are|was|were|did|do|does|has|have) (?:the|our|we|it|there|any|they|my)\b"
    r"|combien\b|quel(?:le)?s?\b|qui\b|quand\b|où\b|pourquoi\b|comment\b|de combien\b"
    r"|(?:à|de|en|dans|sur|pour) quel(?:le)?s?\b|est-ce qu|qu'est-ce qu|que (?:vaut|valent)\b"
    r"|y a-t-il\b|a-t-on\b|avons-nous\b|en combien de\b|(?:peux-tu |can you )?compare[rz]?\b"
    r"|(?:is|are|was|were|do|does|did) .*\b(?:than|versus|vs|up on|down on)\b"
    r"|(?:(?:our|the|total|les?|la|nos|notre) )?(?:sales|revenue|turnover|orders|customers|buyers"
    r"|average (?:order|basket)|ventes|chiffre d'affaires|ca|commandes|clients|panier moyen)\b.*"
    r"(?:\b(?:by|per|par) (?:months?|mois|week ?days?|days?|jours?|hours?|heures?|countr|pays"
    r"|region|région|départ|device|appareil|channel|canal|source|categor|catégor|product|produit)"
    r"|\b(?:vs|versus|compared|contre|par rapport)\b"
    r"|\b(?:in|en|since|depuis|last|yesterday|hier)\b(?!.*\b(?:e-?mail|sms|newsletter|post)\b))"
    r"|(?:our |the |notre |nos |le |les )?(?:cpc|cpa|ctr|roas|costs? per (?:click|order|sale)"
    r"|clicks?(?:-through)? rates?|(?:ad|advertising) (?:spend|costs?)|return on ad spend"
    r"|coûts? (?:par|d'un|d'une|du) (?:clic|commande|vente)|taux de clics?"
    r"|dépenses? (?:de pub|publicitaires?))\b(?!.*\b(?:e-?mail|sms|newsletter|post)\b)"
    r"|.*\b(?:mieux|plus|moins|better|worse|more|less) (?:que\b|qu'|than\b).*\?\s*$"
    r"|(?:our |nos |notre |le )?(?:best[- ]?sellers?|meilleures? ventes?|average (?:order|basket)"
    r"|panier moyen)\b(?! (?:e-?mail|newsletter|banner|page))"
    r"|(?:our |nos |notre |the |le |la |les )?(?:top|best|worst|strongest|meilleure?|pire)s?"
    r" (?:\d+ )?(?:months?|days?|weeks?|sellers?|products?|countr\w+|categor\w+|codes?|mois"
    r"|journées?|jours?|semaines?|produits?|pays|catégories)\b"
    r"(?!.*\b(?:e-?mail|sms|newsletter|post)\b)"
    r"|(?:did|do|does|has|have|is|are|was|were) (?!you\b|i\b).*\b(?:orders?|sales|revenue|customers"
    r"|people|buyers|returns?|baskets?)\b.*\?\s*$"
    r"|(?:worst|best|slowest|top)[- ](?:selling|sellers?)\b|(?:the |le )?(?:number|nombre)"
    r" (?:of|de) |(?:revenue|sales|orders|ca|ventes|commandes) (?:by|per|par) (?:size|colou?r|code"
    r"|week|semaine|taille|couleur|segment)|qu'ach|.*(?:-t-on|-t-il|-t-elle|-ils|-elles)\b.*\?\s*$"
    r"|(?:return rate|taux de retour|since when|depuis quand|(?:la )?part d[eu']|évolution d[eu]"
    r"|share of"
    r"|(?:average|median|biggest|largest) (?:order|basket)|panier (?:moyen|médian)|monthly"
    r"|(?:first|new|premières) .* (?:vs|versus|et|ou|or|contre) )"
    r"|(?:(?:our|the|total|les?|la|nos|notre) )?(?:sales|revenue|turnover|orders|ventes"
    r"|chiffre d'affaires|ca|commandes) (?:between|from|over|during|for|at|outside|without|on|via"
    r"|entre|pendant|hors|sans|à|pour|des?|du|d'|mensuel)"
    r"(?!.*\b(?:e-?mail (?:to|for|about|pour)|sms (?:to|for|pour)|post)\b)"
    r"|(?:octobre|october|novembre|november) (?:vs|par rapport|compared)|vend-on\b"
    r"|(?:(?:our|the|total|les?|la|nos|notre) )?(?:sales|revenue|turnover|orders|ventes"
    r"|chiffre d'affaires|ca|commandes) (?:year (?:on|over) year|sur un an|yoy)\b"
    r"|year (?:on|over) year (?:sales|revenue|turnover|orders)\b"
    r"|qu'(?:a|ont) (?:donné|rapporté|apporté)\b"
    r"|.*: (?:how did we do|comment (?:ça|cela) s'est passé)\b"
    r"|(?:our |the |le |notre )?(?:conversion rates?|taux de (?:conversion|transformation))\b"
    r"(?!.*\b(?:e-?mail|sms|test)\b)|(?:visits|visites|traffic|trafic) (?:by|per|par|in|en)\b"
    r"|(?:revenue|sales|spend|orders) per (?:customers?|buyers?|heads?|orders?)\b"
    r"|.*\b(?:par rapport à|compared (?:to|with)|versus|vs)\b.*\?\s*$)"
)
TOOLS = (
    "describe_data",
    "query_metrics",
    "calculate",
    "segments",
    "audience",
    "repeat_purchases",
    "bought_next",
    "forecast",
    "trends",
    "funnel",
    "deliveries",
    "experiments",
    "feedback_themes",
    "read_feedback",
    "find_products",
    "product",
    "price_history",
    "read_thread",
    "ask_person",
    "cannot",
)


async def handle(request: SkillRequest, ctx: SkillContext) -> BaseModel | Question:
    if not request.brief.words.strip():
        return ctx.ask(
            Words("What do you want to know? For example: how many loyal customers do we have?")
        )
    return await ctx.write_report(tools=TOOLS)
