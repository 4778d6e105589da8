"""The link with which the first person makes the first account. It works once, for a day; every start makes a new one."""

import sys

from calha.accounts.accounts import Accounts


def announce(accounts: Accounts, address: str) -> None:
    """Print the link, and its QR code for a phone, as long as nobody administers this installation."""
    if accounts.people.administrators():
        return
    import segno

    link = f"{address}/link#{accounts.sign_in.make_link('set_up', None)}"
    out = sys.stderr
    out.write(f"\nNobody administers this Calha yet. Open this link to create the first account:\n\n  {link}\n\n")
    if out.isatty():
        segno.make(link, error="l").terminal(out=out, border=2, compact=True)
    out.flush()
