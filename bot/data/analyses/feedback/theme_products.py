"""Count the texts on a theme by the product that they are about."""

from collections import Counter
from functools import partial

import numpy as np

from bot.data.analyses.cache import MentionCache
from bot.data.analyses.feedback.quotes import find_theme
from bot.data.analyses.feedback.texts import (
    choose_periods,
    is_of_few,
    list_values,
    read_texts,
    select_feedback,
)
from bot.data.analyses.feedback.theme_table import build_theme_table, is_complaint
from bot.data.analyses.products import load_product_titles
from bot.data.analyses.result import AnalysisFilter, AnalysisResult
from bot.data.warehouse.query import defer_sql
from bot.data.warehouse.warehouse import Warehouse
from bot.text.normalize import slugify

MAX_PRODUCTS = 8


def find_products(warehouse: Warehouse, filter_: AnalysisFilter, *, theme: str) -> AnalysisResult:
    """Return feedback.of-<product>.texts-on-it, .complaints-on-it and .all-texts, the products
    with the most texts on it first. Of a place or segment there is nothing where too few people
    wrote. `theme` is its key or its name."""
    result = AnalysisResult.from_table("feedback", warehouse, "feedback", of_texts=True)
    expression = select_feedback(warehouse, filter_)
    result.queries["texts"] = defer_sql(expression)
    texts = read_texts(warehouse, expression, filter_)
    table = build_theme_table(texts, MentionCache.of(warehouse))
    periods = choose_periods(filter_, result.as_of)
    table = table.select(periods.level(texts) & table.listed)
    key = find_theme(theme, {name: table.titles[name] for name in table.column})
    if key is None or not table.texts or is_of_few(table.texts, filter_, warehouse.floor):
        return result
    flags = table.flags_of(key)
    products = np.array(list_values(table.texts, "product"), dtype=object)
    told = Counter(product for product in products[flags > 0] if product is not None)
    ranked = sorted(told.items(), key=lambda one: (-one[1], str(one[0])))
    titles = load_product_titles(warehouse, [product for product, _ in ranked])
    known = [text.day for text in table.texts if text.day]
    first = filter_.since or min(known, default=None)
    last = filter_.until or max(known, default=None)
    for product, mentions in ranked[:MAX_PRODUCTS]:
        here = products == product
        whole = int(here.sum())
        add = partial(
            result.add,
            f"of-{slugify(product)}",
            about=f"{table.titles[key]}, {titles.get(product, product)}",
            rows=whole,
            days=(first, last) if first and last else None,
            query="texts",
        )
        add("texts-on-it", mentions)
        add("complaints-on-it", int((is_complaint(flags) & here).sum()))
        add("all-texts", whole)
    return result
