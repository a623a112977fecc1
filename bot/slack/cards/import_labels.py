"""Screen names of data kinds and columns, and questions that imported rows can answer."""

from bot.agent.skills import load_skills
from bot.i18n.messages import Words

KIND_LABELS: dict[str, Words] = {
    "orders": Words("Orders"),
    "events": Words("Visits to the shop"),
    "feedback": Words("Customer feedback"),
    "products": Words("Products"),
    "prices": Words("Past prices"),
    "campaigns": Words("Campaign and ad results"),
    "experiments": Words("Tests of variants"),
    "consents": Words("Customers and their consent"),
    "customers": Words("Customers without consent"),
    "returns": Words("Returns and refunds"),
    "traffic": Words("Visitor numbers"),
}

# Columns whose name alone does not say what they hold.
COLUMN_LABELS: dict[str, Words] = {
    "order": Words("order number"),
    "line": Words("line of the order"),
    "at": Words("date"),
    "since": Words("since when"),
    "customer": Words("customer"),
    "visitor": Words("visitor"),
    "unit": Words("person"),
    "product": Words("product"),
    "title": Words("title"),
    "category": Words("category"),
    "variant": Words("variant"),
    "quantity": Words("quantity"),
    "amount": Words("amount"),
    "currency": Words("currency"),
    "status": Words("status"),
    "device": Words("device"),
    "source": Words("where from"),
    "code": Words("campaign code"),
    "country": Words("country"),
    "region": Words("region"),
    "shipped": Words("shipped on"),
    "promised": Words("promised for"),
    "delivered": Words("delivered"),
    "returned": Words("returned"),
    "reason": Words("reason"),
    "session": Words("visit"),
    "step": Words("step"),
    "page": Words("page"),
    "id": Words("reference"),
    "text": Words("text"),
    "rating": Words("rating"),
    "channel": Words("channel"),
    "language": Words("language"),
    "segment": Words("segment"),
    "price": Words("price"),
    "retailer": Words("retailer"),
    "name": Words("name"),
    "audience": Words("audience"),
    "subject": Words("subject line"),
    "keyword": Words("keyword"),
    "placement": Words("placement"),
    "sent": Words("sent"),
    "opened": Words("opened"),
    "impressions": Words("impressions"),
    "clicks": Words("clicks"),
    "unsubscribed": Words("unsubscribed"),
    "orders": Words("orders"),
    "sales": Words("sales"),
    "spend": Words("spend"),
    "budget": Words("budget of the day"),
    "spent_out": Words("budget used up at"),
    "experiment": Words("test"),
    "share": Words("planned share"),
    "metric": Words("measure"),
    "users": Words("people"),
    "successes": Words("successes"),
    "value": Words("value"),
    "email": Words("consent to e-mail"),
    "sms": Words("consent to SMS"),
    "ads_user_data": Words("consent to data for ads"),
    "ads_personalization": Words("consent to personal ads"),
    "opted_out": Words("opted out"),
    "handle": Words("reference"),
    "description": Words("description"),
    "type": Words("category"),
    "vendor": Words("maker"),
    "tags": Words("tags"),
    "sale_price": Words("sale price"),
    "compare_at": Words("price before"),
    "lowest": Words("lowest price in 30 days"),
    "sizes": Words("sizes"),
    "colours": Words("colours"),
    "materials": Words("materials"),
    "link": Words("link"),
    "stock": Words("stock"),
    "unit_price": Words("price of one"),
    "line_discount": Words("discount of the line"),
    "size": Words("size"),
    "colour": Words("colour"),
    "time": Words("hour"),
    "age": Words("age"),
    "gender": Words("gender"),
    "discount": Words("discount"),
    "tax": Words("tax"),
    "shipping": Words("shipping costs"),
    "refunded": Words("paid back"),
    "until": Words("last day"),
    "day": Words("day"),
    "level": Words("loyalty level"),
    "points": Words("loyalty points"),
    "spent": Words("spent so far"),
    "last_order": Words("last order"),
    "medium": Words("medium"),
    "campaign": Words("campaign"),
    "sessions": Words("visits"),
    "new_users": Words("new visitors"),
    "engaged": Words("engaged visits"),
    "views": Words("pages seen"),
    "conversions": Words("conversions"),
    "gross": Words("sales before discounts"),
}

# Other readings of what was assumed about a file.
FORMAT_CHOICES: dict[tuple[str, str], Words] = {
    ("dates", "day-first"): Words("Its dates are day/month"),
    ("dates", "month-first"): Words("Its dates are month/day"),
    ("dates", "year-first"): Words("Its dates begin with the year"),
    ("decimal", "comma"): Words("Its decimal sign is the comma"),
    ("decimal", "point"): Words("Its decimal sign is the point"),
    ("split", "equal"): Words("Its tests were meant to be split equally"),
    **{
        ("currency", code): Words("Its amounts are in {code}", code=code)
        for code in ("EUR", "GBP", "USD", "CHF", "CAD", "AUD", "BRL", "MAD")
    },
}

# What happens to a column's values, where that is not obvious.
CONVERSION_LABELS: dict[str, Words] = {
    "keyed": Words("replaced by a key"),
    "yes/no": Words("yes or no"),
    "number": Words("as a number"),
    "time": Words("with its time"),
    "step": Words("steps renamed"),
    "status": Words("statuses renamed"),
    "reference": Words("made comparable"),
    "part of a text": Words("part of a text"),
    "a metric": Words("a measure of its own"),
    "a factor": Words("multiplied"),
    "day of the time": Words("the day of it"),
}

# A question, the skill that answers it, and the data kinds that it needs.
EXAMPLE_QUESTIONS: tuple[tuple[str, tuple[str, ...], Words], ...] = (
    ("targeting", ("orders", "consents"), Words("Whom should I target this month?")),
    ("trends", ("orders", "events"), Words("What moved in the last weeks?")),
    ("blockers", ("events", "campaigns"), Words("What blocks our sales now?")),
    ("feedback", ("feedback",), Words("What do customers complain about?")),
    ("experiment", ("experiments",), Words("Which variant won?")),
    ("predict", ("orders",), Words("Who is likely to buy again?")),
    ("draft", ("products", "prices"), Words("Draft an e-mail for one of these products")),
    ("draft", ("orders",), Words("Draft an e-mail for our best seller")),
    ("draft", ("feedback",), Words("Draft a text that answers the main complaint")),
    ("draft", ("consents", "campaigns"), Words("Draft an e-mail for customers who drift away")),
)


def label_kind(kind: str) -> Words:
    return KIND_LABELS.get(kind, Words("{kind}", kind=kind))


def label_column(column: str) -> Words:
    return COLUMN_LABELS.get(column, Words("{column}", column=column.replace("_", " ")))


def suggest_questions(kind: str, limit: int = 3) -> list[Words]:
    """Return questions that people can ask about this kind of rows, with the installed skills."""
    skills = load_skills()
    return [ask for skill, kinds, ask in EXAMPLE_QUESTIONS if skill in skills and kind in kinds][
        :limit
    ]
