#!/usr/bin/env python3
"""Counts the words of a text on a grid: python3 word_count.py --url http://127.0.0.1:3000 book.txt"""

import argparse
import sys

from tabgrid_client import Client, Refused

PROGRAM = """
export function map(line, { emit }) {
  for (const [word] of line.toLowerCase().matchAll(/[a-z]+/g)) emit(word, 1);
}
export const combine = (word, counts) => counts.reduce((sum, count) => sum + count, 0);
export const reduce = combine;
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", help="a file")
    parser.add_argument("--url", default="http://127.0.0.1:3000")
    parser.add_argument("--quorum", type=int, default=2)
    options = parser.parse_args()
    client = Client(options.url)
    with open(options.text, encoding="utf-8") as file:
        text = file.read()
    try:
        job = client.submit(
            {
                "name": f"words of {options.text}"[:200],
                "program": {"source": PROGRAM},
                "input": {"text": text},
                "options": {"quorum": options.quorum},
            }
        )
    except Refused as refused:
        sys.exit(f"refused: {refused}")

    for name, data in client.events(job["id"]):
        if name == "job":
            print(f"{data['state']}, {data['progress']:.0%}", file=sys.stderr)
    job = client.job(job["id"])
    if job["state"] != "completed":
        sys.exit(f"{job['id']} is {job['state']}: {(job['failure'] or {}).get('message', '')}")
    for record in client.result(job["id"]):
        print(f"{record['key']}\t{record['value']}")


if __name__ == "__main__":
    main()
