"""How much memory a task takes, as the kernel of its machine tells.

It travels to the workers by value, so it imports nothing else of ours.
"""

from __future__ import annotations

import gc


class Memory:
    """How much this process has grown since it was made, at the most; only Linux tells."""

    def __init__(self) -> None:
        gc.collect()
        _give_back()
        self._start = _status("VmRSS")
        self.reset()

    def reset(self) -> None:
        """Forget the highest so far."""
        try:
            with open("/proc/self/clear_refs", "w") as peak:  # noqa: PTH123 - a file of the kernel
                peak.write("5")
        except OSError:
            self._start = None

    def peak(self) -> int | None:
        """Bytes above the start, at the highest since the last `reset`; None where that is not told."""
        highest = _status("VmHWM")
        return None if highest is None or self._start is None else max(0, highest - self._start)


def _give_back() -> None:
    """Have the C library return what earlier tasks of this process have freed; only glibc needs telling."""
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status(name: str) -> int | None:
    try:
        with open("/proc/self/status") as lines:  # noqa: PTH123 - a file of the kernel
            found = [line.split()[1] for line in lines if line.startswith(name)]
    except OSError:
        return None
    return int(found[0]) * 1024 if found else None
