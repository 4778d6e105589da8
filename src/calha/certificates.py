"""TLS certificates: the operator's own, or those of a local authority that Calha makes in its data folder.

`tls/ca.pem` is what browsers and devices have to trust; `tls/ca.key` (mode 0600) never leaves the folder. The server's
certificate is made anew at a start when it has less than RENEW_BEFORE left, or lacks a name by which it is reached.
Client certificates of the same authority serve devices as credentials.
"""

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from calha.config.settings import Settings
from calha.data_folder import require_data_folder
from calha.domain.errors import InvalidConfiguration
from calha.log.settings import MqttTls

FOLDER = "tls"
AUTHORITY_YEARS = 10
SERVER_DAYS = 397  # browsers take none that holds for longer
DEVICE_YEARS = 10
RENEW_BEFORE = timedelta(days=30)
CLOCK_SLACK = timedelta(days=1)  # devices' clocks may be behind


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of PEM files. authority: whose client certificates are believed, and whose the server's own is if local."""

    certificate: Path
    key: Path
    authority: Path


def server_certificate(settings: Settings) -> Certificate:
    """The certificate of this Calha, made now if need be. Raises InvalidConfiguration."""
    section = settings.tls
    local = local_authority(settings.data.folder)
    authority = local.certificate if section.client_ca is None else _with_local(section.client_ca, local)
    if section.certificate is None or section.key is None:
        if section.certificate != section.key:
            raise InvalidConfiguration("tls.certificate and tls.key belong together; one of them is missing")
        made = _local_server_certificate(settings.data.folder, names_of(settings))
        return Certificate(made.certificate, made.key, authority)
    _require_pair(section.certificate, section.key)
    return Certificate(section.certificate, section.key, authority)


def mqtt_tls(settings: Settings) -> MqttTls | None:
    """TLS of the MQTT port, if it is switched on. Raises InvalidConfiguration."""
    if not settings.mqtt.tls:
        if settings.mqtt.client_certificates:
            raise InvalidConfiguration("mqtt.client_certificates: without mqtt.tls no device can show a certificate")
        return None
    found = server_certificate(settings)
    authority = str(found.authority) if settings.mqtt.client_certificates else None
    return MqttTls(str(found.certificate), str(found.key), authority, settings.mqtt.port)


def local_authority(folder: Path) -> Certificate:
    """The local authority's own certificate and key, made at the first call."""
    home = folder / FOLDER
    found = Certificate(home / "ca.pem", home / "ca.key", home / "ca.pem")
    if not found.certificate.exists():
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

        require_data_folder(folder)
        home.mkdir(exist_ok=True)
        home.chmod(0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Calha local authority of {socket.gethostname()}")
        builder = _builder(name, name, key.public_key(), timedelta(days=365 * AUTHORITY_YEARS))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        _write(found, builder, key, key)
    return found


def device_certificate(folder: Path, device: str) -> tuple[str, str]:
    """(certificate, key) as PEM texts of a new client certificate; the key is kept nowhere here."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority, authority_key = _signer(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(device), authority.subject, key.public_key(), timedelta(days=365 * DEVICE_YEARS))
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    certificate = _signed(builder, authority_key).public_bytes(serialization.Encoding.PEM).decode()
    return certificate, _pem_of(key).decode()


def names_of(settings: Settings) -> list[str]:
    """Names and addresses under which this Calha may be reached."""
    machine = socket.gethostname()
    public = urlsplit(settings.http.public_url).hostname
    hosts = [settings.http.host, settings.mqtt.host, settings.tcp.host, settings.gateways.host]
    found = ["localhost", "127.0.0.1", "::1", machine, f"{machine}.local", *settings.http.names, *hosts]
    found += [public] if public else []
    with suppress(OSError):  # a machine that does not know its own name is reached by its others
        found += [str(known[4][0]).partition("%")[0] for known in socket.getaddrinfo(machine, None)]
    return [name for name in dict.fromkeys(found) if name not in ("0.0.0.0", "::")]  # noqa: S104 - not bound to


def days_left(path: Path) -> int:
    """Until a certificate expires."""
    return (expires_at(path.read_bytes()) - datetime.now(UTC)).days


def expires_at(pem: bytes) -> datetime:
    """When a certificate does."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def _require_pair(certificate: Path, key: Path) -> None:
    for name, path in (("tls.certificate", certificate), ("tls.key", key)):
        if not path.is_file():
            raise InvalidConfiguration(f"{name} = {path}: there is no such file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")  # asks nobody for one
    except OSError as error:
        raise InvalidConfiguration(
            f"tls.certificate = {certificate}, tls.key = {key}: {_said(error)}; "
            "they have to be a chain of certificates and its key without a password, both PEM"
        ) from None


def _with_local(client_ca: Path, local: Certificate) -> Path:
    """Both authorities in one file: the certificates that Calha issues to devices hold beside those of the other."""
    _require_authority(client_ca)
    both = local.certificate.with_name("clients.pem")
    temporary = both.with_suffix(".new")
    temporary.write_bytes(client_ca.read_bytes() + b"\n" + local.certificate.read_bytes())
    temporary.replace(both)
    return both


def _require_authority(path: Path) -> None:
    if not path.is_file():
        raise InvalidConfiguration(f"tls.client_ca = {path}: there is no such file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except OSError as error:
        raise InvalidConfiguration(
            f"tls.client_ca = {path}: {_said(error)}; it has to be certificates of authorities, PEM"
        ) from None


def _said(error: OSError) -> str:
    return (error.reason if isinstance(error, ssl.SSLError) else error.strerror) or str(error)


def _local_server_certificate(folder: Path, names: Iterable[str]) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    local = local_authority(folder)
    found = Certificate(folder / FOLDER / "server.pem", folder / FOLDER / "server.key", local.certificate)
    wanted = [_general_name(name) for name in names]
    if not _still_serves(found, wanted):
        authority, authority_key = _signer(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name("Calha"), authority.subject, key.public_key(), timedelta(days=SERVER_DAYS))
        builder = builder.add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        _write(found, builder, authority_key, key)
    return found


def _still_serves(found: Certificate, wanted: list[Any]) -> bool:
    from cryptography import x509

    if not found.certificate.exists() or not found.key.exists():
        return False
    known = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    is_fresh = known.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE
    return is_fresh and set(wanted) <= set(names)


def _signer(folder: Path) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    local = local_authority(folder)
    certificate = x509.load_pem_x509_certificate(local.certificate.read_bytes())
    return certificate, serialization.load_pem_private_key(local.key.read_bytes(), None)


def _builder(subject: Any, issuer: Any, public_key: Any, lifetime: timedelta) -> Any:  # noqa: ANN401 - of cryptography
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _signed(builder: Any, authority_key: Any) -> Any:  # noqa: ANN401 - of cryptography
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return builder.add_extension(identifier, critical=False).sign(authority_key, SHA256())


def _write(target: Certificate, builder: Any, authority_key: Any, key: Any) -> None:  # noqa: ANN401 - of cryptography
    """Key first, so that no certificate is without one."""
    from cryptography.hazmat.primitives import serialization

    with os.fdopen(os.open(target.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_pem_of(key))
    certificate = _signed(builder, authority_key).public_bytes(serialization.Encoding.PEM)
    temporary = target.certificate.with_suffix(".new")
    temporary.write_bytes(certificate)
    temporary.replace(target.certificate)


def _pem_of(key: Any) -> bytes:  # noqa: ANN401 - of cryptography
    from cryptography.hazmat.primitives import serialization

    plain = serialization.NoEncryption()
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return pem


def _name(common: str) -> Any:  # noqa: ANN401 - of cryptography
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _general_name(name: str) -> Any:  # noqa: ANN401 - of cryptography
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
