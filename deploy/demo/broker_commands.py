"""Runs several `broker` commands in one process, since starting it takes longer than most of them: each argument is one command line."""

import shlex
import sys

from broker.cli import main

if __name__ == "__main__":
    for line in sys.argv[1:]:
        try:
            main(shlex.split(line))
        except SystemExit as ended:
            if ended.code:
                raise
