"""The shortcut on a message that checks its text."""

from tests.slack.bench import MARIE, MARKETING, Bench
from tests.support.slack_actions import run_shortcut


async def test_shortcut_checks_the_message_for_the_person_alone(bench: Bench) -> None:
    text = "Our linen shirt, now €5, guaranteed for life."
    message = await bench.slack.post_message(MARIE, MARKETING, text)
    answer = await run_shortcut(bench.slack, MARIE, "check_text", message)
    assert answer.status == 200
    (task,) = [task for task in bench.tasks if task.form.get("skill") == "check"]
    assert (task.words, task.author, task.private) == (text, MARIE, True)
