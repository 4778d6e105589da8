"""Many devices at once, from a table: what each line would do, and doing it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calha.accounts.accounts import Accounts
from calha.accounts.door import DEVICE_PREFIX
from calha.accounts.keyring import digest, new_secret
from calha.domain.device_table import Fault, Line, SitePaths, Wanted, columns_of, read_line, unknown_columns
from calha.domain.errors import Malformed
from calha.store.registry import NewDevice, Registry

DEFAULT_PROFILE = "generic"


@dataclass(frozen=True, slots=True)
class LineReport:
    """What becomes of a line. result created: or would be, in a dry run."""

    line: int
    key: str
    result: Literal["created", "exists", "error"]
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    lines: Sequence[LineReport]
    devices: Sequence[NewDevice]
    ignored_columns: Sequence[str]

    @property
    def faults(self) -> int:
        return sum(line.result == "error" for line in self.lines)


def plan(
    found: Sequence[Line],
    registry: Registry,
    may_configure: Callable[[int], bool],
    may_see: Callable[[str], bool],
    site_id: int,
    taken: set[str],
) -> Plan:
    """Read a table. may_see: a device, as a gateway. site_id: of lines that name none. taken: keys that are registered.

    Raises Malformed.
    """
    if not found:
        raise Malformed("the table is empty", "bad_table")
    columns = columns_of(found[0].cells)
    judge = _Judge(registry, may_configure, may_see, site_id, taken)
    lines: list[LineReport] = []
    devices: list[NewDevice] = []
    for line in found[1:]:
        wanted = read_line(line.cells, columns)
        verdict = judge(wanted) if isinstance(wanted, Wanted) else wanted
        if isinstance(verdict, NewDevice):
            devices.append(verdict)
        lines.append(_report(line, wanted, verdict))
    return Plan(lines, devices, unknown_columns(found[0].cells))


def carry_out(made: Plan, registry: Registry, accounts: Accounts, *, secrets: bool = True) -> Mapping[str, str]:
    """Register the devices of a plan, all or none; their secrets, of which only this answer tells. Raises Conflict."""
    if not made.devices:
        return {}
    registry.create_devices(made.devices, made.devices[0].site_id or 0)
    new = {device.key: new_secret(DEVICE_PREFIX) for device in made.devices} if secrets else {}
    accounts.credentials.add_first({key: digest(secret) for key, secret in new.items()})
    accounts.door.forget()
    return new


class _Judge:
    def __init__(
        self,
        registry: Registry,
        may_configure: Callable[[int], bool],
        may_see: Callable[[str], bool],
        site_id: int,
        taken: set[str],
    ) -> None:
        self._profiles = {profile.name for profile in registry.profiles()}
        self._sites = SitePaths((site.id, site.path) for site in registry.sites())
        self._may_configure = may_configure
        self._may_see = may_see
        self._site_id = site_id
        self._taken = taken
        self._serials = registry.serials()
        self._lines: set[str] = set()

    def __call__(self, wanted: Wanted) -> NewDevice | Fault | None:
        """None: it exists already."""
        if wanted.key in self._lines:
            return Fault("duplicate_key", f"the key {wanted.key!r} is in the table twice")
        self._lines.add(wanted.key)
        site = self._sites.find(wanted.site) if wanted.site else self._site_id
        if isinstance(site, Fault):
            return site
        if not self._may_configure(site):
            return Fault("not_allowed", f"you may not register devices in the site {wanted.site or site}")
        if wanted.key in self._taken:
            return None
        profile = wanted.profile or DEFAULT_PROFILE
        if profile not in self._profiles:
            return Fault("unknown_profile", f"there is no profile {profile!r}")
        if wanted.serial and wanted.serial in self._serials:
            return Fault("duplicate_serial", f"another device has the serial {wanted.serial!r}")
        if wanted.gateway and not (wanted.gateway in self._taken and self._may_see(wanted.gateway)):
            return Fault("unknown_gateway", f"there is no device {wanted.gateway!r} to be its gateway")
        self._serials.add(wanted.serial)
        return NewDevice(
            wanted.key, profile, wanted.name, wanted.serial or None, wanted.note, site, wanted.gateway or None
        )


def _report(line: Line, wanted: Wanted | Fault, verdict: NewDevice | Fault | None) -> LineReport:
    key = wanted.key if isinstance(wanted, Wanted) else ""
    if isinstance(verdict, Fault):
        return LineReport(line.number, key, "error", verdict)
    return LineReport(line.number, key, "exists" if verdict is None else "created")
