#!/usr/bin/env python3
"""The newcomer's door: `python3 dev.py demo`, `python3 dev.py test`; `--help` lists the rest.

Any Python must be able to read this file, so that an old one can be told what is missing.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the whole point is to say so on an older one
    sys.exit(
        "This needs Python 3.11 or newer, but %s is Python %d.%d. Install a newer one "  # noqa: UP031
        "and run it with that, for example: python3.11 dev.py demo"
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )
if sys.platform == "win32":
    sys.exit("This does not run on Windows itself: open WSL 2 (Debian or Ubuntu) and run it there.")

from launcher.entrance import main  # noqa: E402 - only a Python that is new enough gets here

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
