"""Counts with which digit the powers of two begin: by Benford's law, every third or so with a 1."""


def map(n, context):
    context.emit(str(2**n)[0], 1)


def combine(digit, counts):
    return sum(counts)


def reduce(digit, counts):
    return sum(counts)
