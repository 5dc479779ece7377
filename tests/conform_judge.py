#!/usr/bin/python3
"""A judge of vectors of another make, for testing the bench: the verifier of vector_witness.py as a program.

    conform_judge.py [--sloppy REASON]… [--words] [--trouble WHAT] [--at ID]

It reads a vector a line and answers a line each. --sloppy accepts what is refused for that reason, --words has words of its own,
--trouble makes it misbehave, at the vector --at where it is a matter of one.
"""

import argparse
import json
import os
import sys
import time

import vector_witness

TROUBLES = ["mute", "crash-at-start", "cannot", "crash", "hang", "deaf", "chatty", "garbage", "skips", "twice", "empty",
            "no-reason", "other-reason", "backwards", "code", "closes"]


def verdict(vector, args):
    reason, _ = vector_witness.judge(vector, vector["by"][0])
    if reason in args.sloppy:
        reason = "ok"
    answer = {"id": vector["id"], "verdict": "accepted" if reason == "ok" else "refused", "reason": reason}
    if args.words:
        answer["reason"] = f"E_{reason.upper()}"
    return answer


def misbehave(trouble, answer):
    """What is said instead of one answer, as lines."""
    if trouble == "crash":
        os._exit(9)
    if trouble == "closes":
        os.close(1)
        time.sleep(60)
    if trouble == "hang":
        time.sleep(60)
    if trouble == "garbage":
        return ["\0\x7f{{{ not JSON"]
    if trouble == "skips":
        return []
    if trouble == "twice":
        return [json.dumps(answer)] * 2
    if trouble == "empty":
        return [json.dumps({"id": answer["id"]})]
    if trouble == "no-reason":
        return [json.dumps({"id": answer["id"], "verdict": answer["verdict"]})]
    if trouble == "other-reason":
        return [json.dumps({**answer, "reason": "stale"})]
    return [json.dumps(answer)]


def say(lines):
    for line in lines:
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sloppy", action="append", default=[])
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--trouble", choices=TROUBLES)
    parser.add_argument("--at")
    args = parser.parse_args()
    if args.trouble == "cannot":
        sys.exit(77)
    if args.trouble == "crash-at-start":
        sys.exit("no library")
    kept = []
    for line in sys.stdin:
        vector = json.loads(line)
        if args.trouble == "mute":
            continue
        if args.trouble == "chatty":
            say([f"now {vector['id']}", "{}", "x" * 100000])
        answer = verdict(vector, args)
        if args.trouble == "backwards" and vector["id"] != "ready":
            kept.append(answer)  # of each eight the last first
            if len(kept) == 8:
                say(json.dumps(a) for a in reversed(kept))
                kept = []
        else:
            say(misbehave(args.trouble if vector["id"] == args.at else None, answer))
    say(json.dumps(a) for a in reversed(kept))
    if args.trouble == "deaf":
        time.sleep(60)
    if args.trouble == "code":
        sys.exit(3)


if __name__ == "__main__":
    main()
