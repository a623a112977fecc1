"""Answers a `MetricQuery` from the warehouse: figures with their rows, and what may be shown.

`dataset.py` has the types; `orders.py`, `visits.py`, `campaigns.py`, `feedback.py` and `traffic.py`
define what each dataset has as tables of measures, dimensions and bases. `conditions.py` matches
and applies filters, `periods.py` chooses the days, `release.py` decides which groups may be shown,
`guard.py` holds an answer against earlier ones, `answer.py` puts it together and `answer_facts.py`
makes facts of it.
"""
