"""Bodies of requests and answers about water balances and flumes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, ChannelKey, DeviceKey
from calha.api.schemas_metering import LocalTime

RoleName = Literal["inlet", "outlet", "consumption", "none"]
Metres = Annotated[float, Field(ge=-10, le=10)]


class BalanceMeterBody(Body):
    device: DeviceKey
    channel: ChannelKey
    role: RoleName


class BalanceMeters(Body):
    """What channels are in the balance of a site; a volume counter that is not named is consumption where it stands."""

    meters: Annotated[list[BalanceMeterBody], Field(max_length=2_000)]


class BalancePart(Answer):
    """What one meter contributes. site_id: null for a meter of the site itself, else the site below for which it counts."""

    device: str
    channel: str
    role: RoleName
    is_named: bool = Field(description="Whether the role was said; a volume counter is consumption without that.")
    site_id: int | None
    site: str | None = Field(examples=["Setor Norte"])
    amount: float | None = Field(description="m³; null where nothing is known.", examples=[120.5])
    quality: str
    coverage: float = Field(examples=[0.98])


class NetworkBody(Body):
    """The pipes behind a site's inlets."""

    mains_km: Annotated[float, Field(ge=0, le=1e6, examples=[100.0])]
    connections: Annotated[int, Field(ge=0, le=10**8, examples=[5_000])]
    pressure_m: Annotated[float, Field(gt=0, le=1_000, description="Mean pressure, metres of water.", examples=[40.0])]
    private_km: Annotated[float, Field(ge=0, le=1e6, examples=[0.0])] = 0.0
    people: Annotated[int, Field(ge=0, le=10**9, examples=[15_000])] = 0
    hours_a_day: Annotated[
        float, Field(ge=15, le=24, description="Hour-day factor of night leakage.", examples=[24.0])
    ] = 24.0


class NightAnswer(Answer):
    """Minimum night flow, and what follows from it."""

    flow_m3_h: float = Field(examples=[2.27])
    legitimate_m3_h: float | None = Field(description="Night use of people; null without a network.", examples=[1.27])
    background_m3_h: float | None = Field(description="Leaks too small to be found.", examples=[0.36])
    leakage_m3_day: float | None = Field(examples=[24.0])


class LeakageAnswer(Answer):
    """The infrastructure leakage index of the losses in the time."""

    index: float = Field(description="CARL / UARL.", examples=[4.0])
    unavoidable_m3_day: float = Field(examples=[232.0])
    lost_m3_day: float = Field(examples=[928.0])
    class_high_income: Literal["A", "B", "C", "D"]
    class_elsewhere: Literal["A", "B", "C", "D"]
    is_proven: bool = Field(description="Whether the formula was made for such a pressure.")


class BalanceAnswer(Answer):
    """Columns in m³, an interval each; null where it is not known."""

    site_id: int
    zone: str
    step: Literal["1h", "1d", "1mo"]
    t: list[float] = Field(description="Begins of the intervals, ms since 1970, and the end of the last one.")
    supply: list[float | None] | None = Field(description="null: the site has no inlet.", examples=[[120.0]])
    exported: list[float | None] = Field(examples=[[0.0]])
    used: list[float] = Field(examples=[[100.0]])
    losses: list[float | None] | None = Field(examples=[[20.0]])
    missing: list[int] = Field(description="Of how many meters nothing is known.", examples=[[0]])
    losses_percent: float | None = Field(description="Of all that came in.", examples=[16.7])
    quality: str
    parts: list[BalancePart]
    candidates: list[BalancePart] = Field(description="Other channels of the site that could have a role.")
    network: NetworkBody | None
    night: NightAnswer | None
    leakage: LeakageAnswer | None


class FlumeBody(Body):
    """A Parshall flume whose level a channel measures."""

    level_channel: ChannelKey
    throat: Annotated[str, Field(max_length=8, description="Standard width: 1\" to 10'.", examples=['9"'])]
    name: Annotated[str, Field(max_length=100, examples=["Vazão da calha"])] = ""
    k: Annotated[float, Field(gt=0, le=1_000)] | None = Field(None, description="Own calibration.", examples=[0.535])
    n: Annotated[float, Field(gt=1, lt=3)] | None = Field(None, description="Own calibration.", examples=[1.53])
    zero_m: Metres = Field(0.0, description="What the gauge shows at no flow.", examples=[0.02])
    cut_off_m: Metres = Field(0.0, description="Level below which nothing flows.", examples=[0.01])
    behind_channel: ChannelKey | None = Field(
        None,
        description="The level behind the throat, from the same zero; a submerged flow is then uncertain.",
        examples=["level_behind"],
    )
    valid_from: LocalTime | None = Field(None, description="From the beginning when missing.")


class ThroatAnswer(Answer):
    """A standard width, and its law Q = K · Haⁿ in m³/s and m."""

    throat: str = Field(examples=['9"'])
    width_m: float = Field(examples=[0.2286])
    k: float = Field(examples=[0.5354])
    n: float = Field(examples=[1.53])
    most_submerged: float = Field(description="Highest Hb/Ha of free flow.", examples=[0.6])
    usual_l_s: tuple[float, float] = Field(
        description="The range in which this width is usually used.", examples=[[2.5, 252.0]]
    )


class FlumeAnswer(Answer):
    id: int
    channel: str = Field(description="Whose flow is made of the level.", examples=["flume_flow"])
    level_channel: str = Field(examples=["level"])
    behind_channel: str | None = Field(description="null: not measured.", examples=["level_behind"])
    throat: str = Field(examples=['9"'])
    width_m: float = Field(examples=[0.2286])
    k: float = Field(examples=[0.5354])
    n: float = Field(examples=[1.53])
    is_own_calibration: bool
    zero_m: float = Field(examples=[0.02])
    cut_off_m: float = Field(examples=[0.01])
    usual_l_s: tuple[float, float] = Field(
        description="The range in which this width is usually used.", examples=[[2.5, 252.0]]
    )
    valid_from: datetime | None = Field(description="null: from the beginning.")
    author: str = Field(examples=["Ana"])
