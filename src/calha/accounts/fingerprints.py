"""What a certificate is recognised by."""


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate's DER form, in hex."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256()).hex()
