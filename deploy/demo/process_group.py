"""Ending a process that leads a session of its own, and everything it started."""

import os
import signal
import subprocess
from contextlib import suppress


def end_group(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Asks the process to end (SIGTERM), waits up to `seconds`, then ends whatever is left of its group. It must lead its group."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
