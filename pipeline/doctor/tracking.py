"""The tracking store, the registry and the artifact store, as a training would use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.config.model import Config
from pipeline.doctor.finding import Finding, fine, refused, warning
from pipeline.errors import PipelineError
from pipeline.tracking import Tracking
from pipeline.tracking.health import ask_registry, clock_ahead, copy_artifact, write_to_store

STORE, REGISTRY, ARTIFACTS = "tracking store", "model registry", "artifacts"


@dataclass(frozen=True)
class Tracked:
    """What the three said, and the server's clock, where there is one that tells."""

    findings: tuple[Finding, ...]
    ahead: float | None = None


def check_tracking(config: Config, *, is_cluster_mode: bool) -> Tracked:
    """All three; where the first does not answer, the others are not asked."""
    try:
        tracking = Tracking.of(config, config.lake.place)
    except PipelineError as error:
        return Tracked((refused(STORE, error),))
    return Tracked(tuple(_all(tracking, is_cluster_mode)), clock_ahead(tracking))


def _all(tracking: Tracking, is_cluster_mode: bool) -> Iterator[Finding]:
    store = _asked(STORE, lambda: f"it answers and can be written: {write_to_store(tracking)}")
    if store.state == "fine" and tracking.file is not None and is_cluster_mode:
        said = f"It is a file, {tracking.file}, and the driver may run on another machine each time."
        store = warning(
            STORE, said, "set tracking.uri to a tracking server, or put the lake on a shared disk."
        )
    yield store
    if store.state == "fault":
        for name in (REGISTRY, ARTIFACTS):
            yield warning(name, "Not asked: the tracking store does not answer.")
        return
    yield _asked(
        REGISTRY, lambda: f"it answers, with aliases: {tracking.model_name} has {ask_registry(tracking)}"
    )
    yield _asked(ARTIFACTS, lambda: f"what the driver wrote was read back: {copy_artifact(tracking)}")


def _asked(name: str, ask: Callable[[], str]) -> Finding:
    try:
        return fine(name, ask())
    except Exception as error:  # noqa: BLE001 - whatever MLflow or a store's own library throws
        return refused(name, error)
