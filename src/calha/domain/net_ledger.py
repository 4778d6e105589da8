"""What becomes of a customer's credits in a cycle, by the rule of his tariff and the quantities of his invoice."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from calha.domain.billing import ZERO, Metered
from calha.domain.errors import InvalidTariff
from calha.domain.net_metering import Credits, Lot, compensate
from calha.domain.net_posts import Posts, compensate_by_post
from calha.domain.tariffs import CONSUMPTION, INJECTED, Version, in_post


def ledger_of(version: Version, spans: Sequence[Metered], opening: Sequence[Lot], cycle: tuple[date, date]) -> Credits:
    """By post where the tariff has posts. Raises InvalidTariff where it knows no net metering."""
    rule = version.net_metering
    if rule is None:
        raise InvalidTariff("the tariff knows no net metering")
    if version.windows is None:
        consumed, injected = (_whole(spans, name) for name in (CONSUMPTION, INJECTED))
        return compensate(consumed, injected, opening, cycle, rule.minimum, rule.months)
    posts = Posts(rule.te, version.windows.default)
    taken = {post: _whole(spans, post) for post in rule.te}
    fed = {post: _whole(spans, in_post(INJECTED, post)) for post in rule.te}
    return compensate_by_post(taken, fed, opening, cycle, posts, rule.minimum, rule.months)


def _whole(spans: Sequence[Metered], name: str) -> Decimal:
    return sum((span.quantities.get(name, ZERO) for span in spans), ZERO)
