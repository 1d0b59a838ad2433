"""Resident memory of a process and its peak, without pages mapped from files.

Another process samples the memory every millisecond. A thread would have to wait for
the interpreter while large arrays are allocated.
"""

import os
import signal
import subprocess
import sys
import time

import psutil


def resident_bytes(process):
    """Return the resident bytes of a process, without those mapped from files."""
    memory = process.memory_info()
    # Only Linux reports them. The system can drop pages of a mapped file at any time.
    return memory.rss - getattr(memory, "shared", 0)


class PeakGrowth:
    """Context manager that measures the growth of the memory of this process.

    Attributes
    ----------
    peak_bytes : int
        The largest growth, available after the block.
    """

    def __enter__(self):
        self._watcher = subprocess.Popen(
            [sys.executable, __file__, str(os.getpid())],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watcher.stdout.readline()  # the watcher has started
        self._before = resident_bytes(psutil.Process())
        return self

    def __exit__(self, *failure):
        # One more sample, because the watcher may miss a very short block.
        now = resident_bytes(psutil.Process())
        self._watcher.terminate()
        peak = int(self._watcher.communicate()[0].split()[-1])
        self.peak_bytes = max(peak, now) - self._before


def watch(pid):
    """Sample the memory of a process until terminated, then print the peak."""
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    process, peak = psutil.Process(pid), 0
    print("watching", flush=True)
    while not ended and process.is_running():
        peak = max(peak, resident_bytes(process))
        time.sleep(0.001)
    print(peak, flush=True)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
