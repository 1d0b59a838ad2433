"""Memory that belongs to a process alone, now and at its peak, without pages of files.

The peak is watched by another process, every millisecond: a thread would have to wait
for the interpreter just when large arrays are made.
"""

import os
import signal
import subprocess
import sys
import time

import psutil


def resident_bytes(process):
    """Return the bytes of a process in memory, less those mapped from files."""
    memory = process.memory_info()
    # Only Linux tells them apart. Pages of a mapped file are the system's to drop.
    return memory.rss - getattr(memory, "shared", 0)


class PeakGrowth:
    """How far the memory of this process grows inside a `with` block.

    Attributes
    ----------
    peak_bytes : int
        Known after the block: the largest growth seen in it.
    """

    def __enter__(self):
        self._watcher = subprocess.Popen(
            [sys.executable, __file__, str(os.getpid())],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watcher.stdout.readline()  # it is watching
        self._before = resident_bytes(psutil.Process())
        return self

    def __exit__(self, *failure):
        # One more look, which is all there is to see of a very short block.
        now = resident_bytes(psutil.Process())
        self._watcher.terminate()
        peak = int(self._watcher.communicate()[0].split()[-1])
        self.peak_bytes = max(peak, now) - self._before


def watch(pid):
    """Look at a process until this one is ended, then print the peak."""
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
