"""Where ETA flow stands in Calha: its site, the device of its gateway, its MQTT topics and who may publish there."""

from contextlib import suppress

from calha.accounts.gatekeeper import Guest
from calha.config import EtaSection
from calha.domain.errors import Conflict, InvalidConfiguration
from calha.ingest.routes import Route
from calha.store.registry import Registry, SiteRow

PROFILE = "eta_gateway"
GUEST = "eta"


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
        with suppress(Conflict):
            registry.create_device(section.device, PROFILE, site.id, name="Gateway ETA")


def routes(section: EtaSection) -> list[Route]:
    return [Route(topic, "eta", section.device) for topic in section.topics]


def guests(section: EtaSection) -> list[Guest]:
    topics, password = tuple(section.topics), section.mqtt_password.get_secret_value()
    named = [Guest(GUEST, topics, section.mqtt_user, password)] if section.mqtt_user and password else []
    return named + ([Guest(GUEST, topics)] if section.mqtt_anonymous else [])
