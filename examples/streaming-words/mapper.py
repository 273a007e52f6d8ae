#!/usr/bin/env python3
"""Writes every word of standard input with a 1 behind it."""

import sys

# input comes from STDIN (standard input)
for line in sys.stdin:
    # remove leading and trailing whitespace
    line = line.strip()
    # split the line into words
    words = line.split()
    for word in words:
        # write the results to STDOUT (standard output); tab-delimited
        print("%s\t%s" % (word, 1))
