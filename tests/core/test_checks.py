"""Findings as people read them: one line for each fault."""

from bot.core.checks import Check, group_checks
from bot.i18n.messages import Words

FROM_BRIEF = Words("From the brief: {quote}. Approving confirms it.")


def stated(quote: str, rule: str = "figure", part: str = "body") -> Check:
    marked = Words("“{quote}”", quote=quote) if rule == "claim" else quote
    words = FROM_BRIEF.with_params(quote=marked)
    return Check(rule=rule, level="stated", words=words, part=part, quote=quote)


def test_what_people_stated_is_one_line() -> None:
    checks = [stated("15%"), stated("NACRE15", part="subject"), stated("the hem is free", "claim")]
    (line,) = group_checks(checks)
    assert line.words.to("en").startswith("From the brief: 15%, NACRE15, “the hem is free”.")


def test_words_within_a_claim_are_left_out_whoever_stated_them() -> None:
    figure = stated("17 December")
    figure = figure.model_copy(update={"words": figure.words.with_params(who="ana")})
    (line,) = group_checks([figure, stated("Order by 17 December", "claim")])
    assert line.words.to("en").startswith("From the brief: “Order by 17 December”.")


def test_words_within_others_are_left_out() -> None:
    checks = [stated("3 au 13 décembre"), stated("13 décembre", part="subject")]
    (line,) = group_checks(checks)
    assert line.words.to("en").startswith("From the brief: 3 au 13 décembre.")


def test_the_same_statement_in_two_wordings_is_named_once() -> None:
    wordings = ["Free delivery from €80", "Today: free delivery, from €80"]
    checks = [stated(one, "claim", f"headline.{at}") for at, one in enumerate(wordings)]
    (line,) = group_checks([*checks, stated("Free gift wrap", "claim")])
    shown = line.words.to("en")
    assert wordings[0] not in shown
    assert wordings[1] in shown
    assert "Free gift wrap" in shown


def test_what_the_data_deny_is_not_told_a_second_time_without_them() -> None:
    denied = Words("Against your data: {quote} ({why}).", quote="kept 48h", why="thirty days")
    claim = stated("kept 48h", "claim").model_copy(update={"words": denied})
    (line,) = group_checks([stated("48h"), claim])
    assert line.words == denied
