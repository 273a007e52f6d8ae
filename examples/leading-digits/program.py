"""Counts with which digit the powers of two begin: by Benford's law, every third or so with a 1."""

# In place of combine and reduce: built in, and combined in the tab.
aggregate = "count"


def map(n, context):
    context.emit(str(2**n)[0], n)
