"""Who is told of what, how, and what became of it, in the registry's database."""

from calha.store.notify.chains import Chains
from calha.store.notify.deliveries import Deliveries
from calha.store.notify.notices import Notices
from calha.store.notify.recipients import Recipients
from calha.store.notify.rows import (
    ChainRow,
    ChannelKind,
    ChannelRow,
    DeliveryRow,
    DeliveryState,
    LoggedDelivery,
    NextStep,
    NoticeRow,
    Outgoing,
    TeamRow,
)
from calha.store.notify.templates import MessageTemplateRow, MessageTemplates

__all__ = [
    "ChainRow",
    "Chains",
    "ChannelKind",
    "ChannelRow",
    "Deliveries",
    "DeliveryRow",
    "DeliveryState",
    "LoggedDelivery",
    "MessageTemplateRow",
    "MessageTemplates",
    "NextStep",
    "NoticeRow",
    "Notices",
    "Outgoing",
    "Recipients",
    "TeamRow",
]
