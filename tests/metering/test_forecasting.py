"""What a running cycle will come to, from readings in the store; and telling who pays, once."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from test_invoicing import AUGUST, JULY, billing, contract, contracted, hourly, today  # noqa: F401 - fixtures

from calha.domain.tariff_reader import read_tariff
from calha.domain.times import DAY_US
from calha.mail import MailServer, Outbox, PostOffice
from calha.metering.forecasts import forecasts
from calha.metering.invoicing import issue
from calha.metering.previews import previews
from calha.metering.warner import Warner
from calha.store.billing import Notices

D = Decimal
APRIL = JULY - 91 * DAY_US


@pytest.fixture
def running(plant, billing, today):  # noqa: F811
    """Four months at 7.44 m³ a month that are billed, and a tariff with blocks; August is running, and the 15th today."""

    def begin(per_hour_in_august: float, **terms):
        made = contracted(plant, billing, "m9", tariff="agua_fixa_copasa", alert_percent=30, **terms)
        hourly(plant, APRIL, AUGUST, 100, device="m9")
        for month in ("2026-04", "2026-05", "2026-06", "2026-07"):
            issue(billing, list(previews(billing, [made], month)))
        hourly(plant, AUGUST, AUGUST + 14 * DAY_US, 100 + 122 * 0.24, per_hour_in_august, device="m9")
        today[0] = date(2026, 8, 15)
        return made

    return begin


def test_a_cycle_that_goes_on_as_always_is_forecast_with_no_message(billing, running):  # noqa: F811
    (found,) = forecasts(billing, [running(0.01)])
    assert (found.cycle.from_, found.cycle.until, found.unit) == (date(2026, 8, 1), date(2026, 9, 1), "m³")
    assert found.used == D("3.36")
    assert found.consumption.expected == D("7.440")
    assert found.consumption.low <= D("7.44") <= found.consumption.high < D("7.6")
    assert found.usual == pytest.approx(D("7.44"), abs=D("0.01"))
    assert found.bill.expected == pytest.approx(found.usual_bill, rel=D("0.01"))
    assert list(found.warned) == []


def test_a_higher_block_and_what_leaves_the_usual_are_worth_a_message(billing, running):  # noqa: F811
    (found,) = forecasts(billing, [running(0.05)])
    assert [one.kind for one in found.warned] == ["higher_block", "consumption_varies", "bill_varies"]
    assert found.warned[0].begins > found.usual, "the block begins above what is usual"
    assert found.consumption.low <= found.consumption.expected <= found.consumption.high
    assert found.bill.expected > found.usual_bill * 2


def test_days_of_which_nothing_is_known_are_forecast_as_well(billing, running, today):  # noqa: F811
    made = running(0.01)
    today[0] = date(2026, 8, 25)  # the meter has been silent for ten days
    (found,) = forecasts(billing, [made])
    assert (found.used, found.consumption.expected) == (D("3.36"), D("7.440"))


def test_without_a_limit_nothing_is_told(billing, running):  # noqa: F811
    made = running(0.05)
    quiet = billing.customers.change_contract(made.number, alert_percent=None)
    (found,) = forecasts(billing, [quiet])
    assert found.warned == ()
    assert found.bill is not None


def test_what_cannot_be_forecast_says_why(plant, billing, contract, today):  # noqa: F811
    today[0] = date(2026, 7, 5)
    (empty,) = forecasts(billing, [contract])
    assert empty.problem == "too few days are known yet"
    hourly(plant, JULY, JULY + 4 * DAY_US, 100)
    (early,) = forecasts(billing, [contract])
    assert (early.problem, early.used) == ("too few days are known yet", D("0.96"))


def test_demand_and_posts_are_forecast_by_their_own_prices(plant, billing, today):  # noqa: F811
    text = (files("calha.tariffs") / "energia_branca.yaml").read_text().replace("unit: kWh", "unit: m³", 1)
    billing.tariffs.save(read_tariff(text), "test")  # its prices by the hour, on a meter of water
    made = contracted(plant, billing, "m8", tariff="energia_branca")
    hourly(plant, JULY - 40 * DAY_US, JULY + 20 * DAY_US, 100, per_hour=1.0, device="m8")
    today[0] = date(2026, 7, 21)
    (found,) = forecasts(billing, [made])
    assert found.consumption.expected == D("744.000")
    hourly(plant, JULY + 20 * DAY_US, AUGUST, 100 + 60 * 24, per_hour=1.0, device="m8")
    today[0] = date(2026, 9, 15)
    (billed,) = previews(billing, [made], "2026-07")
    assert abs(found.bill.expected / billed.total - 1) < D("0.02"), "weekdays divide a little otherwise than before"


def test_who_pays_is_told_once_a_cycle_and_in_his_language(plant, billing, running, tmp_path):  # noqa: F811
    made = running(0.05)
    billing.customers.change(made.customer_id, email="ana@example.org", language="pt-BR")
    outbox = Outbox(tmp_path / "outbox")
    server = MailServer("127.0.0.1", 25, "none", "calha@example.org")
    post = PostOffice(server, outbox, lambda *_: None)
    warner = Warner(
        billing, Notices(plant.registry.engine), post, "https://calha.example.org/", ZoneInfo("America/Sao_Paulo")
    )
    assert warner.look([made]) == 3
    assert warner.look([made]) == 0, "each is told once"
    (kept,) = outbox.read(outbox.paths())
    assert (kept.letter.to, kept.letter.kind) == ("ana@example.org", "consumption_warning")
    assert "contrato C-m9" in kept.letter.subject
    assert "01/08/2026 a 31/08/2026" in kept.letter.text
    assert "https://calha.example.org/my" in kept.letter.text
    assert "outra faixa" in kept.letter.text
    assert "R$ " in kept.letter.text
    told = warner.notices.of([made.id], date(2026, 8, 1))[made.id]
    assert {one.kind for one in told} == {"higher_block", "consumption_varies", "bill_varies"}
