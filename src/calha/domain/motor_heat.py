"""How hot a motor may be: insulation classes of IEC 60085 at 40 °C around it, and what heat costs in life."""

from dataclasses import dataclass
from typing import Literal

Class = Literal["A", "B", "F", "H"]
Verdict = Literal["within", "over_rise", "over_limit"]

AMBIENT_C = 40.0
HALVES_LIFE_K = 10.0


@dataclass(frozen=True, slots=True)
class Insulation:
    """hot_spot_c: the most that the winding may reach. rise_k: over the surroundings. allowance_k: between both."""

    hot_spot_c: float
    rise_k: float
    allowance_k: float


BY_CLASS: dict[Class, Insulation] = {
    "A": Insulation(105.0, 60.0, 5.0),
    "B": Insulation(130.0, 80.0, 10.0),
    "F": Insulation(155.0, 105.0, 10.0),
    "H": Insulation(180.0, 125.0, 15.0),
}


def judge(winding_c: float, insulation: Insulation, ambient_c: float = AMBIENT_C) -> Verdict:
    """Whether a winding is within its class: over its rise it ages early, over its limit it is damaged."""
    if winding_c > insulation.hot_spot_c:
        return "over_limit"
    return "over_rise" if winding_c - ambient_c > insulation.rise_k else "within"


def life_share(winding_c: float, insulation: Insulation) -> float:
    """Life of the insulation against that at its limit: half for each 10 K hotter, double for each cooler."""
    return float(2.0 ** ((insulation.hot_spot_c - winding_c) / HALVES_LIFE_K))
