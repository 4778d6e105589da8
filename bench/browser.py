"""The browser that benches drive."""

import shutil

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")


def chromium() -> str:
    """Path of the browser, without a window if there is one. Raises SystemExit when there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise SystemExit("chromium is not installed")
    return found
