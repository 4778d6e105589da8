"""The link with which the first person makes the first account. It works once, for a day; every start makes a new one."""

import sys

from calha.accounts.accounts import Accounts

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def announce(accounts: Accounts, listening: tuple[str, int]) -> None:
    """Print the link, and its QR code for a phone, as long as nobody administers this installation."""
    if accounts.people.administrators():
        return
    import segno

    address = f"{base_address(listening)}/link#{accounts.sign_in.make_link('set_up', None)}"
    out = sys.stderr
    out.write(f"\nNobody administers this Calha yet. Open this link to create the first account:\n\n  {address}\n\n")
    if out.isatty():
        segno.make(address, error="l").terminal(out=out, border=2, compact=True)
    out.flush()


def base_address(listening: tuple[str, int]) -> str:
    host, port = listening
    shown = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"
