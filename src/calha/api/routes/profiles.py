"""Profiles: what kinds of devices there are."""

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import Body

from calha.api.access import ConfiguresAll, Views
from calha.api.routing import api_router
from calha.api.schemas import Page, ProfileAnswer
from calha.api.services import Here
from calha.domain import profile_reader
from calha.domain.errors import InvalidProfile
from calha.domain.profiles import Profile

router = api_router("profiles", "/profiles")


@router.get("")
def list_profiles(services: Here, _: Views) -> Page[ProfileAnswer]:
    """All profiles, those that come with Calha and your own."""
    return Page(items=[_answer(profile) for profile in services.registry.profiles()], next=None)


@router.get("/{name}")
def read_profile(name: str, services: Here, _: Views) -> ProfileAnswer:
    """One profile with its channels and commands."""
    return _answer(services.registry.profile(name))


@router.put("/{name}")
async def save_profile(
    name: str,
    yaml: Annotated[str, Body(media_type="application/yaml", max_length=200_000)],
    services: Here,
    caller: ConfiguresAll,
) -> ProfileAnswer:
    """Create or replace a profile of your own; a wrong one is refused with line and reason."""
    profile = profile_reader.read_profile(yaml, name)
    if profile.name != name:
        raise InvalidProfile(f"the profile calls itself {profile.name!r}, its address {name!r}")
    before = await asyncio.to_thread(services.registry.profile_text, name)
    saved = await asyncio.to_thread(services.registry.save_profile, yaml)
    await services.ingest.refresh()
    await caller.note("profile.saved", f"profile {name}", before, yaml)
    return _answer(saved)


@router.delete("/{name}", status_code=204)
async def delete_profile(name: str, services: Here, caller: ConfiguresAll) -> None:
    """Delete a profile of your own that no device uses."""
    before = await asyncio.to_thread(services.registry.profile_text, name)
    await asyncio.to_thread(services.registry.delete_profile, name)
    await caller.note("profile.deleted", f"profile {name}", before)


def _answer(profile: Profile) -> ProfileAnswer:
    return ProfileAnswer.model_validate(asdict(profile))
