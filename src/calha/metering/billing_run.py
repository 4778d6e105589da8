"""Issuing the invoices of many contracts: some hundred at a time, so that it can be followed, stopped, and taken up again.

A cycle that is billed already is passed over, so a run that broke off is simply done again and issues what is missing.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from calha.domain.errors import Conflict
from calha.metering.books import Billing
from calha.metering.cycles import cycle_in
from calha.metering.invoicing import issue
from calha.metering.previews import Preview, previews
from calha.store.billing import ContractRow, RunRow, Runs

log = logging.getLogger(__name__)

AT_ONCE = 500
MAX_PROBLEMS = 200  # that a run names; the rest are counted


@dataclass(frozen=True, slots=True)
class RunForecast:
    """passed: contracts whose cycle is billed already. problems: contract and why it would not be billed.

    unusual: contracts that would be billed, and the days between their readings, which are more or fewer than is usual.
    """

    contracts: int
    passed: int
    ready: int
    total: Decimal
    problems: Sequence[Sequence[str]]
    unusual: Sequence[tuple[str, int]]
    is_whole: bool


class BillingRuns:
    def __init__(self, billing: Billing, runs: Runs, at_once: int = AT_ONCE) -> None:
        """at_once: contracts whose invoices are issued together, all or none."""
        self._billing = billing
        self._at_once = at_once
        self.runs = runs
        self._stopping: set[int] = set()

    def begin(
        self, month: str, made_by: str, site_id: int | None, sites: Collection[int] | None, cycle_day: int | None = None
    ) -> RunRow:
        """A run over all contracts of devices on `sites` (None = all) whose cycle begins in a month.

        Raises Conflict when one is running.
        """
        if self.runs.list("running"):
            raise Conflict("a billing run is under way; wait for it, or stop it")
        count = sum(len(page) for page in self._pages(sites, cycle_day))
        return self.runs.begin(site_id, month, cycle_day, count, made_by)

    def preview(self, month: str, sites: Collection[int] | None, cycle_day: int | None = None) -> RunForecast:
        """What a run would do by now, of the first page of contracts. Nothing is issued."""
        page = next(self._pages(sites, cycle_day), ())
        billed, found = self._sorted(page, month)
        total = sum((one.total for one in found.ready if one.total is not None), Decimal(0))
        is_whole = len(page) < self._at_once
        unusual = [(one.contract.number, one.days) for one in found.ready if one.is_of_unusual_length and one.days]
        problems = found.problems[:MAX_PROBLEMS]
        return RunForecast(len(page), billed, len(found.ready), total, problems, unusual[:MAX_PROBLEMS], is_whole)

    def stop(self, run_id: int) -> None:
        """Let a run end after what it is at. Raises NotFound."""
        if self.runs.get(run_id).state == "running":
            self._stopping.add(run_id)

    def work(self, run: RunRow, sites: Collection[int] | None, beat: Callable[[], None] = lambda: None) -> RunRow:
        """Issue what is missing, until done or stopped. What was issued before a failure stays issued."""
        done = issued = passed = failed = 0
        problems: list[list[str]] = []
        try:
            for page in self._pages(sites, run.cycle_day):
                beat()
                if run.id in self._stopping:
                    return self.runs.end(run.id, "stopped")
                billed, found = self._sorted(page, run.month)
                done, passed, failed = done + len(page), passed + billed, failed + len(found.problems)
                issued += len(self._issue(found.ready, run.id))
                problems += found.problems[: MAX_PROBLEMS - len(problems)]
                self.runs.report(run.id, done=done, issued=issued, passed=passed, failed=failed, problems=problems)
            return self.runs.end(run.id, "finished")
        except BaseException:
            self.runs.end(run.id, "stopped")
            raise
        finally:
            self._stopping.discard(run.id)

    def end_broken(self) -> None:
        """Call at start: no run survives the process; the next one goes on where it was."""
        for run in self.runs.list("running"):
            self.runs.end(run.id, "stopped")

    def _issue(self, ready: Sequence[Preview], run_id: int) -> Sequence[object]:
        try:
            return issue(self._billing, ready, run_id) if ready else ()
        except Conflict:  # one of them was issued by hand meanwhile; find out which
            return [row for one in ready for row in self._issue_one(one, run_id)]

    def _issue_one(self, one: Preview, run_id: int) -> Sequence[object]:
        try:
            return issue(self._billing, [one], run_id)
        except Conflict as error:
            log.info("contract %s is passed over: %s", one.contract.number, error)
            return ()

    def _sorted(self, page: Sequence[ContractRow], month: str) -> "tuple[int, _Sorted]":
        """How many of some contracts are billed, and the others as ready or with a problem."""
        standing = self._billing.invoices.standing([one.id for one in page])
        billed = {(row.contract_id, row.from_day) for rows in standing.values() for row in rows}
        open_ = []
        for one in page:
            cycle = cycle_in(one, month)
            if cycle is not None and (one.id, cycle.from_) not in billed:
                open_.append(one)
        found = _Sorted(self._billing.today())
        for preview in previews(self._billing, open_, month):
            found.take(preview)
        return len(page) - len(open_), found

    def _pages(self, sites: Collection[int] | None, cycle_day: int | None) -> Iterator[Sequence[ContractRow]]:
        after_id = 0
        while page := self._billing.customers.contracts(
            sites, cycle_day=cycle_day, after_id=after_id, limit=self._at_once
        ):
            yield page
            after_id = page[-1].id


class _Sorted:
    def __init__(self, today: date) -> None:
        self._today = today
        self.ready: list[Preview] = []
        self.problems: list[list[str]] = []

    def take(self, preview: Preview) -> None:
        if preview.cycle is not None and preview.cycle.until > self._today:
            self.problems.append([preview.contract.number, f"the cycle ends on {preview.cycle.until}; it is not over"])
        elif preview.problem is None and preview.bill is not None:
            self.ready.append(preview)
        else:
            self.problems.append([preview.contract.number, preview.problem or "nothing to bill"])
