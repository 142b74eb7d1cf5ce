"""A decision as it is written on the model version, so that it is made once and can be carried out again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MADE = "promotion"
"""The tag with the whole decision, written before anything is changed."""
DONE = "decision"
"""The tag with the verdict, written last: a version that has it waits for nothing."""

PROMOTED = "promoted"
REFUSED = "refused"


@dataclass(frozen=True)
class Decision:
    """What was decided on one challenger, and why.

    `basis` is the fingerprint of what the challenger was held against: a refusal stands as long as that does.
    `batch` is the number of its ledger row.
    """

    verdict: str
    reasons: tuple[str, ...]
    basis: str
    batch: int
    previous_version: int | None
    tables: Mapping[str, int]
    test_metrics: Mapping[str, float]
    champion_metrics: Mapping[str, float]

    def to_tag(self) -> str:
        """The text of the tag `MADE`."""
        values = asdict(self)
        for name in ("test_metrics", "champion_metrics"):
            values[name] = {
                metric: None if math.isnan(value) else value for metric, value in values[name].items()
            }
        return json.dumps(values)

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Decision | None:
        """The decision of a version with these tags, None when none was made."""
        if MADE not in tags:
            return None
        values: dict[str, Any] = json.loads(tags[MADE])
        for name in ("test_metrics", "champion_metrics"):
            values[name] = {
                metric: math.nan if value is None else value for metric, value in values[name].items()
            }
        return cls(**{**values, "reasons": tuple(values["reasons"])})
