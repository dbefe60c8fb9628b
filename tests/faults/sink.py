"""Receivers in a process of their own: `python -m tests.faults.sink mail` or `web`.

Says its port, takes what comes until its input ends, then says how much, and how many ids.
"""

import json
import sys

from tests.finance_mgmt.post_office import endpoint, free_port, mail_server


def main(kind: str) -> None:
    port = free_port()
    with mail_server(port) if kind == "mail" else endpoint() as taken:
        print(port if kind == "mail" else taken.port, flush=True)
        sys.stdin.read()
        ids = taken.ids()
    print(json.dumps([len(ids), len(set(ids))]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
