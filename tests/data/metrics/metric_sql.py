"""Every measure once more as plain SQL, to hold the engine against. Written apart from it.

`{where}` is a condition on the rows, `{since}` and `{until}` are days."""

LINES = """
WITH lines AS (
  SELECT *, "at"::DATE AS day, coalesce(quantity, 1) AS pieces FROM orders
  WHERE coalesce(lower(status), '') NOT IN ('cancelled', 'canceled')
    AND coalesce(currency, 'EUR') = 'EUR'
    AND NOT (amount = 0 AND coalesce(quantity, 1) <= 0)
    AND "at"::DATE BETWEEN '{since}' AND '{until}' AND {where}),
each AS (SELECT "order", max(customer) AS customer, sum(amount) AS paid, min(day) AS day,
    sum(pieces) AS pieces, bool_or(CASE WHEN promised < DATE '2026-11-24'
      THEN delivered IS NULL OR delivered > promised END) AS late,
    bool_or(discount > 0) AS reduced, count(code) > 0 AS coded FROM lines GROUP BY "order"),
bought AS (SELECT * FROM each WHERE paid >= 0),
firsts AS (SELECT customer, min("at"::DATE) AS first_day FROM orders
    WHERE coalesce(lower(status), '') NOT IN ('cancelled', 'canceled') AND customer IS NOT NULL
    GROUP BY customer),
people AS (SELECT customer, count(*) AS orders FROM bought WHERE customer IS NOT NULL
    GROUP BY customer),
refunds AS (SELECT bool_or(amount < 0 OR refunded IS NOT NULL) AS by_amount FROM orders
  WHERE coalesce(lower(status), '') NOT IN ('cancelled', 'canceled')),
spent AS (SELECT lines.customer, sum(amount) AS paid,
    sum(amount - CASE WHEN (SELECT by_amount FROM refunds) THEN coalesce(refunded, 0)
      WHEN returned AND amount >= 0 THEN amount ELSE 0 END) AS net FROM lines
    WHERE lines.customer IN (SELECT customer FROM people) GROUP BY lines.customer),
ranked AS (SELECT *, row_number() OVER (ORDER BY paid DESC, customer) AS place,
    row_number() OVER (ORDER BY net DESC, customer) AS net_place,
    count(*) OVER () AS many FROM spent),
days AS (SELECT DISTINCT customer, day FROM bought WHERE customer IS NOT NULL),
gaps AS (SELECT day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS gap FROM days),
ever AS (SELECT customer, "order", min("at") AS placed FROM orders
  WHERE coalesce(lower(status), '') NOT IN ('cancelled', 'canceled')
    AND coalesce(currency, 'EUR') = 'EUR' AND customer IS NOT NULL
    AND NOT (amount = 0 AND coalesce(quantity, 1) <= 0)
  GROUP BY customer, "order" HAVING sum(amount) >= 0),
numbered AS (SELECT *, row_number() OVER (PARTITION BY customer ORDER BY placed, "order") AS nth
  FROM ever),
seconds AS (SELECT customer, placed::DATE AS second_day FROM numbered WHERE nth = 2),
newcomers AS (SELECT DISTINCT lines.customer, first_day, second_day,
    second_day - first_day AS wait, DATE '2026-11-24' - first_day AS known
  FROM lines JOIN firsts USING (customer) LEFT JOIN seconds USING (customer)
  WHERE day = first_day AND "order" IN (SELECT "order" FROM bought))
"""
REVENUE = "(SELECT sum(amount) FROM lines)"
ORDERS = "(SELECT count(*) FROM bought)"
CUSTOMERS = "(SELECT count(*) FROM people)"


def _top(n: int) -> str:
    return f"""SELECT 100.0 * sum(paid) FILTER (place <= ceil(many * {n} / 100.0)) / sum(paid)
        FROM ranked"""


def _net_top(n: int) -> str:
    return f"""SELECT 100.0 * sum(net) FILTER (net_place <= ceil(many * {n} / 100.0)) / sum(net)
        FROM ranked"""


ORDER_MEASURES = {
    "revenue": f"SELECT {REVENUE}",
    "gross_revenue": "SELECT sum(amount) FROM lines WHERE amount >= 0",
    "refunded": """SELECT coalesce(-sum(amount) FILTER (amount < 0), 0)
        + coalesce(sum(refunded), 0) FROM lines""",
    "net_revenue": """SELECT sum(amount - CASE WHEN (SELECT by_amount FROM refunds)
        THEN coalesce(refunded, 0) WHEN returned AND amount >= 0 THEN amount ELSE 0 END)
        FROM lines""",
    "returned_revenue": """SELECT sum(CASE WHEN (SELECT by_amount FROM refunds)
        THEN coalesce(refunded, 0) WHEN returned AND amount >= 0 THEN amount ELSE 0 END)
        FROM lines""",
    "revenue_before_discounts": """SELECT sum(amount)
        + coalesce(sum(discount) FILTER (discount > 0), 0) FROM lines""",
    "discounts": "SELECT sum(discount) FROM lines WHERE discount > 0",
    "discount_depth": """SELECT 100.0 * sum(discount) / sum(amount + discount) FROM lines
        WHERE discount > 0""",
    "discounted_orders": "SELECT count(*) FROM bought WHERE reduced",
    "discounted_share": "SELECT 100.0 * count(*) FILTER (reduced) / count(*) FROM bought",
    "code_share": "SELECT 100.0 * count(*) FILTER (coded) / count(*) FROM bought",
    "median_days_to_second_order": "SELECT median(wait) FROM newcomers",
    "mean_days_to_second_order": "SELECT avg(wait) FROM newcomers",
    **{
        f"reordered_{n}_days": f"SELECT count(*) FROM newcomers WHERE known >= {n} AND wait <= {n}"
        for n in (30, 90, 180, 365)
    },
    **{
        f"newcomers_{n}_days": f"SELECT count(*) FROM newcomers WHERE known >= {n}"
        for n in (30, 90, 180, 365)
    },
    **{
        f"reorder_rate_{n}_days": f"""SELECT 100.0 * count(*) FILTER (wait <= {n}) / count(*)
            FROM newcomers WHERE known >= {n}"""
        for n in (30, 90, 180, 365)
    },
    "lifetime_value": f"""SELECT (SELECT sum(amount) FROM lines WHERE customer IS NOT NULL)
        / {CUSTOMERS}""",
    "median_days_since_last_order": """SELECT median(DATE '2026-11-24' - last) FROM
        (SELECT max(day) AS last FROM bought WHERE customer IS NOT NULL GROUP BY customer)""",
    "days_since_last_sale": "SELECT DATE '2026-11-24' - max(day) FROM bought",
    "orders": f"SELECT {ORDERS}",
    "units": "SELECT sum(pieces) FROM lines",
    "customers": f"SELECT {CUSTOMERS}",
    "new_customers": """SELECT count(DISTINCT customer) FROM lines JOIN firsts USING (customer)
        WHERE day = first_day AND "order" IN (SELECT "order" FROM bought)""",
    "repeat_customers": "SELECT count(*) FROM people WHERE orders > 1",
    "average_order": f"SELECT {REVENUE} / {ORDERS}",
    "median_order": "SELECT median(paid::DOUBLE) FROM bought",
    "revenue_per_customer": f"""SELECT (SELECT sum(amount) FROM lines WHERE customer IS NOT NULL)
        / {CUSTOMERS}""",
    "orders_per_customer": "SELECT avg(orders) FROM people",
    "units_per_order": f"SELECT (SELECT sum(pieces) FROM lines) / {ORDERS}",
    "average_price": f"SELECT {REVENUE} / (SELECT sum(pieces) FROM lines)",
    "returned": "SELECT sum(pieces) FROM lines WHERE returned AND amount >= 0",
    "return_rate": """SELECT 100.0 * sum(pieces) FILTER (returned)
        / sum(pieces) FILTER (returned IS NOT NULL) FROM lines WHERE amount >= 0""",
    "repeat_rate": "SELECT 100.0 * count(*) FILTER (orders > 1) / count(*) FROM people",
    "mean_delivery_days": """SELECT avg(came - day) FROM (SELECT "order", max(delivered) AS came,
        min(day) AS day, sum(amount) AS paid FROM lines GROUP BY "order")
        WHERE paid >= 0 AND came >= day""",
    "undelivered_orders": """SELECT count(*) FROM (SELECT "order", max(delivered) AS came,
        sum(amount) AS paid FROM lines GROUP BY "order") WHERE paid >= 0 AND came IS NULL""",
    "due_orders": "SELECT count(late) FROM bought",
    "late_orders": "SELECT count(*) FROM bought WHERE late",
    "late_share": "SELECT 100.0 * count(*) FILTER (late) / count(late) FROM bought",
    "median_days_between_orders": "SELECT median(gap) FROM gaps",
    "mean_days_between_orders": "SELECT avg(gap) FROM gaps",
    **{f"top_{n}_percent_share": _top(n) for n in (1, 5, 10, 20, 50)},
    **{f"top_{n}_percent_net_share": _net_top(n) for n in (1, 5, 10, 20, 50)},
}
CANCELLED = """
SELECT count(DISTINCT "order") FROM orders WHERE lower(status) IN ('cancelled', 'canceled')
  AND coalesce(currency, 'EUR') = 'EUR' AND "at"::DATE BETWEEN '{since}' AND '{until}' AND {where}
"""
CANCELLED_SHARE = """
WITH placed AS (SELECT "order", bool_or(coalesce(lower(status), '') IN ('cancelled', 'canceled'))
    AS cancelled, sum(amount) AS paid FROM orders
  WHERE coalesce(currency, 'EUR') = 'EUR' AND "at"::DATE BETWEEN '{since}' AND '{until}' AND {where}
    AND NOT (amount = 0 AND coalesce(quantity, 1) <= 0) GROUP BY "order")
SELECT 100.0 * count(*) FILTER (cancelled) / count(*) FROM placed WHERE cancelled OR paid >= 0
"""
VISITS = """
WITH whole AS (SELECT session, min("at")::DATE AS day, max(visitor) AS visitor,
    max(device) AS device, max(country) AS country,
    max(list_position(['view', 'cart', 'checkout', 'purchase'], step)) AS far
  FROM events GROUP BY session),
v AS (SELECT * FROM whole WHERE day BETWEEN '{since}' AND '{until}' AND {where}),
spent AS (SELECT sum(amount) AS amount FROM (SELECT DISTINCT session, "order", amount FROM events
  WHERE step = 'purchase' AND session IN (SELECT session FROM v)))
"""
VISIT_MEASURES = {
    "visits": "SELECT count(*) FROM v",
    "visitors": "SELECT count(DISTINCT visitor) FROM v",
    "visits_with_cart": "SELECT count(*) FROM v WHERE far >= 2",
    "visits_with_checkout": "SELECT count(*) FROM v WHERE far >= 3",
    "visits_with_order": "SELECT count(*) FROM v WHERE far >= 4",
    "conversion": "SELECT 100.0 * count(*) FILTER (far >= 4) / count(*) FROM v",
    "view_to_cart": "SELECT 100.0 * count(*) FILTER (far >= 2) / count(*) FILTER (far >= 1) FROM v",
    "cart_to_checkout": """SELECT 100.0 * count(*) FILTER (far >= 3) / count(*) FILTER (far >= 2)
        FROM v""",
    "checkout_to_order": """SELECT 100.0 * count(*) FILTER (far >= 4) / count(*) FILTER (far >= 3)
        FROM v""",
    "visit_sales": "SELECT amount FROM spent",
    "sales_per_1000_visits": """SELECT 1000.0 * (SELECT amount FROM spent) / count(*) FROM v""",
}
CAMPAIGNS = """
WITH c AS (SELECT *, coalesce(delivered, sent) AS arrived FROM campaigns
  WHERE "at"::DATE BETWEEN '{since}' AND '{until}' AND {where})
"""
CAMPAIGN_MEASURES = {
    **{
        name: f"SELECT sum({name}) FROM c"
        for name in (
            "sent",
            "delivered",
            "opened",
            "clicks",
            "impressions",
            "unsubscribed",
            "spend",
        )
    },
    "spend": "SELECT sum(spend) FROM c",
    "mailings": """SELECT count(DISTINCT (coalesce(id, ''), "at"::DATE))
        FILTER (arrived IS NOT NULL) FROM c""",
    "campaign_orders": "SELECT sum(orders) FROM c",
    "campaign_sales": "SELECT sum(sales) FROM c",
    "open_rate": """SELECT 100.0 * sum(opened) FILTER (arrived IS NOT NULL)
        / sum(arrived) FILTER (opened IS NOT NULL) FROM c""",
    "click_rate": """SELECT 100.0 * sum(clicks) FILTER (coalesce(arrived, impressions) IS NOT NULL)
        / sum(coalesce(arrived, impressions)) FILTER (clicks IS NOT NULL) FROM c""",
    "unsubscribe_rate": """SELECT 100.0 * sum(unsubscribed) FILTER (arrived IS NOT NULL)
        / sum(arrived) FILTER (unsubscribed IS NOT NULL) FROM c""",
    "orders_per_click": """SELECT 100.0 * sum(orders) FILTER (clicks IS NOT NULL)
        / sum(clicks) FILTER (orders IS NOT NULL) FROM c""",
    "cost_per_order": """SELECT sum(spend) FILTER (orders IS NOT NULL)
        / sum(orders) FILTER (spend IS NOT NULL) FROM c""",
    "cost_per_click": """SELECT sum(spend) FILTER (clicks IS NOT NULL)
        / sum(clicks) FILTER (spend IS NOT NULL) FROM c""",
    "cost_per_1000_impressions": """SELECT 1000.0 * sum(spend) FILTER (impressions IS NOT NULL)
        / sum(impressions) FILTER (spend IS NOT NULL) FROM c""",
    "sales_per_spend": """SELECT sum(sales) FILTER (spend IS NOT NULL)
        / sum(spend) FILTER (sales IS NOT NULL) FROM c""",
    "sales_per_1000_sent": """SELECT 1000.0 * sum(sales) FILTER (arrived IS NOT NULL)
        / sum(arrived) FILTER (sales IS NOT NULL) FROM c""",
    "orders_per_1000_sent": """SELECT 1000.0 * sum(orders) FILTER (arrived IS NOT NULL)
        / sum(arrived) FILTER (orders IS NOT NULL) FROM c""",
}
FEEDBACK = """
WITH f AS (SELECT * FROM feedback WHERE "at"::DATE BETWEEN '{since}' AND '{until}' AND {where})
"""
FEEDBACK_MEASURES = {
    "reviews": "SELECT count(*) FROM f",
    "ratings": "SELECT count(rating) FROM f",
    "reviewers": "SELECT count(DISTINCT customer) FROM f",
    "rating": "SELECT avg(rating) FROM f",
    "low_rating_share": "SELECT 100.0 * count(*) FILTER (rating <= 2) / count(rating) FROM f",
    **{f"stars_{n}": f"SELECT count(*) FROM f WHERE round(rating) = {n}" for n in (1, 2, 3, 4, 5)},
}
TRAFFIC = """
WITH t AS (SELECT *, coalesce(orders, conversions) AS ordered FROM traffic
  WHERE day BETWEEN '{since}' AND '{until}' AND page IS NULL AND {where})
"""
TRAFFIC_MEASURES = {
    "sessions": "SELECT sum(sessions) FROM t",
    "engaged_share": "SELECT 100.0 * sum(engaged) / sum(sessions) FROM t",
    "page_views": "SELECT sum(views) FROM t",
    "traffic_orders": "SELECT sum(orders) FROM t",
    "traffic_sales": "SELECT sum(sales) FROM t",
    "traffic_conversion": "SELECT 100.0 * sum(ordered) / sum(sessions) FROM t",
    "sales_per_1000_sessions": "SELECT 1000.0 * sum(sales) / sum(sessions) FROM t",
}
ALL_SQL = {
    **{("orders", name): LINES + sql for name, sql in ORDER_MEASURES.items()},
    ("orders", "cancelled_orders"): CANCELLED,
    ("orders", "cancelled_share"): CANCELLED_SHARE,
    **{("traffic", name): TRAFFIC + sql for name, sql in TRAFFIC_MEASURES.items()},
    **{("visits", name): VISITS + sql for name, sql in VISIT_MEASURES.items()},
    **{("campaigns", name): CAMPAIGNS + sql for name, sql in CAMPAIGN_MEASURES.items()},
    **{("feedback", name): FEEDBACK + sql for name, sql in FEEDBACK_MEASURES.items()},
}
