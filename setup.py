"""Which packages the wheel holds; everything else about the project is in pyproject.toml.

`prompts/` stands beside `bot/` in a checkout. In the wheel it goes inside, as `bot/prompt_files/`,
so that installing it adds no package called `prompts`.
"""

from setuptools import find_namespace_packages, setup

setup(
    packages=[
        *find_namespace_packages(
            include=["bot", "bot.*", "handlers", "handlers.*"],
            exclude=["*.page.web", "*.page.web.*"],
        ),
        "bot.prompt_files",
        "bot.prompt_files.channels",
    ],
    package_dir={
        "bot.prompt_files": "prompts",
        "bot.prompt_files.channels": "prompts/channels",
    },
)
