from bot.config.settings import limit_math_threads

limit_math_threads()  # before any test imports numpy
