"""Live rows that a shop sends by HTTP: one JSON object a line, with our column names.

They are read by the same code as a JSON Lines file of the same rows, so that customers, steps and
products get the same ids whichever way they arrive. Accepted rows are stored; rejected rows are
reported with line, column and reason. Unknown columns are dropped and reported.
"""

from bot.data.ingest.live.receiver import BatchReceiver, ReceivedBatch, RejectedLine

__all__ = ["BatchReceiver", "ReceivedBatch", "RejectedLine"]
