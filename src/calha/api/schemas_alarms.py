"""Bodies of requests and answers about alarms: what stands, what people do with it, rules, simulation, health."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from calha.api.schemas import Answer, Body, DeviceKey, SiteId
from calha.api.schemas_metering import RowId

StateName = Literal[
    "normal", "unacknowledged", "acknowledged", "returned", "latched", "shelved", "suppressed", "out_of_service"
]
PriorityName = Literal["low", "medium", "high", "critical"]
LimitName = Literal["hihi", "hi", "lo", "lolo"]
ActName = Literal[
    "raise", "clear", "acknowledge", "reset", "shelve", "unshelve", "suppress", "unsuppress", "take_out", "put_back",
    "held", "ended", "untold",
]  # fmt: skip
SettingName = Literal["on_delay_s", "off_delay_s", "deadband"]
AlarmIds = Annotated[list[RowId], Field(min_length=1, max_length=500, examples=[[7, 8]])]
Note = Annotated[str, Field(max_length=500, examples=["Sensor em calibração, ordem 4711"])]
Why = Annotated[str, Field(min_length=1, max_length=500, examples=["Sensor em calibração, ordem 4711"])]
LongText = Annotated[str, Field(max_length=1_000)]
DEFINITION = {
    "signal": {"kind": "value", "channel": "level"},
    "limits": {"hihi": {"value": 95, "priority": "critical"}, "hi": 85, "lo": 20},
    "priority": "medium",
    "deadband": 2,
    "on_delay_s": 60,
    "latching": False,
    "schedule": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "06:00", "until": "22:00"}],
}


class AlarmAnswer(Answer):
    """An alarm as it stands."""

    id: int
    rule: int = Field(description="Id of its rule.", examples=[3])
    name: str = Field(examples=["Nível do tanque"])
    limit: LimitName
    device: str
    device_name: str = Field(description="What people call it.", examples=["Reservatório da ETA"])
    site: int
    zone: str = Field(description="IANA time zone of its site.", examples=["America/Sao_Paulo"])
    priority: PriorityName
    state: StateName
    is_active: bool = Field(description="Whether the condition holds.")
    is_acknowledged: bool
    is_first_out: bool = Field(description="It was the first of its group to be raised.")
    is_latching: bool
    raised_at: datetime | None
    cleared_at: datetime | None
    away_until: datetime | None = Field(description="When it comes off the shelf by itself.")
    reason: str = Field(description="Why it is shelved, suppressed or out of service.", examples=[""])
    signal: float | None = Field(description="The signal when it was raised or cleared last.", examples=[86.4])
    limit_value: float | None = Field(examples=[85.0])
    changed_at: datetime


class TransitionAnswer(Answer):
    """Something that happened to an alarm."""

    id: int
    at: datetime
    made_at: datetime = Field(description="When Calha came to know of it.")
    act: ActName
    before: StateName
    after: StateName
    signal: float | None = Field(examples=[86.4])
    author: str = Field(description="Empty where nobody did it.", examples=["Ana"])
    note: str = Field(examples=["A caminho"])


class ChosenAlarms(Body):
    ids: AlarmIds


class Acknowledgement(ChosenAlarms):
    comment: Note = ""


class PutAway(ChosenAlarms):
    reason: Why


class Shelving(PutAway):
    until: datetime = Field(description="When they come back by themselves; at most 7 days ahead.")


class RationalisationBody(Body):
    """Why the alarm exists (ISA-18.2): its cause, what happens if nobody acts, what to do, in which time."""

    cause: LongText = Field(default="", examples=["Válvula de entrada presa aberta"])
    consequence: LongText = Field(default="", examples=["Transbordo do tanque"])
    action: LongText = Field(default="", examples=["Fechar o registro manual R-12"])
    respond_s: Annotated[int, Field(ge=1, le=30 * 86_400)] | None = Field(default=None, examples=[600])


class RuleWhere(Body):
    """To which devices; of several all must fit, and none stands for all devices."""

    profile: Annotated[str, Field(max_length=64)] | None = Field(default=None, examples=["water_flow"])
    site_id: SiteId | None = None
    device: DeviceKey | None = None


class NewRule(Body):
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Nível do tanque"])]
    definition: dict[str, Any] = Field(description="See docs/alarms.md.", examples=[DEFINITION])
    where: RuleWhere = Field(examples=[{"profile": "water_flow", "site_id": 1}])
    rationalisation: RationalisationBody = RationalisationBody()
    is_enabled: bool = True


class RuleChange(NewRule):
    version: Annotated[int, Field(ge=1, le=2**31 - 1, description="That which was read.", examples=[3])]


class RuleAnswer(Answer):
    """An alarm rule."""

    id: int
    name: str = Field(examples=["Nível do tanque"])
    definition: dict[str, Any] = Field(examples=[DEFINITION])
    where: RuleWhere
    rationalisation: RationalisationBody
    is_rationalised: bool = Field(description="Whether all of the rationalisation is there.")
    is_enabled: bool
    version: int
    author: str = Field(examples=["Ana"])
    changed_at: datetime


class SimulationAsked(Body):
    definition: dict[str, Any] = Field(examples=[DEFINITION])
    where: RuleWhere = Field(examples=[{"device": "pump-1"}])
    days: Annotated[int, Field(ge=1, le=90, examples=[90])] = 90


class RaisedAnswer(Answer):
    device: str
    zone: str = Field(description="IANA time zone of the device's site.", examples=["America/Sao_Paulo"])
    limit: LimitName
    began_at: datetime
    ended_at: datetime | None = Field(description="null while it lasts.")


class CureAnswer(Answer):
    """A setting that quietens the rule."""

    setting: SettingName
    value: float = Field(examples=[60.0])
    alarms: int = Field(description="How many there would still be.", examples=[12])
    nuisances: int = Field(description="Of them, short or returning ones.", examples=[1])
    lost: int = Field(description="Alarms of ten minutes and more that would not be raised.", examples=[0])


class SimulationAnswer(Answer):
    """What a rule would have done."""

    days: float = Field(examples=[90.0])
    devices: int = Field(examples=[4])
    alarms: int = Field(examples=[310])
    a_day: float = Field(examples=[3.4])
    nuisances: int = Field(
        description="Alarms that were over within a minute, or came back within five.", examples=[280]
    )
    median_s: float | None = Field(examples=[60.0])
    shortest_s: float | None = Field(examples=[60.0])
    longest_s: float | None = Field(examples=[7_200.0])
    raised: list[RaisedAnswer] = Field(description="The newest ones, at most 200.")
    cures: list[CureAnswer] = Field(description="The best first.")


class FigureAnswer(Answer):
    name: str = Field(examples=["alarms_an_hour"])
    value: float = Field(examples=[4.2])
    target: float = Field(examples=[6.0])
    limit: float = Field(examples=[12.0])
    verdict: Literal["good", "bearable", "bad"]


class FloodAnswer(Answer):
    from_: datetime = Field(alias="from")
    to: datetime
    alarms: int = Field(examples=[27])
    peak: int = Field(description="Most of them in ten minutes.", examples=[12])


class NamedAlarm(Answer):
    """An alarm that stands out. count: how often; since: from when on, of stale ones."""

    id: int
    rule: int = Field(description="Id of its rule.", examples=[3])
    name: str = Field(examples=["Nível do tanque"])
    device: str
    count: int = Field(examples=[42])
    since: datetime | None = None


class HealthAnswer(Answer):
    """How well the alarms serve their operators, against the figures of ISA-18.2."""

    from_: datetime = Field(alias="from")
    to: datetime
    consoles: int = Field(examples=[1])
    alarms: int = Field(examples=[720])
    figures: list[FigureAnswer]
    floods: list[FloodAnswer]
    top: list[NamedAlarm]
    chattering: list[NamedAlarm]
    fleeting: list[NamedAlarm]
    stale: list[NamedAlarm]
    mix: dict[str, float] = Field(
        description="Share of each priority.", examples=[{"low": 0.8, "medium": 0.15, "high": 0.05, "critical": 0.0}]
    )
