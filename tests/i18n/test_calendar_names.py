"""Names of months and weekdays, and the keys that stored facts hold."""

from bot.i18n.messages import Words
from bot.i18n.periods import (
    get_weekday_key,
    index_month_names,
    index_weekday_names,
    list_month_names,
    list_weekday_names,
)


def test_names_are_in_the_order_of_the_calendar() -> None:
    assert list_month_names("en")[0] == "January"
    assert list_month_names("fr")[7] == "août"
    assert (list_weekday_names("en")[0], list_weekday_names("fr")[6]) == ("Monday", "dimanche")


def test_names_are_found_in_both_languages_without_accents() -> None:
    months, days = index_month_names(), index_weekday_names()
    assert (len(months), len(days)) == (24, 14)
    assert (months["february"], months["fevrier"]) == (2, 2)
    assert (days["monday"], days["dimanche"]) == (0, 6)


def test_stored_weekday_is_shown_in_the_language_of_the_reader() -> None:
    assert [get_weekday_key(number) for number in (0, 6)] == ["monday", "sunday"]
    for stored in (get_weekday_key(2), "Wednesday"):
        assert Words(stored).to("fr") == "mercredi"
        assert Words(stored).to("en") == stored
