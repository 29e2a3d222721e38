# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines of TAP, counted: what the scripts of this folder print."""

number = 0
failed = 0


def tap(ok, text):
    global number, failed
    number += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {number} - {text}", flush=True)


def skip(text):
    global number
    number += 1
    print(f"ok {number} # SKIP {text}", flush=True)


def plan():
    """The last line. Return: the exit status"""
    print(f"1..{number}")
    return 1 if failed else 0
