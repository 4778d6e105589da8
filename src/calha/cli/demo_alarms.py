"""The demo's alarm rules: those that the profiles of its devices bring along, in force from the first start."""

import json
from pathlib import Path

from calha.cli.running import Running

LANGUAGE = "pt"  # a rule has its words in one language; the first users read Portuguese


PROFILES = {"water_flow", "water_meter", "energy_meter", "machine", "cip_station"}


def put_ready_rules_in_force(folder: Path) -> None:
    calha = Running(folder)
    for profile in calha.get("/api/v1/profiles")["items"]:
        if profile["name"] in PROFILES:
            for ready in profile["rules"]:
                calha.post("/api/v1/alarm-rules", json.dumps(_rule(ready, profile["name"])).encode())


def _rule(ready: dict[str, object], profile: str) -> dict[str, object]:
    words = {
        name: text.get(LANGUAGE, "") for name, text in ready.items() if isinstance(text, dict) and name != "definition"
    }
    return {
        "name": words.pop("name"),
        "definition": ready["definition"],
        "where": {"profile": profile},
        "rationalisation": words | {"respond_s": ready["respond_s"]},
    }
