"""The certificate by which an OPC UA application is known (Part 6 §6.2.2): RSA, self-signed, with the application's URI.

Whoever runs the other side trusts it by hand. So it is made once, holds for long, and nothing replaces it silently: to
have another one, somebody removes both files.
"""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

YEARS = 20
KEY_BITS = 2_048  # the most that Basic256Sha256 is sure to take everywhere is 4,096; controllers are slow
CLOCK_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ApplicationCertificate:
    """Paths of PEM files, and the URI that the certificate holds."""

    certificate: Path
    key: Path
    uri: str


def application_certificate(home: Path, name: str) -> ApplicationCertificate:
    """The certificate `name`.pem in a folder, made at the first call."""
    certificate, key = home / f"{name}.pem", home / f"{name}-key.pem"
    if not certificate.exists() or not key.exists():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        _make(certificate, key, f"urn:{socket.gethostname()}:calha:{name}")
    return ApplicationCertificate(certificate, key, uri_of(certificate.read_bytes()))


def uri_of(pem: bytes) -> str:
    """The application URI in a certificate."""
    from cryptography import x509

    found = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return str(found.value.get_values_for_type(x509.UniformResourceIdentifier)[0])


def _make(certificate: Path, key_file: Path, uri: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Calha"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Calha {certificate.stem} {socket.gethostname()}"[:64]),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,  # as it signs itself
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = [x509.UniformResourceIdentifier(uri), x509.DNSName(socket.gethostname())]
    both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
    temporary = certificate.with_suffix(".new")
    temporary.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    temporary.replace(certificate)
