"""Notifications as the configuration wants them, wired to people, sites, mail and events."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from calha.accounts.accounts import Accounts
from calha.config.settings import Settings, address_of
from calha.domain.access import Tree
from calha.domain.errors import NotFound
from calha.domain.readings import Micros
from calha.post_office import mail_server
from calha.store.notify import Chains, Deliveries, LoggedDelivery, MessageTemplates, NoticeRow, Notices, Recipients
from calha.store.registry import Registry
from calha.watch.notify.audience import Audience
from calha.watch.notify.channels import Channels
from calha.watch.notify.delivering import Postman
from calha.watch.notify.hosts import Hosts
from calha.watch.notify.links import Links
from calha.watch.notify.push import Vapid
from calha.watch.notify.reasons import Reasons
from calha.watch.notify.service import Notifier
from calha.watch.notify.wording import Wording

_UNHEARD = {
    "nobody_told": ("Ninguém pôde ser avisado: {what}", "Nobody could be told: {what}"),
    "nobody_acknowledged": ("Ninguém reconheceu o aviso: {what}", "Nobody has acknowledged: {what}"),
}


def notifier_of(
    settings: Settings, registry: Registry, accounts: Accounts, tree: Callable[[], Tree], clock: Callable[[], Micros]
) -> Notifier:
    """Raises InvalidConfiguration."""
    engine, keyring, base = registry.engine, accounts.keyring, address_of(settings)
    recipients, chains, deliveries = Recipients(engine), Chains(engine), Deliveries(engine)
    audience = Audience(accounts.people, recipients, chains, tree)
    contact = base if base.startswith("https:") else "mailto:calha@localhost"
    channels = Channels(
        mail_server(settings),
        Hosts(settings.notifications.hosts),
        Vapid(keyring.token_key.encode(), contact),
        keyring.seal,
        keyring.unseal,
    )
    links = Links(keyring.token_key)

    def zone_of(site: int | None) -> ZoneInfo:
        try:
            return ZoneInfo(registry.site(site).zone if site is not None else settings.registry.zone)
        except NotFound:
            return ZoneInfo(settings.registry.zone)

    postman = Postman(
        deliveries,
        recipients,
        audience,
        channels,
        links,
        zone_of,
        base,
        settings.notifications.link_hours,
        lambda line, why: _note_failed(registry, line, why),
        Reasons(engine).of,
        Wording(MessageTemplates(engine)),
        clock,
    )
    return Notifier(
        recipients,
        chains,
        Notices(engine),
        deliveries,
        audience,
        channels,
        postman,
        links,
        lambda kind, notice: _note_unheard(registry, kind, notice),
        clock,
    )


def _note_failed(registry: Registry, line: LoggedDelivery, why: str) -> None:
    channel = line.channel
    registry.add_event(
        "notification_failed",
        severity="warning",
        text={
            "pt": f"O aviso {line.notice.what.pt} não pôde ser entregue pelo canal {channel.name}: {why}",
            "en": f"The notice {line.notice.what.en} could not be delivered by the channel {channel.name}: {why}",
        },
        data={"notice": line.notice.id, "channel": channel.id, "kind": channel.kind},
    )


def _note_unheard(registry: Registry, kind: str, notice: NoticeRow) -> None:
    pt, en = _UNHEARD[kind]
    registry.add_event(
        kind,
        severity="warning",
        text={"pt": pt.format(what=notice.what.pt), "en": en.format(what=notice.what.en)},
        data={"notice": notice.id, "source": notice.source},
    )
