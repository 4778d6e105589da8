"""Where ETA flow stands in Calha: its site, the device of its gateway, its MQTT topics and who may publish there.

Its collector has the numbers of two sensors and of one unit built in. Unless somebody has given numbers before, these
stand for the flows of the gateway's device from the start.
"""

from contextlib import suppress

from calha.accounts.gatekeeper import Guest
from calha.config.compat import EtaSection
from calha.domain.errors import Conflict, InvalidConfiguration
from calha.ingest.routes import Route
from calha.store.eta import EtaNumbers
from calha.store.registry import DeviceRow, Registry, SiteRow

PROFILE = "eta_gateway"
GUEST = "eta"
SENSORS = {1: ("flow_1", "Vazão ETA 1"), 2: ("flow_2", "Vazão ETA 2")}
DEVICE, UNIT = 1, 5


def site_of(section: EtaSection, registry: Registry) -> SiteRow:
    """Raises InvalidConfiguration when there is no site of that name."""
    sites = registry.sites()
    found = [site for site in sites if section.site in ("", site.name)]
    if not found:
        names = ", ".join(site.name for site in sites[:20])
        raise InvalidConfiguration(f"compat.eta.site = {section.site!r}: there is no such site; there are {names}")
    return found[0]


def prepare(section: EtaSection, registry: Registry) -> None:
    """Register the gateway's device before its first message is read. Raises InvalidConfiguration."""
    site = site_of(section, registry)
    if section.device not in registry.devices_named([section.device]):
        with suppress(Conflict):  # registered at the same time by another process
            registry.create_device(section.device, PROFILE, site.id, name="Gateway ETA")
    numbers = EtaNumbers(registry.engine)
    if not numbers.picture().devices:
        with suppress(Conflict):
            give_first_numbers(numbers, registry.device(section.device))


def give_first_numbers(numbers: EtaNumbers, device: DeviceRow) -> None:
    """Raises Conflict when some of them have been given."""
    series = {channel.key: channel.series for channel in device.channels}
    if UNIT not in numbers.picture().units:
        numbers.add_unit("Metro cúbico por hora", "m³/h", UNIT)
    numbers.add_device(device.key, "CLP", "CLP", None, number=DEVICE)
    for number, (channel, name) in SENSORS.items():
        if channel in series:
            numbers.add_sensor(series[channel], name, "VAZAO", DEVICE, UNIT, number=number)


def routes(section: EtaSection) -> list[Route]:
    return [Route(topic, "eta", section.device) for topic in section.topics]


def guests(section: EtaSection) -> list[Guest]:
    topics, password = tuple(section.topics), section.mqtt_password.get_secret_value()
    named = [Guest(GUEST, topics, section.mqtt_user, password)] if section.mqtt_user and password else []
    return named + ([Guest(GUEST, topics)] if section.mqtt_anonymous else [])
