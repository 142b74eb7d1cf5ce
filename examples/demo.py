"""One example from raw files to predictions, in a place of its own under lake/.

.venv/bin/python -m examples.demo                  house prices
.venv/bin/python -m examples.demo flights          four tables; `make demo ARGS=flights` fetches the data
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

DEFAULT = "house_prices"
EXAMPLES = (DEFAULT, "flights")


def main(arguments: Sequence[str]) -> int:
    """Run the demo of the named example, and return its exit code."""
    name = arguments[0] if arguments else DEFAULT
    if len(arguments) > 1 or name not in EXAMPLES:
        print(
            f"There is no example '{' '.join(arguments)}'. Examples: {', '.join(EXAMPLES)}.", file=sys.stderr
        )
        return 2
    return int(import_module(f"examples.{name}.demo").main())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
