"""A house with people who want to be told: a real registry and notifier, and a clock that stands still until it is moved."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from sqlalchemy import text

from calha.domain.access import Role, Tree
from calha.domain.alarm_states import Priority
from calha.domain.notices import Chain, Notice, Owner, Step, Text
from calha.domain.times import MINUTE_US
from calha.mail import MailServer
from calha.store.accounts import People
from calha.store.notify import Chains, Deliveries, MessageTemplates, Notices, Recipients
from calha.store.registry import Registry
from calha.watch.notify.audience import Audience
from calha.watch.notify.channels import Address, Channels
from calha.watch.notify.delivering import Postman
from calha.watch.notify.hosts import Hosts
from calha.watch.notify.links import Links
from calha.watch.notify.push import Vapid
from calha.watch.notify.reasons import Reasons
from calha.watch.notify.service import Notifier
from calha.watch.notify.wording import Wording
from registries import lay_empty_registry

NOON = 1_767_279_600_000_000  # 2026-01-01T15:00Z, noon in São Paulo
ZONE = ZoneInfo("America/Sao_Paulo")
WHAT = Text("Nível alto: 92,1 (limite 85)", "High level: 92.1 (limit 85)")


class House:
    """A notifier over a registry in memory, with a clock that stands still."""

    def __init__(self, folder, mail_port=None) -> None:
        self.now = NOON
        self.url = lay_empty_registry(folder)
        self.mail = MailServer("127.0.0.1", mail_port, "none", "calha@example.org") if mail_port else None
        self.events: list[str] = []
        self.heard: list[tuple[str, str, str]] = []
        self.open()
        self.root = self.registry.create_site("Companhia", None, "America/Sao_Paulo").id
        self.plant = self.registry.create_site("ETA Norte", self.root, "America/Sao_Paulo").id
        self.other = self.registry.create_site("ETA Sul", self.root, "America/Sao_Paulo").id

    def open(self) -> None:
        """As after a restart."""
        self.registry = Registry.open(self.url)
        engine = self.registry.engine
        self.people = People(engine)
        recipients, chains, deliveries, links = Recipients(engine), Chains(engine), Deliveries(engine), Links("key")
        audience = Audience(self.people, recipients, chains, self.tree)
        channels = Channels(
            self.mail,
            Hosts(["127.0.0.1"]),
            Vapid(b"seed", "mailto:a@b.c"),
            lambda text: "!" + text,
            lambda text: text[1:],
        )
        postman_ = Postman(
            deliveries,
            recipients,
            audience,
            channels,
            links,
            lambda _: ZONE,
            "https://calha.example.org",
            24,
            lambda line, why: self.events.append(f"failed {line.notice.source}: {why}"),
            Reasons(engine).of,
            Wording(MessageTemplates(engine)),
            lambda: self.now,
        )
        self.notifier = Notifier(
            recipients,
            chains,
            Notices(engine),
            deliveries,
            audience,
            channels,
            postman_,
            links,
            lambda kind, notice: self.events.append(f"{kind} {notice.source}"),
            lambda: self.now,
        )
        self.notifier.listen(lambda notice, by, comment: self.heard.append((notice.source, by, comment)))

    def tree(self) -> Tree:
        return Tree({site.id: site.parent_id for site in self.registry.sites()})

    def person(self, name, role=Role.OPERATOR, site=None, language="pt-BR") -> int:
        grants = [(role, site)] if role is not None else []
        return self.people.create(name, f"{name.lower()}@example.org", None, language=language, grants=grants).id

    def hook(self, owner: Owner, url: str) -> int:
        return self.notifier.add_channel(owner, "hook", Address("webhook", url))[0].id

    def chain(self, *steps: Step, site=None, least=Priority.LOW, repeats=0) -> int:
        return self.notifier.chains.add(Chain("c", site, least, steps, repeats)).id

    def notice(self, source="alarm 1", priority=Priority.HIGH, site=None, persons=()) -> Notice:
        where = site if site is not None else self.plant
        return Notice(source, WHAT, "Reservatório 1 · ETA Norte", where, priority, NOON, "/devices/tank-1", persons)

    def go(self, minutes: float = 0) -> None:
        """Time passes, and what is due is done."""
        self.now += round(minutes * MINUTE_US)
        self.notifier.escalate()
        for _ in range(20):
            if not self.notifier.deliver_due():
                return
        raise AssertionError("the queue never ends")

    def run_until(self, condition: Callable[[], bool]) -> None:
        """Run what sends, as it does in Calha, until something is so."""

        async def run() -> None:
            running = asyncio.create_task(self.notifier.run(lambda: None))
            try:
                while not condition():
                    await asyncio.wait([running], timeout=0.01)
                    if running.done():
                        running.result()
            finally:
                running.cancel()

        asyncio.run(run())

    def states(self, person: int) -> list[tuple[str, str]]:
        page = self.notifier.deliveries.page(owner=Owner("person", person), limit=200)
        return [(one.delivery.state, one.delivery.reason) for one in reversed(page.items)]

    @contextmanager
    def cannot_write(self, table: str) -> Iterator[None]:
        """While nothing can be added to a table, as on a disk that is full at that moment."""
        refuse = f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        with self.registry.engine.begin() as connection:
            connection.execute(text(refuse))
        try:
            yield
        finally:
            with self.registry.engine.begin() as connection:
                connection.execute(text("DROP TRIGGER full"))
