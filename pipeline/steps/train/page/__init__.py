"""One page of HTML that tells a search: what won, what each setting did, where the time went, what failed."""

from __future__ import annotations

from pipeline.steps.train.page.facts import SearchFacts
from pipeline.steps.train.page.render import search_page

__all__ = ["SearchFacts", "search_page"]
