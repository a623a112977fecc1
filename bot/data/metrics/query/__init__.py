"""Answers a `MetricQuery` from the warehouse: figures with their rows, and what may be shown.

`dataset.py` has the types; `orders.py` and the modules of measures define what each dataset has as
tables of measures, dimensions and bases. `conditions.py` matches and applies filters, `periods.py`
chooses the days, `release.py` finds small groups, `group_choice.py` chooses which are shown,
`guard.py` holds an answer against earlier ones, `withheld.py` says why a figure is not shown,
`metric_answer.py` puts an answer together, `figure_facts.py` makes facts of it and
`answer_facts.py` the result with its table and chart.
"""
