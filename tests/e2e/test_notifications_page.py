"""A person chooses how he is told, an engineer makes a chain and rehearses it, and the link in the message acknowledges."""

import json
import re
import shutil
from collections.abc import Iterator

import pytest
from chromium import FLAGS, saving_context, until_controlled
from playwright.sync_api import Page, expect
from screens import keep
from signing_in import administrator, cookie
from steps import field, mosquitto_pub, scrolls_sideways
from test_accounts import assert_accessible

from calha.watch.notify.push import packed
from postman import postman
from push_browser import Browser as Subscriber
from receiver import receiver
from running import running_calha

pytestmark = pytest.mark.slow

RULE = {"signal": {"kind": "value", "channel": "vibration"}, "limits": {"hi": {"value": 7, "priority": "high"}}}
PUMP = "escalated-pump"
PUBLIC = "http://calha.example.org"
CHROMIUM = Subscriber()


@pytest.fixture(scope="module")
def calha(tmp_path_factory):
    with postman() as mail, receiver() as hooks, receiver() as calls, receiver() as pushes:
        settings = {
            "CALHA_NOTIFICATIONS_HOSTS": "127.0.0.1",
            "CALHA_HTTP_PUBLIC_URL": PUBLIC,
            "CALHA_SMTP_HOST": "127.0.0.1",
            "CALHA_SMTP_PORT": str(mail.port),
            "CALHA_SMTP_SECURITY": "none",
            "CALHA_SMTP_SENDER": "Calha <calha@example.org>",
        }
        with running_calha(tmp_path_factory.mktemp("notify") / "data", settings) as running:
            running.mail, running.hooks, running.calls, running.pushes = mail, hooks, calls, pushes
            yield running


@pytest.fixture(scope="module")
def pump(calha):
    """A pump whose alarm calls one team at once, and another by mail a minute later: so long the other tests take anyway."""
    site = calha.send("POST", "/api/v1/sites", {"name": "Pumping"})[1]["id"]
    assert calha.send("POST", "/api/v1/devices", {"key": PUMP, "site_id": site, "profile": "machine"})[0] == 201
    teams = []
    for name, channel in (
        ("Shift", {"kind": "webhook", "address": calha.calls.url}),
        ("Managers", {"kind": "email", "address": "managers@example.org"}),
    ):
        team = calha.send("POST", "/api/v1/teams", {"name": name, "site_id": site, "members": [], "language": "en"})[1]
        added = calha.send("POST", f"/api/v1/teams/{team['id']}/channels", channel | {"name": name})
        assert added[0] == 201, added
        teams.append(team["id"])
    key = {"p256dh": packed(CHROMIUM.public), "auth": packed(CHROMIUM.auth)}
    channel = {"kind": "push", "name": "Chromium", "push": {"endpoint": f"{calha.pushes.url}/send", "keys": key}}
    assert calha.send("POST", f"/api/v1/teams/{teams[0]}/channels", channel)[0] == 201
    steps = [{"wait_min": number, "teams": [team]} for number, team in enumerate(teams)]
    chain = {"name": "Pumps", "site_id": site, "steps": steps}
    assert calha.send("POST", "/api/v1/escalation-chains", chain)[0] == 201
    rule = {"name": "Pump shakes", "definition": RULE, "where": {"device": PUMP}}
    assert calha.send("POST", "/api/v1/alarm-rules", rule)[0] == 201
    mosquitto_pub(calha, PUMP, {"vibration": 9})
    return PUMP


def follow(calha, page, link):
    """Open a link of a message at this Calha, which nobody else reaches by its public name."""
    page.goto(link.replace(PUBLIC, calha.address))


def pick(page, place, name, choice):
    """Choose in a field that takes several, and leave its list."""
    place.get_by_role("combobox", name=name).click()
    page.get_by_role("option", name=choice).click()
    page.keyboard.press("Escape")


@pytest.mark.desktop
def test_an_alarm_calls_a_team_with_a_link_to_it_and_calls_anew_when_it_comes_off_the_shelf(calha, page, pump):
    told = json.loads(calha.calls.next_post().body)
    assert told["subject"] == "[Calha] High: Pump shakes: 9 (limit 7)"
    follow(calha, page, told["notices"][0]["link"])
    detail = page.get_by_role("region", name="Pump shakes")
    expect(detail).to_contain_text("unacknowledged")
    expect(page.get_by_role("region", name="Alarms to acknowledge")).to_be_visible()  # it moves the buttons down
    page.get_by_role("button", name="Shelve (1)").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Reason").fill("being greased")
    form.get_by_role("button", name="Shelve (1)").click()
    expect(detail).to_contain_text("shelved")
    page.get_by_role("button", name="Unshelve (1)").click()
    expect(detail).to_contain_text("unacknowledged")
    again = json.loads(calha.calls.next_post().body)
    assert (again["type"], again["notices"][0]["link"]) == ("notice.raised", told["notices"][0]["link"])


@pytest.mark.desktop
def test_messages_say_what_somebody_writes(calha, page):
    administrator(calha)
    page.goto(f"{calha.address}/escalation")
    page.get_by_role("link", name="Read and change them").click()
    page.get_by_text("Portuguese", exact=True).click()
    page.get_by_label("Message", exact=True).select_option("over")
    text, shown = page.get_by_role("textbox", name="Message"), page.get_by_role("region", name="What it looks like")
    expect(shown).to_contain_text("[Calha] Terminou: Nível alto: 92,1 (limite 85)")
    text.fill("Acabou: {whta}")
    expect(shown.get_by_role("alert")).to_contain_text("Line 1: there is no field “{whta}”. Did you mean “{what}”?")
    text.fill("Durou ")
    page.get_by_role("button", name="Insert the field lasted").click()
    expect(text).to_have_value("Durou {lasted}")
    expect(shown).to_contain_text("Durou 42 min")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("Changed by maria@example.org"))).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Back to the original").click()
    page.get_by_role("dialog").get_by_role("button", name="Back to the original").click()
    expect(page.get_by_text("This is the text that comes with Calha.")).to_be_visible()
    expect(text).to_have_value(re.compile("Abrir no Calha"))


def test_a_chain_is_made_rehearsed_and_acknowledged_by_the_link(calha, page, device):
    administrator(calha)
    page.goto(f"{calha.address}/notifications")
    expect(page.get_by_role("heading", name="My notifications")).to_be_visible()
    page.get_by_role("button", name="Add a channel").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Kind").select_option("webhook")
    field(form, "Address").fill("http://10.0.0.1/")
    form.get_by_role("button", name="Add a channel").click()
    expect(form.get_by_role("alert")).to_contain_text("Messages may not go to 10.0.0.1")
    field(form, "Address").fill(f"{calha.hooks.url}/{device}")
    field(form, "Name of the channel").fill(device)
    form.get_by_role("button", name="Add a channel").click()
    expect(form.get_by_text("Copy the secret now")).to_be_visible()
    form.get_by_role("button", name="I have kept it").click()
    page.get_by_role("button", name=f"Test {device}").click()
    expect(page.get_by_role("status").filter(has_text="Test message sent")).to_be_visible()
    assert calha.hooks.next_post().path == f"/{device}"
    page.get_by_label("Quiet hours").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Preferences saved.")).to_be_visible()
    page.reload()
    expect(field(page, "From")).to_have_value("22:00")
    assert_accessible(page)
    assert not scrolls_sideways(page)
    keep(page, f"notifications {device}")
    page.get_by_label("Quiet hours").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Preferences saved.")).to_be_visible()

    page.goto(f"{calha.address}/escalation")
    page.get_by_role("button", name="New chain").click()
    form = page.get_by_role("dialog")
    field(form, "Name of the chain").fill(f"Night {device}")
    pick(page, form, "Tell", "Maria Souza")
    assert_accessible(page)
    form.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=f"Rehearse Night {device}").click()
    told = json.loads(calha.hooks.next_post().body)
    assert told["subject"] == f"[Calha] High: Rehearsal of the chain Night {device}"
    expect(page.get_by_text(f"Rehearsal of the chain Night {device}")).to_be_visible()
    assert_accessible(page)
    assert not scrolls_sideways(page)
    keep(page, f"escalation {device}")

    follow(calha, page, told["notices"][0]["acknowledge"])
    page.get_by_label("Comment (optional)").fill("on my way")
    keep(page, f"acknowledge {device}")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody else will be called.")
    page.goto(f"{calha.address}/escalation")
    expect(page.get_by_text("acknowledged by Maria Souza").first).to_be_visible()
    page.get_by_role("button", name=f"Remove Night {device}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("group", name=f"Night {device}")).to_have_count(0)
    page.goto(f"{calha.address}/notifications")
    page.get_by_role("button", name=f"Remove {device}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("group", name=device)).to_have_count(0)


def test_who_saves_what_another_person_has_changed_meanwhile_is_told_and_sees_it_then(calha, page, device):
    administrator(calha)
    team = calha.send("POST", "/api/v1/teams", {"name": f"Edited {device}", "site_id": None, "members": []})[1]
    steps = [{"wait_min": 0, "teams": [team["id"]]}]
    body = {"name": f"Edited {device}", "site_id": None, "steps": steps, "least": "high", "enabled": False}
    chain = calha.send("POST", "/api/v1/escalation-chains", body)[1]
    page.goto(f"{calha.address}/escalation")
    page.get_by_role("button", name=f"Edit Edited {device}").first.click()
    form = page.get_by_role("dialog")
    field(form, "Name of the chain").fill("Mine")
    path = f"/api/v1/escalation-chains/{chain['id']}"
    assert calha.send("PUT", path, body | {"name": f"Theirs {device}"})[0] == 200
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("has changed this meanwhile, and nothing of yours is saved")
    form.get_by_role("alert").scroll_into_view_if_needed()
    assert_accessible(page)
    assert not scrolls_sideways(page)
    keep(page, f"changed meanwhile {device}")
    form.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name=f"Edit Theirs {device}").click()
    expect(field(form, "Name of the chain")).to_have_value(f"Theirs {device}")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert calha.send("DELETE", path)[0] == 204
    assert calha.send("DELETE", f"/api/v1/teams/{team['id']}")[0] == 204


@pytest.mark.desktop
def test_who_is_called_next_acknowledges_by_the_link_in_the_letter(calha, page, pump):
    while page.get_by_role("button", name="Acknowledge").count() == 0:  # one may tell what is on the shelf by now
        letter = calha.mail.next_message(within_s=180)
        assert letter["To"] == "managers@example.org"
        assert letter["Subject"] == "[Calha] Not acknowledged: Pump shakes: 9 (limit 7)"
        follow(calha, page, re.search(r"http://\S+/a/\S+", letter.get_content())[0])
    page.get_by_label("Comment (optional)").fill("I go there")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody else will be called.")
    page.goto(f"{calha.address}/alarms?q={pump}")
    history = page.get_by_role("region", name="Pump shakes").get_by_role("list", name="History")
    expect(history).to_contain_text("Managers")
    expect(history).to_contain_text("I go there")


SHOWN = """async () => {
    const worker = await navigator.serviceWorker.ready;
    for (let tries = 0; tries < 600; tries++) {
        const [one] = await worker.getNotifications();
        if (one !== undefined) return {title: one.title, body: one.body, button: one.actions[0].title};
        await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error("nothing is shown");
}"""
CLICK = """async action => {
    const [shown] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent("notificationclick", {notification: shown, action}));
}"""


@pytest.fixture
def whole(calha, browser) -> Iterator[Page]:
    """A page of a whole Chromium: the small one that the other tests use shows no notifications."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("chromium is not installed")
    launched = browser.browser_type.launch(executable_path=program, args=FLAGS)
    context = saving_context(launched, locale="en-US")
    context.add_cookies([cookie(calha, administrator(calha))])
    context.grant_permissions(["notifications"], origin=calha.address)
    yield context.new_page()
    launched.close()


def test_a_pushed_alarm_is_shown_by_the_browser_and_a_tap_opens_it(calha, whole, pump):
    """No browser can subscribe without the Internet: ours reads what the push service is sent, Chromium what it would get."""
    sent = CHROMIUM.decrypt(calha.pushes.next_post().body).decode().replace(PUBLIC, calha.address)
    whole.goto(f"{calha.address}/notifications")
    whole.evaluate("navigator.serviceWorker.register('/push.js')")
    until_controlled(whole)
    inspector = whole.context.new_cdp_session(whole)
    known: list[str] = []
    inspector.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    inspector.send("ServiceWorker.enable")
    while not known:
        whole.wait_for_timeout(100)
    about = {"origin": calha.address, "registrationId": known[0]["registrationId"], "data": sent}
    inspector.send("ServiceWorker.deliverPushMessage", about)
    shown = whole.evaluate(SHOWN)
    assert shown["title"] == "[Calha] High: Pump shakes: 9 (limit 7)"
    assert shown["button"] == "Acknowledge"
    assert "://" not in shown["body"]
    whole.context.service_workers[0].evaluate(CLICK, "")
    expect(whole.get_by_role("region", name="Pump shakes")).to_be_visible()
    expect(whole).to_have_url(re.compile(r"/alarms\?id=\d+"))
