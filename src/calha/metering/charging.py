"""Dynamic Pix codes: has a payment provider keep a charge for each open invoice, and takes over what was paid.

Rule 1: asking twice changes nothing, neither at the provider (PUT by txid) nor here (payments by their own id); so what was
under way when Calha ended is simply done again.
Rule 2: an invoice that the provider refuses keeps its static code, and is tried again with the next full round.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from time import monotonic

from calha.domain.errors import Malformed
from calha.domain.invoices import unseal
from calha.domain.pix_charges import charge_body, charge_txid, invoice_txid
from calha.metering.pix_provider import PixProvider, Unreachable
from calha.store.billing import InvoiceRow, Invoices

log = logging.getLogger(__name__)

EVERY_S = 30.0
BEAT_S = 5.0
AT_ONCE = 100  # invoices of a round
FULL_ROUND_S = 3_600.0  # after which those that were passed over are looked at again
LOOK_BACK = timedelta(days=3)  # at the first look after a start, at least; what is known already changes nothing
FARTHEST = timedelta(days=180)  # for invoices that nobody has paid
SPAN = timedelta(days=3)  # of one question; providers limit it
SPANS_AT_ONCE = 10  # of a round
OVERLAP = timedelta(minutes=10)  # of looks, for what the provider tells late


@dataclass(slots=True)
class ChargeCounters:
    """Since the start. last_error: None once the provider has answered again."""

    charged: int = 0
    refused: int = 0
    received: int = 0
    last_error: str | None = None


class Charging:
    def __init__(self, invoices: Invoices, provider: PixProvider) -> None:
        self.counters = ChargeCounters()
        self._invoices = invoices
        self._provider = provider
        self._after_id = 0
        self._begun = monotonic()
        self._seen_until: datetime | None = None

    async def run(self, beat: Callable[[], None]) -> None:
        """Do rounds until cancelled."""
        while True:
            beat()
            await asyncio.to_thread(self.round, datetime.now(UTC))
            for _ in range(round(EVERY_S / BEAT_S)):
                beat()
                await asyncio.sleep(BEAT_S)

    def round(self, now: datetime) -> None:
        """What can be done now. Blocks."""
        try:
            self._charge_open(now)
            self._remove_void()
            self._take_received(now)
        except Unreachable as error:
            log.warning("the payment provider is asked later: %s", error)
            self.counters.last_error = str(error)
        else:
            self.counters.last_error = None

    def _charge_open(self, now: datetime) -> None:
        if monotonic() - self._begun > FULL_ROUND_S:
            self._after_id, self._begun = 0, monotonic()
        for row in self._invoices.uncharged(self._after_id, AT_ONCE):
            self._charge(row, now)
            self._after_id = row.id

    def _charge(self, row: InvoiceRow, now: datetime) -> None:
        sealed = unseal(self._invoices.content(row.number))
        if row.txid is None or row.total <= 0 or sealed.inputs.issuer.pix_key != self._provider.key:
            return
        try:
            location = self._provider.charge(charge_txid(row.txid), row.total, charge_body(sealed, now.date()))
        except Malformed as error:
            log.warning("invoice %s keeps its static code: %s", row.number, error)
            self.counters.refused += 1
            return
        self._invoices.keep_charge(row.id, location)
        self.counters.charged += 1

    def _remove_void(self) -> None:
        for row in self._invoices.void_charges(AT_ONCE):
            assert row.txid is not None
            try:
                self._provider.remove(charge_txid(row.txid))
            except Malformed as error:  # it has ended there already
                log.info("the charge of invoice %s stays as it is: %s", row.number, error)
            self._invoices.keep_charge(row.id, None)

    def _take_received(self, now: datetime) -> None:
        since = self._seen_until - OVERLAP if self._seen_until is not None else self._unread_since(now)
        for _ in range(SPANS_AT_ONCE):
            until = min(since + SPAN, now)
            self._take_between(since, until)
            self._seen_until = since = until
            if until == now:
                return

    def _unread_since(self, now: datetime) -> datetime:
        """Since when something may have been paid that was never asked for: Calha, or the provider, may have been away."""
        oldest = self._invoices.oldest_open()
        if oldest is None:
            return now - LOOK_BACK
        return max(min(datetime.combine(oldest, time.min, UTC), now - LOOK_BACK), now - FARTHEST)

    def _take_between(self, since: datetime, until: datetime) -> None:
        try:
            for one in self._provider.received(since, until):
                self._invoices.receive(one.id, "pix", invoice_txid(one.txid), one.amount, one.paid_at)
                self.counters.received += 1
        except Malformed as error:
            raise Unreachable(str(error)) from None
