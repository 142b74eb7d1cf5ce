"""The learners that a configuration chooses, checked without a JVM."""

from __future__ import annotations

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.learners import get_learner, validate_task


def validate_learners(config: Config) -> None:
    """Raise ConfigError, with its file and line, for a learner or parameter that does not exist or fit."""
    for name, choice in config.learners.items():
        checks = [(f"params.{key}", {key: value}) for key, value in choice.params.items()]
        checks += [(f"space.{key}", {key: value}) for key, values in choice.space.items() for value in values]
        place = f"train.learners.{name}"
        try:
            learner = get_learner(name)
            validate_task(name, config.task)
            for part, params in checks:
                place = f"train.learners.{name}.{part}"
                learner.validate(params, config.task)
        except ConfigError as error:
            raise ConfigError(f"{config.where(place)}: {error}") from error
