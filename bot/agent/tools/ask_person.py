"""Asks the person one question and ends the work until they answer. Only when the product, the goal
or the meaning can't be known from the request, the thread or the data, and an assumption would
likely be wrong. Up to three short answers to tap; none for a free answer.
Not for what another tool can look up, and never for several questions at once.
Example: {"question": "Which shirt do you mean?", "options": ["Linen shirt", "Cotton shirt"]}
"""

from bot.agent.tool import ToolDeps, ToolError, ToolParams, ToolResult

ENDS_LOOP = True
MAX_OPTIONS, MAX_OPTION_LENGTH, MAX_QUESTION_LENGTH = 3, 60, 300


class Params(ToolParams):
    question: str
    options: list[str]


async def run(params: Params, deps: ToolDeps) -> ToolResult:
    """Check the question. The notes are the question and its options."""
    question = params.question.strip()
    options = [option.strip() for option in params.options]
    if not 0 < len(question) <= MAX_QUESTION_LENGTH:
        raise ToolError(f"The question must have 1 to {MAX_QUESTION_LENGTH} characters.")
    if len(options) > MAX_OPTIONS:
        raise ToolError(f"At most {MAX_OPTIONS} options, not {len(options)}.")
    if any(not 0 < len(option) <= MAX_OPTION_LENGTH for option in options):
        raise ToolError(f"Each option must have 1 to {MAX_OPTION_LENGTH} characters.")
    if len({option.lower() for option in options}) < len(options):
        raise ToolError("Two options are the same.")
    return ToolResult(notes=(question, *options))
