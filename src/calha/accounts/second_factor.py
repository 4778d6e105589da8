"""The second factor: time-based codes (TOTP, RFC 6238) of an authenticator app, and recovery codes for a lost phone."""

import secrets
import time

ISSUER = "Calha"
STEP_S = 30
DRIFT_STEPS = 1  # a phone's clock may be so many steps off
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is easily misread


def new_key() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    import pyotp

    return pyotp.random_base32()


def address(key: str, account: str) -> str:
    """otpauth:// address for the QR code."""
    import pyotp

    return pyotp.TOTP(key).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(key: str, code: str, now_s: float | None = None) -> int | None:
    """The time step to which a code belongs, None if it is wrong. A step serves once (see `People.use_step`)."""
    import pyotp

    current = int((time.time() if now_s is None else now_s) // STEP_S)
    generator = pyotp.TOTP(key)
    plain = code.replace(" ", "")
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if secrets.compare_digest(generator.at(step * STEP_S).encode(), plain.encode()):
            return step
    return None


def recovery_codes() -> list[str]:
    """Codes of 50 bits each, in two groups."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]


def plain_recovery_code(code: str) -> str:
    """As it was made, however it was typed."""
    letters = "".join(code.lower().split()).replace("-", "")
    return f"{letters[:5]}-{letters[5:]}"
