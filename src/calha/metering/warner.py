"""Once a day: which running cycles leave what is usual, told to who pays by e-mail, once a cycle and kind.

Rule 1: what has been told is kept before the message is posted: rather once too few than every day again.
Rule 2: a contract that cannot be forecast says why in the app, and does not keep the others from it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from calha.domain.errors import MailFull, StoreUnavailable
from calha.domain.forecasts import Warned
from calha.mail import PostOffice
from calha.metering.books import Billing
from calha.metering.forecasts import Forecast, forecasts
from calha.metering.warning_letters import letter
from calha.store.billing import ContractRow, CustomerRow, Notices

log = logging.getLogger(__name__)

LOOK_AT = time(6)  # in the server's zone: when the day before is known
LOOK_EVERY_S = 5.0
CONTRACTS_AT_ONCE = 500


class Warner:
    def __init__(
        self, billing: Billing, notices: Notices, post: PostOffice | None, public_url: str, zone: ZoneInfo
    ) -> None:
        """post: None where no mail server is configured; then it is only told in the app."""
        self.notices = notices
        self._billing = billing
        self._post = post
        self._public_url = public_url.rstrip("/")
        self._zone = zone

    async def run(self, beat: Callable[[], None]) -> None:
        """Look once a day until cancelled."""
        while True:
            due = self._next()
            while datetime.now(self._zone) < due:
                beat()
                await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look_at_all(beat)
            except StoreUnavailable as error:
                log.warning("running cycles are looked at tomorrow: %s", error)

    async def _look_at_all(self, beat: Callable[[], None]) -> None:
        after_id = 0
        while page := await asyncio.to_thread(self._page, after_id):
            beat()
            await asyncio.to_thread(self.look, page)
            after_id = page[-1].id

    def look(self, contracts: Sequence[ContractRow]) -> int:
        """Tell who pays some contracts what is new; how many messages there were. Raises StoreUnavailable."""
        watched = [one for one in contracts if one.alert_percent is not None]
        payers = self._billing.customers.named({one.customer_id for one in watched})
        told = 0
        for found in forecasts(self._billing, watched):
            new = list(self._kept(found))
            if new:
                self._tell(payers[found.contract.customer_id], found, new)
                told += len(new)
        return told

    def _kept(self, found: Forecast) -> Iterator[Warned]:
        for one in found.warned:
            assert found.cycle is not None
            if self.notices.add(found.contract.id, found.cycle.from_, found.unit, one):
                yield one

    def _tell(self, payer: CustomerRow, found: Forecast, warned: Sequence[Warned]) -> None:
        if self._post is None or not payer.email:
            return
        try:
            self._post.post(letter(payer, found, warned, f"{self._public_url}/my"))
        except MailFull as error:
            log.warning("customer %s is not told: %s", payer.id, error)

    def _page(self, after_id: int) -> Sequence[ContractRow]:
        return self._billing.customers.contracts(after_id=after_id, limit=CONTRACTS_AT_ONCE)

    def _next(self) -> datetime:
        now = datetime.now(self._zone)
        today = datetime.combine(now.date(), LOOK_AT, self._zone)
        return today if now < today else datetime.combine(now.date() + timedelta(days=1), LOOK_AT, self._zone)
