"""The demo's alarm rules, on a running Calha."""

from calha.cli.demo_alarms import PROFILES, put_ready_rules_in_force


def test_the_rules_of_the_profiles_are_in_force(calha):
    before = {one["id"] for one in calha.get("/api/v1/alarm-rules")["items"]}
    put_ready_rules_in_force(calha.folder)
    made = [one for one in calha.get("/api/v1/alarm-rules")["items"] if one["id"] not in before]
    ready = {one["name"]: one["rules"] for one in calha.get("/api/v1/profiles")["items"] if one["name"] in PROFILES}
    try:
        assert ready.keys() == PROFILES
        for profile, rules in ready.items():
            of_profile = {one["name"]: one for one in made if one["where"]["profile"] == profile}
            assert of_profile.keys() == {rule["name"]["pt"] for rule in rules}
            for rule in rules:
                kept = of_profile[rule["name"]["pt"]]
                assert (kept["is_enabled"], kept["rationalisation"]["action"]) == (True, rule["action"].get("pt", ""))
    finally:
        for one in made:
            calha.send("DELETE", f"/api/v1/alarm-rules/{one['id']}")
