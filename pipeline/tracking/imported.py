"""MLflow, imported so that it keeps to itself."""

from __future__ import annotations

import os
import warnings

# MLflow would report its use to its makers, over a network that a cluster may not have. A user's own setting
# wins.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# In a notebook without widgets its import would warn of progress bars that nobody asked for.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "IProgress not found")
    import mlflow  # noqa: F401
