"""The configuration: one YAML file (and what is laid over it) as a typed, frozen, closed model."""

from __future__ import annotations

from pipeline.config.fingerprint import fingerprint
from pipeline.config.load import load_config
from pipeline.config.masking import public_values
from pipeline.config.model import Config
from pipeline.config.show import Setting, show_config

__all__ = ["Config", "Setting", "fingerprint", "load_config", "public_values", "show_config"]
