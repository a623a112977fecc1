"""How the line on a card that says how a question was read is put together."""

from bot.agent.report_writer import join_parts


def test_a_text_stands_once_and_of_many_names_the_first_three() -> None:
    ranges = ["Candles", "Bath", "Tableware", "Bath", "Bedding", "Kitchen"]
    assert (
        join_parts([["Advertising"], ["advertising"], ["October"]], "en") == "Advertising · October"
    )
    line = join_parts([["reviews"], ranges], "en")
    assert line.startswith("reviews · Candles, Bath, Tableware and")
    assert "Kitchen" not in line
