"""A service that is in the middle of something: it hears no farewell and has a child."""

import signal
import subprocess
import sys
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGQUIT, signal.SIG_IGN)
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, "-m", "tests.launcher.stubborn", "child"])
time.sleep(600)
