"""Reads a tariff from YAML or JSON. What is wrong is refused with its place and what would be allowed.

Rule 1: nothing but InvalidTariff leaves this module, whatever the text.
Rule 2: a number is taken as it is written, digit by digit; what YAML makes of `18:00` or `1_000` does not happen here.
Rule 3: what is refused says on which line it stands, as an editor shows it (`about["line"]`).
Rule 4: what was accepted once stays readable (`reread_tariff`): invoices are computed anew from it.
Rule 5: size, depth and numbers are bounded; one part of a text cannot be used in many places (YAML's aliases).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
import yaml

from calha.domain.errors import InvalidTariff
from calha.domain.posts import MAX_HOLIDAYS, MAX_WINDOWS
from calha.domain.tariffs import (
    GREEN,
    MAX_BLOCKS,
    MAX_COMPONENTS,
    MAX_NUMBER,
    MAX_PLACES,
    MAX_VERSIONS,
    Block,
    Demand,
    Discount,
    Flag,
    LatePayment,
    Share,
    Tariff,
    Usage,
    Version,
    measured_quantities,
)

MAX_CHARS = 1_000_000
MAX_DEPTH = 20
MAX_MONTHS = 600
MAX_FLAG_DAYS = 100

Faults = Callable[[Tariff], Iterator[str]]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?\d{1,15}")
_NUMBER = re.compile(r"-?\d{1,15}\.\d{1,15}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PLACE = re.compile(r"\$(?:\.\w+|\[\d+\])+")
_FIELD = re.compile(r"unknown field `(\w+)`")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


def read_tariff(text: str, origin: str = "tariff") -> Tariff:
    """The tariff in a text of YAML or JSON; `origin` names it in errors. Raises InvalidTariff."""
    return _read(text, origin, _faults)


def reread_tariff(text: str, origin: str = "tariff") -> Tariff:
    """The same of a text that was accepted once, perhaps before its quantities were looked at. Raises InvalidTariff."""
    return _read(text, origin, _first_faults)


def _read(text: str, origin: str, faults: Faults) -> Tariff:
    if len(text) > MAX_CHARS:
        raise InvalidTariff(f"{origin}: {len(text)} characters; at most {MAX_CHARS} are read")
    try:
        _require_plain(text, origin)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InvalidTariff(f"{origin}: not YAML: {str(error)[:300]}", line=mark.line + 1 if mark else 1) from None
    if node is None:
        raise InvalidTariff(f"{origin}: the tariff is empty", line=1)
    content = _plain(node, origin)
    try:
        return _tariff_of(content, origin, faults)
    except InvalidTariff as error:
        raise InvalidTariff(str(error), line=_line_of(str(error), node)) from None


def _tariff_of(content: Any, origin: str, faults: Faults) -> Tariff:  # noqa: ANN401 - as it was read
    try:
        tariff = msgspec.convert(content, Tariff)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidTariff(f"{origin}: {error}") from None
    for fault in faults(tariff):
        raise InvalidTariff(f"{origin}: {fault}")
    return tariff


def to_json(tariff: Tariff) -> bytes:
    """A text that `read_tariff` reads as the same tariff; equal tariffs give equal bytes."""
    return msgspec.json.encode(tariff, order="deterministic")


# -- below: from text to plain values


def _require_plain(text: str, origin: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused(origin, event.start_mark, f"an alias (*{event.anchor}); write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refused(origin, event.start_mark, f"nested deeper than {MAX_DEPTH} levels")


def _plain(node: yaml.Node, origin: str) -> Any:  # noqa: ANN401 - whatever is written
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in found:
                raise _refused(origin, key.start_mark, "a key that is no word, or is there twice")
            found[key.value] = _plain(value, origin)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, origin) for one in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:  # noqa: ANN401 - whatever is written
    text: str = node.value
    if node.style:  # in quotes, or a block of text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _refused(origin: str, mark: Any, fault: str) -> InvalidTariff:  # noqa: ANN401 - a Mark of either loader
    return InvalidTariff(f"{origin}:{mark.line + 1}:{mark.column + 1}: {fault}", line=mark.line + 1)


def _line_of(fault: str, root: yaml.Node) -> int:
    """The line of the text that a fault speaks of, as near as the place that it names leads (`$.versions[0].components[2]`)."""
    place = _PLACE.search(fault)
    steps = re.findall(r"\w+", place[0]) if place else []
    steps += _FIELD.findall(fault)
    node, line = root, root.start_mark.line
    for step in steps:
        if isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            (key, node), *_ = found
            line = key.start_mark.line
    return int(line) + 1


# -- below: what types cannot say


def _faults(tariff: Tariff) -> Iterator[str]:
    yield from _first_faults(tariff)
    for place, version in enumerate(tariff.versions):
        yield from (f"$.versions[{place}]{fault}" for fault in _quantity_faults(version))


def _quantity_faults(version: Version) -> Iterator[str]:
    known = measured_quantities(version)
    for place, component in enumerate(version.components):
        if isinstance(component, Usage | Demand | Flag) and component.quantity not in known:
            listed = ", ".join(known)
            yield f".components[{place}].quantity: {component.quantity!r} is not measured; known here are {listed}"


def _first_faults(tariff: Tariff) -> Iterator[str]:
    if not _WORD.fullmatch(tariff.key):
        yield f"key {tariff.key!r} is not a word of a–z, 0–9 and _"
    yield from _number_faults(msgspec.to_builtins(tariff, builtin_types=(Decimal,)), "$")
    if not 1 <= len(tariff.versions) <= MAX_VERSIONS:
        yield f"$.versions: {len(tariff.versions)}; 1 to {MAX_VERSIONS} are taken"
    for name in ("versions", "taxes"):
        yield from _order_faults(name, [one.valid_from for one in getattr(tariff, name)])
    yield from _order_faults("flags.prices", [one.valid_from for one in tariff.flags.prices])
    for place, taxes in enumerate(tariff.taxes):
        rates = (taxes.icms, taxes.pis, taxes.cofins)
        if min(rates) < 0 or sum(rates) >= 100:
            yield f"$.taxes[{place}]: rates are from 0 to below 100 per cent together"
    yield from (f"$.flags.months{fault}" for fault in _month_faults(tariff.flags.months))
    for day in tariff.flags.days:
        if not _is_day(day):
            yield f"$.flags.days: {day!r} is not a day such as 2026-07-16"
    for name, flags in (("months", tariff.flags.months), ("days", tariff.flags.days)):
        for flag in flags.values():
            if flag != GREEN and not any(flag in one.prices for one in tariff.flags.prices):
                yield f"$.flags.{name}: {flag!r} has no price; known are green{_listed(tariff)}"
    if len(tariff.flags.days) > MAX_FLAG_DAYS:
        yield f"$.flags.days: {len(tariff.flags.days)}; at most {MAX_FLAG_DAYS} are taken"
    for place, version in enumerate(tariff.versions):
        yield from (f"$.versions[{place}]{fault}" for fault in _version_faults(version))


def _month_faults(months: Iterable[str]) -> Iterator[str]:
    for month in months:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
            yield f": {month!r} is not a month such as 2026-07"


def _late_faults(rule: LatePayment) -> Iterator[str]:
    if not 0 <= rule.fine_percent <= 100 or not 0 <= rule.interest_percent <= 100:
        yield ": fine_percent and interest_percent are from 0 to 100"
    if len(rule.index) > MAX_MONTHS or any(abs(percent) >= 100 for percent in rule.index.values()):
        yield f".index: at most {MAX_MONTHS} months are taken, each between -100 and 100 per cent"
    yield from (f".index{fault}" for fault in _month_faults(rule.index))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _listed(tariff: Tariff) -> str:
    return "".join(f", {name}" for name in sorted({name for one in tariff.flags.prices for name in one.prices}))


def _version_faults(version: Version) -> Iterator[str]:
    if not 1 <= len(version.components) <= MAX_COMPONENTS:
        yield f".components: {len(version.components)}; 1 to {MAX_COMPONENTS} are taken"
    if version.cycle_days is not None and not 1 <= version.cycle_days <= 366:
        yield f".cycle_days: {version.cycle_days} is not from 1 to 366"
    if (rule := version.net_metering) is not None:
        posts = set(version.windows.posts) if version.windows is not None else set()
        if set(rule.te) != posts or any(price <= 0 for price in rule.te.values()):
            names = ", ".join(sorted(posts)) or "none without windows"
            yield f".net_metering.te: what energy costs, above 0, in each post ({names}): credits pass between them by it"
        if not 1 <= rule.months <= MAX_MONTHS or rule.minimum < 0:
            yield f".net_metering: months are from 1 to {MAX_MONTHS}, and the minimum is not below 0"
    if version.late_payment is not None:
        yield from (f".late_payment{fault}" for fault in _late_faults(version.late_payment))
    if not 1 <= version.usual_days.least <= version.usual_days.most <= 366:
        yield f".usual_days: {version.usual_days.least} to {version.usual_days.most} is no span of 1 to 366 days"
    if not 0 < version.max_missing_percent <= 100:
        yield f".max_missing_percent: {version.max_missing_percent} is not above 0 and up to 100"
    if version.windows and (len(version.windows.windows) > MAX_WINDOWS or len(version.windows.holidays) > MAX_HOLIDAYS):
        yield f".windows: at most {MAX_WINDOWS} windows and {MAX_HOLIDAYS} holidays are taken"
    known: set[str] = set()
    for place, component in enumerate(version.components):
        where = f".components[{place}]"
        if not _WORD.fullmatch(component.key) or component.key in known:
            yield f"{where}.key: {component.key!r} is not a word of a–z, 0–9 and _, or is there twice"
        if isinstance(component, Share):
            yield from (
                f"{where}.of: {key!r} is none of the lines before it" for key in component.of if key not in known
            )
        if isinstance(component, Usage):
            yield from (f"{where}{fault}" for fault in _usage_faults(component))
        known.add(component.key)


def _usage_faults(usage: Usage) -> Iterator[str]:
    if (usage.price is None) == (not usage.blocks):
        yield ": either price or blocks"
    yield from _range_faults(".blocks", usage.blocks)
    yield from _range_faults(".discounts", usage.discounts)
    if usage.minimum < 0:
        yield f".minimum: {usage.minimum} is negative"


def _range_faults(name: str, ranges: Sequence[Block | Discount]) -> Iterator[str]:
    if len(ranges) > MAX_BLOCKS:
        yield f"{name}: {len(ranges)}; at most {MAX_BLOCKS} are taken"
    limits = [one.up_to for one in ranges]
    if name == ".blocks" and limits and limits[-1] is not None:
        yield f"{name}: the last one has no up_to, else what is above it would be free"
    finite = [limit for limit in limits if limit is not None]
    if None in limits[:-1] or any(later <= earlier for earlier, later in pairwise([Decimal(0), *finite])):
        yield f"{name}: up_to must grow from one to the next"


def _order_faults(name: str, days: Sequence[Any]) -> Iterator[str]:
    if any(later <= earlier for earlier, later in pairwise(days)):
        yield f"$.{name}: valid_from must grow from one to the next"


def _number_faults(content: Any, place: str) -> Iterable[str]:  # noqa: ANN401 - any part of a tariff
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _number_faults(value, f"{place}.{key}")
    elif isinstance(content, list | tuple):
        for number, value in enumerate(content):
            yield from _number_faults(value, f"{place}[{number}]")
    elif isinstance(content, Decimal):
        exponent = content.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -MAX_PLACES or abs(content) > MAX_NUMBER:
            yield f"{place}: {content} is not a number of at most {MAX_NUMBER:f} with {MAX_PLACES} places"
