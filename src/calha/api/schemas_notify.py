"""Bodies about notifications: channels, preferences, teams, chains, the log of deliveries."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from calha.api.based import Versioned
from calha.api.schemas import Answer, Body, SiteId, Text
from calha.domain.alarm_states import Priority
from calha.domain.notices import LONGEST_WAIT_MIN, MAX_RECIPIENTS, MAX_STEPS

Kind = Literal["email", "apprise", "webhook", "push"]
LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
PersonId = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[3])]
TeamId = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[2])]
Name = Annotated[str, Field(min_length=1, max_length=100, examples=["Plantão"])]


class QuietTimes(Body):
    """Every day, local time; over midnight where `until` is not after `from`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, from_attributes=True)
    from_: LocalTime = Field(alias="from")
    until: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["06:30"])]
    zone: Annotated[str, Field(max_length=64, examples=["America/Sao_Paulo"])] = Field(description="IANA time zone.")


class NotifyPreferences(Body):
    least: Annotated[Priority, Field(description="Lower priorities are not told.", examples=["low"])] = Priority.LOW
    urgent: Annotated[
        Priority, Field(description="From here on neither quiet hours nor digest hold it.", examples=["critical"])
    ] = Priority.CRITICAL
    quiet: Annotated[
        QuietTimes | None, Field(description="What comes meanwhile arrives as one message afterwards.")
    ] = None
    digest_min: Annotated[
        int, Field(ge=0, le=1_440, description="What is not urgent is gathered for so many minutes; 0: told at once.")
    ] = 0
    tells_end: Annotated[bool, Field(description="Whether it is also told that it is over.")] = True
    follows: Annotated[
        bool, Field(description="Told of everything on the sites where one has a role, without a chain.")
    ] = False
    per_hour: Annotated[
        int, Field(ge=1, le=600, description="Messages an hour and channel; more arrive together as one.")
    ] = 30


class OwnPreferences(Versioned, NotifyPreferences):
    """Those of a person."""


class PushKeys(Body):
    p256dh: Annotated[
        str,
        Field(
            min_length=80,
            max_length=100,
            examples=["BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"],
        ),
    ]
    auth: Annotated[str, Field(min_length=20, max_length=30, examples=["BTBZMqHH6r4Tts7J_aSIgg"])]


class PushSubscription(Body):
    """As the browser gives it (PushSubscription.toJSON)."""

    endpoint: Annotated[str, Field(min_length=8, max_length=1_000, examples=["https://push.example.org/send/abc"])]
    keys: PushKeys


class NewNotifyChannel(Body):
    kind: Kind = Field(examples=["apprise"])
    name: Name
    address: Annotated[str, Field(max_length=1_000, examples=["tgram://123456:token/7891"])] = Field(
        "",
        description="E-mail address (empty: that of the account), Apprise URL, or the webhook's URL. Never told back.",
    )
    secret: Annotated[str, Field(max_length=120, examples=["whsec_…"])] = Field(
        "", description="With which a webhook is signed; made when missing."
    )
    push: PushSubscription | None = None


class ChannelOfOwner(Answer):
    id: int
    kind: Kind = Field(examples=["apprise"])
    name: str = Field(examples=["Telegram"])
    shown: str = Field(description="As much of the address as is told.", examples=["Telegram: tgram://****/7...1/"])
    enabled: bool
    created_at: datetime


class ChannelMade(ChannelOfOwner):
    secret: str | None = Field(description="Of a webhook; shown here and never again.", examples=["whsec_…"])


class NotifyChannelChange(Body):
    name: Name | None = None
    enabled: bool | None = None


class ChannelTest(Answer):
    sent: bool
    detail: str = Field(description="What the other side said, where it was not sent.", examples=["HTTP 404"])


class OwnNotifications(Answer):
    preferences: OwnPreferences
    channels: list[ChannelOfOwner]
    can_mail: bool = Field(description="Whether a mail server is configured.")
    push_key: str = Field(description="With which a browser subscribes (applicationServerKey).", examples=["BP4z…"])
    services: dict[str, str] = Field(
        description="Services that messages can be sent by, by the beginning of their address.",
        examples=[{"tgram": "Telegram"}],
    )


class TeamBody(Body):
    name: Name
    site_id: SiteId | None = Field(description="Whose engineers may change it; null: those of the whole installation.")
    language: Literal["pt-BR", "en"] = "pt-BR"
    members: list[PersonId] = Field(max_length=200, examples=[[3, 5]])
    preferences: NotifyPreferences = NotifyPreferences()


class TeamMemberAnswer(Answer):
    id: int
    name: str = Field(examples=["Maria Souza"])


class TeamAnswer(Versioned, Answer):
    beside = frozenset({"channels"})
    id: int
    name: str = Field(examples=["Plantão"])
    site_id: int | None
    language: str
    members: list[TeamMemberAnswer]
    preferences: NotifyPreferences
    channels: list[ChannelOfOwner]


class ChainStep(Body):
    wait_min: Annotated[int, Field(ge=0, le=LONGEST_WAIT_MIN, examples=[10])] = Field(
        description="After the step before, while nobody has acknowledged."
    )
    persons: list[PersonId] = Field(default_factory=list, max_length=MAX_RECIPIENTS, examples=[[3]])
    teams: list[TeamId] = Field(default_factory=list, max_length=MAX_RECIPIENTS, examples=[[2]])


class ChainBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Bombas"])]
    site_id: SiteId | None = Field(description="For what happens there and below; null: everywhere.")
    least: Annotated[Priority, Field(description="From which priority on.", examples=["high"])] = Priority.LOW
    steps: list[ChainStep] = Field(
        min_length=1, max_length=MAX_STEPS, examples=[[{"wait_min": 0, "persons": [3], "teams": []}]]
    )
    repeats: Annotated[int, Field(ge=0, le=5, examples=[1])] = Field(
        0, description="How often it begins again while nobody acknowledges."
    )
    enabled: bool = True


class ChainAnswer(Versioned, ChainBody):
    id: int


class DeliveryAnswer(Answer):
    id: int
    happening: Literal["raised", "over", "again"] = Field(examples=["raised"])
    state: Literal["waiting", "sent", "failed", "dropped"] = Field(examples=["sent"])
    reason: str = Field(description="Why it failed, waits or was dropped.", examples=["HTTP 503"])
    tries: int = Field(examples=[1])
    held: bool = Field(description="Quiet hours, a digest or the limit gathered it.")
    made_at: datetime
    due_at: datetime = Field(description="When it is tried next.")
    ended_at: datetime | None
    to: str = Field(description="Person or team.", examples=["Maria Souza"])
    channel: str = Field(description="Name of the channel.", examples=["Telegram"])
    kind: Kind = Field(examples=["apprise"])
    notice: int = Field(examples=[12])
    what: Text = Field(examples=[{"pt": "Nível alto", "en": "High level"}])
    where: str = Field(examples=["Reservatório 1 · ETA Norte"])
    priority: Priority = Field(examples=["high"])
    notice_state: Literal["open", "acknowledged", "over"] = Field(examples=["acknowledged"])
    acknowledged_by: str | None = Field(examples=["Maria Souza"])


class Rehearsal(Answer):
    notice: int = Field(description="Of the notice that the chain tells now.", examples=[12])
    messages: int = Field(description="How many are on their way.", examples=[2])
