"""Reports that are saved, made in the background, sent by a real mail server and into a folder, and remembered."""

import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from calha.domain.errors import Conflict, Malformed, NotFound
from calha.domain.times import DAY_US, HOUR_US, to_datetime, to_micros
from calha.mail import MailServer, Outbox, PostOffice
from calha.reports import delivery, runs
from calha.reports.delivery import Delivery
from calha.reports.runs import Order, ReportRuns
from calha.reports.schedules import Schedules, _following, next_of
from calha.store.reports import NewReport, ReportHistory, SavedReports
from disks import small_disk
from postman import postman

START = 1_705_287_600_000_000  # 2024-01-15 00:00 in São Paulo
ZONE = "America/Sao_Paulo"
NOWHERE = Delivery(None, None, "https://calha.example.org")


@pytest.fixture
def office(tmp_path):
    with postman() as server:
        reached = MailServer("127.0.0.1", server.port, "none", "Calha <calha@example.org>")
        made = PostOffice(reached, Outbox(tmp_path / "outbox"), lambda *_: None)
        made.server = server
        yield made


@pytest.fixture
def works(site, tmp_path, office):
    """Runs over the site, with a history of their own."""
    engine = site.registry.engine
    sends = Delivery(office.post, tmp_path / "out", "https://calha.example.org")
    made = ReportRuns(site.ground, ReportHistory(engine), SavedReports(engine), sends, tmp_path / "kept", 30)
    made.end_broken()
    yield made
    for saved in made.saved.list(None):
        made.saved.delete(saved.id)
    made.history.forget([run.id for run in made.history.list(None, limit=1_000)])


def order(site, **more):
    asked = {"name": "Vazão diária", "formats": ("pdf", "csv"), "made_by": "maria"}
    return Order(**(asked | {"definition": site.definition()} | more))


def new(site, cron="0 7 * * *", **more):
    definition = site.definition(period={"relative": "yesterday"})
    return NewReport("Vazão diária", definition, ("csv",), cron, ZONE, **more)


def test_a_run_makes_its_files_and_says_how_far_it_is(works, site):
    asked = order(site)
    run = works.begin(asked)
    assert (run.state, run.share, run.files) == ("running", 0.0, [])
    done = works.work(run, asked)
    assert (done.state, done.share, done.problem) == ("finished", 1.0, "")
    assert (done.from_at, done.until_at) == (START, START + 2 * DAY_US)
    facts, path = works.path(run.id, "pdf")
    assert facts["name"] == "vazao-diaria-2024-01-15-2024-01-16.pdf"
    assert path.read_bytes().startswith(b"%PDF")
    assert path.stat().st_size == facts["size_bytes"]
    assert path.parent.stat().st_mode & 0o077 == 0
    with pytest.raises(NotFound):
        works.path(run.id, "xlsx")


def test_what_cannot_be_made_is_told_at_once_or_by_the_run(works, site):
    with pytest.raises(Malformed):
        works.begin(order(site, definition=site.definition(step="15m")))
    asked = order(site, definition=site.definition(devices=["nobody"]))
    done = works.work(works.begin(asked), asked)
    assert (done.state, done.files) == ("failed", [])
    assert "nobody" in done.problem
    assert list((works._folder).iterdir()) == []


def test_a_run_is_stopped_and_leaves_no_file(works, site, monkeypatch):
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    asked = order(site)
    run = works.begin(asked)
    works.stop(run.id)
    assert works.work(run, asked).state == "stopped"
    assert list(works._folder.iterdir()) == []


def test_no_more_are_begun_than_may(works, site, monkeypatch):
    monkeypatch.setattr(runs, "MAX_BEGUN", 1)
    works.begin(order(site))
    with pytest.raises(Conflict, match="wait for one"):
        works.begin(order(site))
    works.end_broken()
    assert works.history.list(None)[0].state == "stopped"


def test_runs_beside_each_other_end_each_for_itself(works, site):
    asked = [order(site, name=f"r{number}", formats=("csv",)) for number in range(4)]
    begun = [works.begin(one) for one in asked]
    threads = [threading.Thread(target=works.work, args=pair) for pair in zip(begun, asked, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert {works.history.get(run.id).state for run in begun} == {"finished"}


def test_a_report_goes_by_mail_and_into_a_folder(works, site, office, tmp_path):
    asked = order(site, recipients=("maria@example.org", "rui@example.org"), folder="diario")
    done = works.work(works.begin(asked), asked)
    assert [(one["way"], one["to"], one["problem"]) for one in done.sent] == [
        ("mail", "maria@example.org", ""),
        ("mail", "rui@example.org", ""),
        ("folder", "diario", ""),
    ]
    office.round()
    message = office.server.next_message()
    assert (message["To"], message["Subject"]) == ("maria@example.org", "Relatório: Vazão diária")
    pdf, table = message.iter_attachments()
    assert pdf.get_filename() == "vazao-diaria-2024-01-15-2024-01-16.pdf"
    assert (pdf.get_content_type(), table.get_content_type()) == ("application/pdf", "text/csv")
    assert pdf.get_content() == works.path(done.id, "pdf")[1].read_bytes()
    assert f"https://calha.example.org/reports?run={done.id}" in message.get_body().get_content()
    assert sorted(one.name for one in (tmp_path / "out" / "diario").iterdir()) == [
        "vazao-diaria-2024-01-15-2024-01-16.csv",
        "vazao-diaria-2024-01-15-2024-01-16.pdf",
    ]


def test_a_report_too_large_for_a_mail_is_linked(works, site, office, monkeypatch):
    monkeypatch.setattr(delivery, "MAX_MAILED_BYTES", 10)
    asked = order(site, recipients=("maria@example.org",), definition=site.definition(language="en"))
    works.work(works.begin(asked), asked)
    office.round()
    message = office.server.next_message()
    assert list(message.iter_attachments()) == []
    assert (
        "too large" in message.get_body().get_content()
        if message.is_multipart()
        else "too large" in message.get_content()
    )


def test_an_attachment_that_is_gone_is_given_up_and_not_tried_for_ever(works, site, office):
    asked = order(site, recipients=("maria@example.org",))
    done = works.work(works.begin(asked), asked)
    works.path(done.id, "pdf")[1].unlink()
    office.round()
    assert (office.waiting, office.counters.given_up) == (0, 1)
    assert not office.server.has_message


def test_where_nothing_is_set_up_the_run_says_so(site, tmp_path):
    engine = site.registry.engine
    alone = ReportRuns(site.ground, ReportHistory(engine), SavedReports(engine), Delivery(None, None, ""), tmp_path, 30)
    asked = order(site, recipients=("maria@example.org",), folder="diario")
    done = alone.work(alone.begin(asked), asked)
    assert done.state == "finished"
    assert "smtp.host" in done.problem
    assert "reports.folder" in done.problem
    alone.history.forget([done.id])


def test_a_folder_that_cannot_be_written_is_told(works, site, tmp_path):
    (tmp_path / "out").write_text("a file in its place")
    asked = order(site, folder="diario")
    done = works.work(works.begin(asked), asked)
    assert done.state == "finished"
    assert "diario" in done.problem


def test_a_report_is_made_when_it_is_due_of_the_time_that_it_was_due(works, site, office):
    report = new(site, recipients=("maria@example.org",))
    seven = START + DAY_US + 7 * HOUR_US  # Tuesday 7:00, which was missed
    saved = works.saved.add(report, seven, "maria")
    assert Schedules(works, lambda: seven - 1).round() == 0
    schedules = Schedules(works, lambda: seven + 2 * DAY_US)
    assert schedules.round() == 1
    assert works.saved.get(saved.id).next_at == seven + 3 * DAY_US
    assert schedules.round() == 0
    (run,) = works.history.list(None, report_id=saved.id)
    assert (run.state, run.is_scheduled, run.from_at) == ("finished", True, START)
    office.round()
    assert office.server.next_message()["To"] == "maria@example.org"


def test_a_scheduled_report_that_cannot_be_made_stands_in_the_history(works, site, monkeypatch):
    saved = works.saved.add(new(site), START, "maria")
    broken = msgspec.structs.replace(saved.report.definition, zone="Nowhere/At_All")
    works.saved.change(saved.id, NewReport("x", broken, ("csv",), "0 7 * * *", ZONE), START, "maria")
    assert Schedules(works, lambda: START + HOUR_US).round() == 1
    (run,) = works.history.list(None, report_id=saved.id)
    assert run.state == "failed"
    assert "Nowhere" in run.problem
    assert "Nowhere" in last_event(site)


def test_a_scheduled_report_that_reaches_nobody_or_ends_with_the_process_is_an_event(works, site, tmp_path):
    asked = order(site, folder="diario", is_scheduled=True)
    (tmp_path / "out").write_text("a file in its place")
    works.work(works.begin(asked), asked)
    assert "diario" in last_event(site)
    works.begin(asked)
    works.end_broken()
    assert "was stopped meanwhile" in last_event(site)


def test_a_full_disk_is_told_by_the_run(site, office, tmp_path):
    engine = site.registry.engine
    with small_disk(tmp_path / "kept", "64k"):
        runs = ReportRuns(site.ground, ReportHistory(engine), SavedReports(engine), NOWHERE, tmp_path / "kept", 30)
        runs.end_broken()
        (tmp_path / "kept" / "other").write_bytes(b"x" * 60_000)
        asked = order(site)
        done = runs.work(runs.begin(asked), asked)
        assert (done.state, done.problem) == ("failed", "its file cannot be written: No space left on device")
        assert [path.name for path in (tmp_path / "kept").iterdir()] == ["other"]
    runs.history.forget([done.id])


def last_event(site) -> str:
    found = [one for one in site.registry.events(limit=1).items if one.kind == "report_failed"]
    return found[0].text["en"]


def test_names_are_taken_once_on_a_site_and_history_outlives_its_report(works, site):
    saved = works.saved.add(new(site), None, "maria")
    with pytest.raises(Conflict, match="another name"):
        works.saved.add(new(site), None, "maria")
    asked = Order.of(saved, "maria", send=False)
    run = works.work(works.begin(asked), asked)
    works.saved.delete(saved.id)
    assert works.history.get(run.id).report_id is None
    with pytest.raises(NotFound):
        works.saved.get(saved.id)


def test_only_one_of_two_takes_a_report_that_is_due(works, site):
    saved = works.saved.add(new(site), START, "maria")
    assert works.saved.take(saved, START + DAY_US)
    assert not works.saved.take(saved, START + DAY_US)


def test_files_go_after_their_time_and_history_much_later(works, site):
    asked = order(site, formats=("csv",))
    run = works.work(works.begin(asked), asked)
    works.tidy(datetime.now(UTC))
    _, path = works.path(run.id, "csv")
    old = time.time() - timedelta(days=31).total_seconds()
    os.utime(path, (old, old))
    works.tidy(datetime.now(UTC))
    with pytest.raises(NotFound, match="30 days"):
        works.path(run.id, "csv")
    assert works.history.get(run.id).state == "finished"
    works.tidy(datetime.now(UTC) + timedelta(days=731))
    with pytest.raises(NotFound):
        works.history.get(run.id)


def test_a_report_without_a_schedule_is_never_due(site):
    assert next_of(new(site, cron=""), START) is None
    assert ZoneInfo(new(site).zone) == ZoneInfo(ZONE)


def test_a_schedule_goes_on_where_clocks_go_forward_between_its_times(site):
    two_a_day = replace(new(site, cron="10 2,3 * * *"), zone="America/New_York")
    before_the_change = to_micros(datetime(2027, 3, 13, 12, tzinfo=UTC))
    times = [_following(two_a_day, before_the_change)]
    for _ in range(3):
        times.append(_following(two_a_day, times[-1]))
    assert [to_datetime(at).isoformat() for at in times] == sorted({to_datetime(at).isoformat() for at in times})
    assert to_datetime(times[-1]) < datetime(2027, 3, 16, tzinfo=UTC)
