"""What a run would do, worked out from what is known of the tables: it spends nothing."""

from pipeline.plan.figures import Memory, Read, StepPlan
from pipeline.plan.plan import Plan, Plans

__all__ = ["Memory", "Plan", "Plans", "Read", "StepPlan"]
