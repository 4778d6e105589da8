"""What a profile says about a kind of device, so that its readings can be judged by the norms of its field.

Channels are named by their keys. A device whose profile says nothing is not judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from calha.domain.cip import Recipe, StepKind


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A cleaning station (CIP). The channels are those of the return. phase: the PLC's step number, and what `steps` it has."""

    recipes: tuple[Recipe, ...]
    temperature: str
    conductivity: str
    flow: str | None = None
    phase: str | None = None
    steps: Mapping[int, StepKind] = field(default_factory=dict)
