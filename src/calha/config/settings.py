"""All settings of Calha, and the address that follows from them."""

from calha.config.compat import CompatSection
from calha.config.connectors import ConnectorsSection
from calha.config.edge import EdgeSection
from calha.config.keeping import DataSection, IngestSection, LogSection, RegistrySection, ReportsSection, StoreSection
from calha.config.listening import DevicesSection, GatewaysSection, HttpSection, MqttSection, TcpSection, TlsSection
from calha.config.section import Section
from calha.config.services import NotificationsSection, OpenIdSection, PixSection, SmtpSection


class Settings(Section):
    data: DataSection = DataSection()
    http: HttpSection = HttpSection()
    mqtt: MqttSection = MqttSection()
    tcp: TcpSection = TcpSection()
    gateways: GatewaysSection = GatewaysSection()
    edge: EdgeSection = EdgeSection()
    tls: TlsSection = TlsSection()
    devices: DevicesSection = DevicesSection()
    openid: OpenIdSection = OpenIdSection()
    smtp: SmtpSection = SmtpSection()
    notifications: NotificationsSection = NotificationsSection()
    pix: PixSection = PixSection()
    log: LogSection = LogSection()
    store: StoreSection = StoreSection()
    registry: RegistrySection = RegistrySection()
    ingest: IngestSection = IngestSection()
    reports: ReportsSection = ReportsSection()
    connectors: ConnectorsSection = ConnectorsSection()
    compat: CompatSection = CompatSection()

    @property
    def speaks_tls(self) -> bool:
        others = (self.tcp.enabled and self.tcp.tls) or (self.gateways.enabled and self.gateways.tls)
        return self.http.tls or self.mqtt.tls or others


def address_of(settings: Settings) -> str:
    """Where a person opens the web app."""
    http = settings.http
    if http.public_url:
        return http.public_url
    host = "127.0.0.1" if http.host in ("0.0.0.0", "::") else f"[{http.host}]" if ":" in http.host else http.host  # noqa: S104 - compared, not bound
    return f"{'https' if http.tls else 'http'}://{host}:{http.port}"


def local_address_of(settings: Settings) -> str:
    """Where a program of this machine reaches the API."""
    return address_of(settings.model_copy(update={"http": settings.http.model_copy(update={"public_url": ""})}))
