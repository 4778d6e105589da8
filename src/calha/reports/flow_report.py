"""What the flow reports of ETA flow say, whether as a workbook or as a PDF. Pure.

Texts are Portuguese, as whoever has read these reports knows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

FILTERS = ("Tipo de Medição", "Data", "Data Início", "Data Fim", "Dias")
ROWS = "Total de Registros"


@dataclass(frozen=True, slots=True)
class FlowReport:
    """at: local times without a zone, of each value. anomalous: of each value, None when it is no report of anomalies.

    filters: (name, what was asked for). by_day: whether the values are those of days. has_mean: whether it tells their mean.
    """

    title: str
    made_at: datetime
    unit: str
    filters: Sequence[tuple[str, str]]
    at: Sequence[datetime]
    value: NDArray[np.float64]
    anomalous: NDArray[np.bool_] | None = None
    by_day: bool = False
    has_mean: bool = False

    @property
    def subtitle(self) -> str:
        return f"Gerado em: {self.made_at:%d/%m/%Y %H:%M}"

    @property
    def headings(self) -> list[str]:
        """Of the table of values."""
        return ["Data", f"Valor ({self.unit})"]

    @property
    def moment_format(self) -> str:
        """A day has no time of day; everything else keeps it."""
        return "%d/%m/%Y" if self.by_day else "%d/%m/%Y %H:%M"

    def totals(self) -> list[tuple[str, float | int]]:
        """What stands below the table."""
        if not len(self.value):
            return [("Total de Anomalias", 0)] if self.anomalous is not None else []
        found: list[tuple[str, float | int]] = [
            ("Máximo", round(float(self.value.max()), 2)),
            ("Mínimo", round(float(self.value.min()), 2)),
        ]
        if self.has_mean:
            found.append(("Média geral", round(float(self.value.mean()), 2)))
        if self.anomalous is not None:
            found.append(("Total de Anomalias", int(self.anomalous.sum())))
        return found
