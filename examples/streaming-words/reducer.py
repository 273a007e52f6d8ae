#!/usr/bin/env python3
"""Adds up the counts of each word; the lines come sorted by word."""

from operator import itemgetter
import sys

current_word = None
current_count = 0
word = None

for line in sys.stdin:
    line = line.strip()
    # parse the input we got from mapper.py
    word, count = line.split("\t", 1)
    try:
        count = int(count)
    except ValueError:
        # count was not a number, so silently ignore this line
        continue

    # this IF-switch only works because Hadoop sorts map output by key before it is passed to the reducer
    if current_word == word:
        current_count += count
    else:
        if current_word:
            print("%s\t%s" % (current_word, current_count))
        current_count = count
        current_word = word

# do not forget to output the last word if needed!
if current_word == word and current_word is not None:
    print("%s\t%s" % (current_word, current_count))
