"""The profiles that there are: packaged ones, those of the user's folder, those saved through the API."""

import logging
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from calha.domain.errors import Conflict, InvalidConfiguration, InvalidProfile
from calha.domain.profile_reader import read_profile
from calha.domain.profiles import Profile

log = logging.getLogger(__name__)


@cache
def packaged() -> dict[str, Profile]:
    files = sorted(resources.files("calha.profiles").iterdir(), key=lambda file: file.name)
    found = [
        read_profile(file.read_text(encoding="utf-8"), file.name, "packaged")
        for file in files
        if file.name.endswith(".yaml")
    ]
    return {profile.name: profile for profile in found}


def of_folder(folder: Path | None) -> Iterator[Profile]:
    """The profiles in *.yaml of a folder. Raises InvalidConfiguration naming file and line."""
    if folder is None:
        return
    if not folder.is_dir():
        raise InvalidConfiguration(f"registry.profiles_folder = {folder}: there is no such folder")
    for path in sorted(folder.glob("*.yaml")):
        yield _of_file(path)


def _of_file(path: Path) -> Profile:
    try:
        profile = read_profile(path.read_text(encoding="utf-8"), str(path))
        require_own_name(profile, str(path))
    except (InvalidProfile, Conflict) as error:
        raise InvalidConfiguration(f"registry.profiles_folder: {error}") from None
    except UnicodeDecodeError as error:
        raise InvalidConfiguration(f"registry.profiles_folder: {path}: not UTF-8: {error}") from None
    return profile


@lru_cache(maxsize=1_000)
def saved(name: str, yaml: str) -> Profile | None:
    """A profile from the database; None, and an error in the log, if today's rules refuse what was once accepted."""
    try:
        return read_profile(yaml, name)
    except InvalidProfile as error:
        log.error("a saved profile is not used: %s", error)
        return None


def require_own_name(profile: Profile, origin: str) -> None:
    """Raises Conflict for the name of a packaged profile."""
    if profile.name in packaged():
        raise Conflict(
            f"{origin}: a profile named {profile.name!r} comes with Calha; choose another name",
            "profile_of_file",
            profile=profile.name,
        )


def by_name(users: Iterable[Profile]) -> dict[str, Profile]:
    return packaged() | {profile.name: profile for profile in users}
