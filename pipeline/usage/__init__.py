"""What work used, by Spark's own counters: files opened, bytes shuffled, cached and sent to the driver."""

from pipeline.usage.meter import Meter, Usage, metered, note_cached
from pipeline.usage.partitions import INITIAL, cut_for
from pipeline.usage.scans import BOOKKEEPING, SOURCES, WORK

__all__ = ["BOOKKEEPING", "INITIAL", "SOURCES", "WORK", "Meter", "Usage", "cut_for", "metered", "note_cached"]
