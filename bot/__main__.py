"""The command line of Super-Intern: its parser, and the messages for errors."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code. An error is printed as a sentence."""
    args = parser().parse_args(arguments)
    from bot.config.settings import SettingsError, limit_math_threads
    from bot.errors import CannotDo, TryAgain
    from bot.text.escape import strip_hidden

    limit_math_threads()
    try:
        code = int(import_module("bot.cli").run_command(args))
        sys.stdout.flush()
        return code
    except CannotDo as reason:
        print(strip_hidden(reason.words.to(_choose_language(args))), file=sys.stderr)
    except TryAgain as later:
        words = later.words.to(_choose_language(args)) if later.words else str(later)
        print(strip_hidden(words), file=sys.stderr)
    except SettingsError as mistake:
        print(strip_hidden(str(mistake)), file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has ended: end silently
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as bug:  # noqa: BLE001  a person typed this: a sentence, not a traceback
        if (message := _describe_failure(bug)) is not None:
            print(strip_hidden(message), file=sys.stderr)
            return 2
        print(strip_hidden(_describe_bug(bug)), file=sys.stderr)
        return 70
    return 2


def _choose_language(args: argparse.Namespace) -> str:
    """Return the language of an error: that of the words of `ask`, or the one asked for."""
    return getattr(args, "language", None) or "en"


def _describe_failure(bug: Exception) -> str | None:
    """Return the message for a failure of the machine or a damaged database; None otherwise."""
    from bot.config.settings import Settings
    from bot.db.sqlite_file import explain_damage
    from bot.errors import translate_system_error

    damage = explain_damage(Settings.read(), bug)
    if damage is None and (failure := translate_system_error(bug)) is not None:
        damage = failure.words
    return damage.to("en") if damage is not None else None


def _describe_bug(bug: Exception) -> str:
    """Return the message for a bug; with SUPER_INTERN_LOG=DEBUG, the traceback."""
    import traceback

    from bot.config.settings import Settings

    if Settings.read().log == "DEBUG":
        return "".join(traceback.format_exception(bug))
    return (
        f"Something broke on our side ({type(bug).__name__}); nothing was half done. "
        "Run it again with SUPER_INTERN_LOG=DEBUG to see where."
    )


def parser() -> argparse.ArgumentParser:
    from bot.i18n.languages import LANGUAGES

    root = argparse.ArgumentParser(prog="super-intern", description=__import__("bot").__doc__)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    play = commands.add_parser(
        "play", help="try it: a local Slack and the intern, no account needed"
    )
    play.add_argument("--reset", action="store_true", help="start afresh")
    play.add_argument("--fill-only", action="store_true", help="make the sample shop, then end")
    play.add_argument("--no-browser", action="store_true", help="only print the page's address")
    play.add_argument("--port", type=int, default=0, help="the local Slack's port")
    play.add_argument("--terminal", action="store_true", help="here in the terminal, no page")
    play.add_argument("--script", type=Path, help="read what to type from a file, then end")

    serve = commands.add_parser("serve", help="answer Slack, and do the work")
    serve.add_argument("--web-only", action="store_true", help="leave the work to `work`")
    work = commands.add_parser("work", help="do the work; on PostgreSQL, as many as you like")
    for command in (serve, work):
        command.add_argument(
            "--migrate", action="store_true", help="bring the database up to date first"
        )
    commands.add_parser("migrate", help="bring the database up to date")

    try_ = commands.add_parser("try", help="run one skill here, without Slack")
    try_.add_argument("skill", metavar="SKILL", help="for example: draft")
    try_.add_argument("words", metavar="WORDS", nargs="+", help="what you want, in your words")

    try_.add_argument(
        "--preview", action="store_true", help="show what an AI would get, and send nothing"
    )

    ask = commands.add_parser("ask", help="ask the intern here, as a mention in Slack does")
    ask.add_argument("words", metavar="WORDS", nargs="+", help="a request or a question")
    for command in (try_, ask):
        command.add_argument("--json", action="store_true", help="for scripts")
        command.add_argument(
            "--language",
            choices=LANGUAGES,
            default="en" if command is try_ else None,
            help="of what is around it",
        )
        command.add_argument(
            "--as", dest="person", metavar="PERSON", help="whose rights apply: U0123ABCD"
        )

    check = commands.add_parser("check", help="check a text of your own before it goes out")
    check.add_argument("text", metavar="TEXT|FILE", help="the text, or a file with it")
    check.add_argument("--product", help="what it is about, as the catalogue calls it")
    check.add_argument("--channel", help="for example: email, sms, product_page")
    check.add_argument("--market", help="a country of brand.toml: FR")
    check.add_argument("--json", action="store_true", help="the findings, for scripts")
    check.add_argument("--language", choices=LANGUAGES, help="of the text and the findings")

    import_ = commands.add_parser("import", help="take the team's own files in")
    import_.add_argument(
        "files", type=Path, metavar="FILE", nargs="+", help="CSV, Excel, Parquet or JSON Lines"
    )
    import_.add_argument("--as", dest="kind", metavar="KIND", help="what it is: orders, feedback …")
    import_.add_argument(
        "--map", action="append", default=[], metavar="THEIRS=OURS", help="what a column is"
    )
    import_.add_argument("--currency", help="of the amounts, when the file does not say: EUR")
    import_.add_argument(
        "--dates",
        choices=("day-first", "month-first", "year-first"),
        help="how 03/04/26 is meant, when the file does not prove it",
    )
    import_.add_argument(
        "--decimal", choices=("comma", "point"), help="which sign is the decimal one in 1.234"
    )
    import_.add_argument(
        "--split", choices=("equal",), help="how the people of a test were meant to be split"
    )
    import_.add_argument(
        "--sheet", action="append", default=[], metavar="NAME", help="only this sheet of a workbook"
    )
    import_.add_argument("--yes", action="store_true", help="take it in without asking")

    forget = commands.add_parser("forget", help="list the files taken in, remove one's rows")
    forget.add_argument("file", metavar="FILE", nargs="?", help="its name, as it was taken in")
    forget.add_argument("--yes", action="store_true", help="remove them without asking")

    facts = commands.add_parser("facts", help="print what the intern would look up")
    facts.add_argument(
        "kind",
        metavar="KIND",
        help="segments, feedback, trends …, product, all, or a tool: query_metrics …",
    )
    facts.add_argument(
        "params", metavar="PARAMS", nargs="?", help="of a tool, as JSON; the AI gives the same"
    )
    facts.add_argument("--json", action="store_true", help="for scripts, with every query")
    facts.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="only that: product=linen-shirt, country=FR, since=2026-10-01; may be said again",
    )
    for command in (try_, ask, check, import_, forget, facts):
        command.add_argument("--workspace", help="Slack's team id, when there are several")

    key = commands.add_parser("key", help="print the key that live rows are signed with")
    key.add_argument("what", choices=("live",), help="live: for POST /library/KIND")
    key.add_argument("--workspace", help="of this workspace alone: needed when there are several")

    digest = commands.add_parser("digest", help="what a digest would say now")
    digest.add_argument("name", metavar="NAME", help="its name; weekly is there from the start")
    digest.add_argument("--preview", action="store_true", help="print it here; nothing is sent")
    digest.add_argument("--language", choices=LANGUAGES, help="another than is set")
    digest.add_argument("--workspace", help="Slack's team id, when there are several")

    commands.add_parser("manifest", help="print the manifest to make the Slack app from")
    doctor = commands.add_parser("doctor", help="look whether everything is in place")
    doctor.add_argument(
        "--live", action="store_true", help="also call the AI once, with tools; it costs a little"
    )
    doctor.add_argument("--set-aside", metavar="FILE", help="move a damaged file out of the way")
    doctor.add_argument(
        "--give-up", metavar="FILE", help="no longer wait for the rows of a file set aside"
    )
    journal = commands.add_parser("journal", help="the record of what happened")
    verbs = journal.add_subparsers(dest="verb", required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="find changed, missing and cut-off entries")
    verify.add_argument(
        "head", nargs="*", help="one it printed or published before, or a file of them"
    )
    verbs.add_parser("adopt", help="record all rows as they are now, after a restore or a lost key")
    return root


if __name__ == "__main__":
    sys.exit(main())
