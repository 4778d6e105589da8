"""The payment provider as the configuration wants it."""

from calha.config.settings import Settings
from calha.domain.errors import InvalidConfiguration
from calha.domain.pix import is_key
from calha.metering.pix_provider import Account, ApiPix


def pix_provider(settings: Settings) -> ApiPix | None:
    """None without one. Raises InvalidConfiguration."""
    section = settings.pix
    if not section.url:
        return None
    if not section.client_id or not section.client_secret.get_secret_value():
        raise InvalidConfiguration("pix.client_id and pix.client_secret are missing; the provider tells them")
    if not is_key(section.key):
        raise InvalidConfiguration(f"pix.key = {section.key!r} is no Pix key: that of the account at the provider")
    for name, path in (("certificate", section.certificate), ("authority", section.authority)):
        if path is not None and not path.is_file():
            raise InvalidConfiguration(f"pix.{name} = {path}: there is no such file")
    return ApiPix(
        Account(
            section.url,
            section.client_id,
            section.client_secret.get_secret_value(),
            section.key,
            section.certificate,
            section.authority,
        )
    )
