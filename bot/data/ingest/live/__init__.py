"""Rows that come in by themselves: one JSON object a line, under our own column names.

They are read as a JSON Lines file of the same rows would be, by the same code: a customer, a step
or a product is the same whichever way it came. A good row is kept, a bad one is told with its
line, column and reason. What is no column of ours is dropped and named.
"""

from bot.data.ingest.live.receiver import BatchReceiver, ReceivedBatch, RejectedLine

__all__ = ["BatchReceiver", "ReceivedBatch", "RejectedLine"]
