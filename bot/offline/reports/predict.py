"""Who is likely to buy again, who drifts away, or what is bought next, without an AI."""

from typing import Any

from pydantic import BaseModel

from bot.core.fact_sentences import list_unanswerable
from bot.core.facts import Evidence
from bot.core.parts import Copy, NextStep
from bot.core.report import MissingData, Report
from bot.data.analyses.forecast.next_category import NO_CATEGORIES
from bot.i18n.messages import quote_name
from bot.offline.report_builder import ReportBuilder
from bot.offline.routing import asks_for

SILENCE_GROUPS = ("in-rhythm", "drifting", "silent-longer")
LEAVING_GROUPS = ("at-risk", "drifting-away")
TENTHS, MAX_TRANSITIONS = 10, 8


async def write_report(builder: ReportBuilder) -> BaseModel:
    words = builder.request.brief.words
    await builder.look_up("behaviour")
    if asks_for("leaving", words):
        await builder.look_up("segments")
        report: BaseModel | None = await _report_leaving(builder)
    elif asks_for("next", words):
        report = await _report_next(builder)
    else:
        report = await _report_repurchase(builder)
    return report or builder.report_missing("behaviour")


async def _report_repurchase(builder: ReportBuilder) -> Report | None:
    groups = builder.subjects("behaviour", "buy-")
    whole = next((group for group in groups.values() if group.get("backtest-auc")), None)
    if whole is None:
        return None
    names = [f"{whole.key}-tenth-{n}" for n in range(1, TENTHS + 1)]
    tenths = [groups[name] for name in names if name in groups]
    top, rest = groups.get(f"{whole.key}-top"), groups.get(f"{whole.key}-rest")
    if not tenths or top is None or rest is None:
        return None
    days = whole.key.split("-")[1]
    drawn = builder.words("charts.again", days=days)
    first, last = tenths[0].get("bought"), tenths[-1].get("bought")
    given = {"likeliest": top.get("customers"), "share": first}
    refusals = list_unanswerable(builder.evidence, "behaviour")
    reasons = [one for one in refusals if one.value != NO_CATEGORIES.to(builder.language)]
    why = " ".join(one.spelled(builder.language) for one in reasons)
    return await builder.build(
        builder.write(whole, "buyers", "likeliest", days=days, **given),
        [
            builder.write(whole, "tried", days=days, top=first, bottom=last),
            builder.write(whole, f"simple_{whole.word('simple-rule') or 'most'}"),
            builder.write(whole, "error"),
        ],
        table=builder.tabulate((top, rest)),
        chart=builder.draw_bars(drawn, tenths, "bought", strong=tenths[0]),
        gaps=False,
        limits=[builder.state("limits.again")],
        cannot_tell=Copy(text=why) if why else None,
        read_as=builder.words("read_as.again", days=days),
        leads=_list_next_steps(builder, "again"),
    )


async def _report_leaving(builder: ReportBuilder) -> Report | None:
    groups, behaviour = builder.subjects("segments"), builder.subjects("behaviour")
    leaving = [groups[key] for key in LEAVING_GROUPS if key in groups]
    by_rhythm = {k.rsplit("-", 2)[0]: one for k, one in behaviour.items() if one.get("windows")}
    past = [by_rhythm[name] for name in SILENCE_GROUPS if name in by_rhythm]
    if len(leaving) < len(LEAVING_GROUPS) or len(past) < len(SILENCE_GROUPS):
        return None
    (best, others), (on, silent, longer) = leaving, past
    first = best if best.number("customers") else others
    return await builder.build(
        builder.write(others, "leaving", best=best.get("customers")),
        [
            builder.write(silent, "silent", on=on.get("bought"), longer=longer.get("bought")),
            builder.state("control", group=first.named(builder.language)),
        ],
        table=builder.tabulate(leaving),
        chart=builder.draw_bars("charts.leaving", past, "bought", strong=silent),
        gaps=False,
        limits=[builder.state("limits.leaving")],
        read_as=builder.words("read_as.leaving"),
        leads=_list_next_steps(builder, "leaving"),
    )


async def _report_next(builder: ReportBuilder) -> Report | MissingData:
    """Report what is bought after the product of the request, or after each category."""
    every = builder.subjects("behaviour")
    is_after = asks_for("after", builder.request.brief.words)
    product = every.get("after")
    if product is not None:
        ways = ("after-product-", "after-category-")
        found = [one for way in ways for key, one in every.items() if key.startswith(way)]
        pairs = {one.key: (product.word("subject"), one.about) for one in found}
    else:
        found = [one for one in every.values() if one.get("lift")]
        found = sorted(found, key=lambda one: -one.number("share"))[:MAX_TRANSITIONS]
        pairs = {one.key: tuple(one.about.split(" → ")) for one in found}  # type: ignore[misc]
    if not found:
        builder.evidence = _keep_reasons_of_next(builder.evidence, builder.language)
        return builder.report_missing("behaviour")
    top, (before, after) = found[0], pairs[found[0].key]
    anyway = top.status not in ("", "more often")
    given = {"before": quote_name(before), "after": quote_name(after)}
    names = [f"{a} → {b}" for a, b in pairs.values()]
    thing = builder.words("new_there") if before == after else after
    return await builder.build(
        builder.write(top, "next_anyway" if anyway else "next", **given),
        [builder.write(product or every.get("next-purchases"), "compared_products", "compared")],
        table=builder.tabulate(found, "next_columns", names),
        chart=builder.draw_bars("charts.next", found, "share", strong=top, names=names),
        gaps=False,
        limits=[builder.state("limits.next")],
        cannot_tell=builder.state("no_product") if is_after and product is None else None,
        read_as=builder.words("read_as.next"),
        leads=_list_next_steps(builder, "next", before=before, after=after, thing=thing),
    )


def _keep_reasons_of_next(evidence: Evidence, language: str) -> Evidence:
    """Keep why it can't be told what is bought next, without the refusals of other forecasts."""
    reasons = list_unanswerable(evidence, "behaviour")
    if any(fact.id == "behaviour.after.subject" for fact in evidence.facts):
        return Evidence(facts=tuple(reasons[:1]))
    kept = [fact for fact in reasons if fact.value == NO_CATEGORIES.to(language)]
    return Evidence(facts=tuple(kept or reasons))


def _list_next_steps(builder: ReportBuilder, key: str, **params: Any) -> list[NextStep]:
    return [builder.step(key, **params), builder.step(f"{key}_letter", **params)]
