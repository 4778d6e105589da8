"""Bills: the published and computed vectors of Brazilian energy and water tariffs."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.billing import Metered, Terms, bill, divided, excess_reactive, gross_factor
from calha.domain.errors import InvalidTariff
from calha.domain.money import Rounding
from calha.domain.tariff_reader import read_tariff, to_json
from calha.domain.tariffs import Taxes

D = Decimal
JUNE = (date(2026, 6, 1), date(2026, 7, 1))


def packaged(key):
    return read_tariff((files("calha.tariffs") / f"{key}.yaml").read_text(), key)


def metered(from_=JUNE[0], until=JUNE[1], *, is_estimated=False, **quantities):
    return Metered(from_, until, {name: D(str(value)) for name, value in quantities.items()}, is_estimated)


def billed(tariff, *spans, terms=None):
    return bill(packaged(tariff) if isinstance(tariff, str) else tariff, spans, terms)


def one_line(text, version_fields="", tariff_fields=""):
    """A tariff of one component, given as a YAML flow mapping."""
    return read_tariff(f"""
key: example
name: {{pt: Exemplo, en: Example}}
unit: kWh
{tariff_fields}
versions:
  - valid_from: 2020-01-01
    {version_fields}
    components: [{text}]
""")


ENERGY = "{kind: usage, key: energy, name: {pt: Energia, en: Energy}, unit: kWh, price: %s, %s}"


# -- water


@pytest.mark.parametrize(
    ("tariff", "day", "volume", "dwellings", "total"),
    [
        ("agua_minimo_sabesp", date(2024, 6, 1), 10, 1, "76.68"),
        ("agua_minimo_sabesp", date(2024, 6, 1), 20, 1, "196.88"),
        ("agua_minimo_sabesp", date(2024, 6, 1), 0, 1, "76.68"),
        ("agua_minimo_sabesp", date(2024, 6, 1), 9, 1, "76.68"),
        ("agua_minimo_sabesp", date(2024, 6, 1), 150, 10, "1367.80"),
        ("agua_minimo_sabesp", date(2020, 6, 1), 12, 1, "64.34"),
        ("agua_minimo_sanepar", date(2019, 1, 1), 5, 1, "67.45"),
        ("agua_minimo_sanepar", date(2019, 7, 1), 5, 1, "69.79"),
        ("agua_fixa_copasa", date(2018, 6, 1), 12, 1, "93.08"),
        ("agua_fixa_copasa", date(2018, 6, 1), 0, 1, "29.43"),
        ("agua_fixa_copasa", date(2018, 6, 1), 5, 1, "38.68"),
        ("agua_fixa_copasa", date(2018, 6, 1), 20, 1, "203.59"),
        ("agua_fixa_copasa", date(2018, 6, 1), 45, 1, "655.64"),
        ("agua_fixa_caesb", date(2020, 7, 1), 6, 1, "51.88"),
        ("preco_por_unidade_agua", date(2024, 6, 1), "12.5", 1, "62.50"),
        ("preco_por_unidade_energia", date(2024, 6, 1), 301, 1, "120.40"),
    ],
)
def test_water_at_published_tariffs(tariff, day, volume, dwellings, total):
    made = billed(tariff, metered(day, day + timedelta(days=30), consumption=volume), terms=Terms(dwellings))
    assert made.total == D(total)


@pytest.mark.parametrize(
    ("tariff", "day", "volume", "dwellings", "lines"),
    [
        ("agua_minimo_sabesp", date(2024, 6, 1), 20, 1, "98.44 98.44"),
        ("agua_minimo_sabesp", date(2024, 6, 1), 15, 1, "68.39 68.39"),
        ("agua_minimo_sabesp", date(2024, 6, 1), 150, 10, "683.90 683.90"),
        ("agua_minimo_sabesp", date(2020, 6, 1), 12, 1, "32.17 32.17"),
        ("agua_minimo_sanepar", date(2019, 1, 1), 5, 1, "37.47 29.98"),
        ("agua_minimo_sanepar", date(2019, 7, 1), 5, 1, "38.77 31.02"),
        ("agua_fixa_copasa", date(2018, 6, 1), 12, 1, "48.35 44.73"),
        ("agua_fixa_caesb", date(2020, 7, 1), 6, 1, "8.00 17.94 25.94"),
    ],
)
def test_water_and_sewage_are_lines_of_their_own(tariff, day, volume, dwellings, lines):
    made = billed(tariff, metered(day, day + timedelta(days=30), consumption=volume), terms=Terms(dwellings))
    assert [line.amount for line in made.lines] == [D(one) for one in lines.split()]


def test_collection_of_sewage_has_the_whole_published_table():
    """Copasa 2017 without treatment: 6.69 and six blocks."""
    blocks = (
        "[{up_to: 5, amount: 6.69, price: 0.42}, {up_to: 10, price: 1.351}, {up_to: 15, price: 2.803}, "
        "{up_to: 20, price: 3.341}, {up_to: 40, price: 3.643}, {price: 5.977}]"
    )
    tariff = one_line(f"{{kind: usage, key: sewage, name: {{}}, is_taxed: false, blocks: {blocks}}}")
    expected = D("6.69") + 5 * (D("0.42") + D("1.351") + D("2.803") + D("3.341")) + 20 * D("3.643") + 5 * D("5.977")
    assert billed(tariff, metered(consumption=45)).total == Rounding()(expected)


@pytest.mark.parametrize(("dwellings", "water"), [(4, "193.40"), (1, "381.57")])
def test_blocks_apply_to_each_dwelling(dwellings, water):
    made = billed(
        "agua_fixa_copasa", metered(date(2018, 6, 1), date(2018, 7, 1), consumption=48), terms=Terms(dwellings)
    )
    assert made.lines[0].amount == D(water)


def test_a_minimum_counts_for_each_dwelling():
    for volume in (0, 15):
        span = metered(date(2024, 6, 1), date(2024, 7, 1), consumption=volume)
        assert billed("agua_minimo_sabesp", span, terms=Terms(2)).lines[0].amount == 2 * D("38.34")


def test_collection_only_has_its_own_table():
    blocks = "[{up_to: 5, amount: 6.69, price: 0.42}, {up_to: 10, price: 1.351}, {price: 2.803}]"
    both = (
        "{kind: usage, key: water, name: {}, is_taxed: false, blocks: "
        "[{up_to: 5, amount: 15.29, price: 0.96}, {up_to: 10, price: 3.089}, {price: 6.407}]}, "
        f"{{kind: usage, key: sewage, name: {{}}, is_taxed: false, blocks: {blocks}}}"
    )
    assert billed(one_line(both), metered(consumption=0)).total == D("21.98")
    assert billed(one_line(both), metered(consumption=12)).total == D("69.50")


def test_all_units_at_the_last_price_is_another_mode():
    blocks = "mode: volume, blocks: [{up_to: 10, price: 1.00}, {price: 2.00}]"
    tariff = one_line(f"{{kind: usage, key: water, name: {{}}, is_taxed: false, {blocks}}}")
    assert billed(tariff, metered(consumption=10)).total == D("10.00")
    assert billed(tariff, metered(consumption=11)).total == D("22.00")


# -- energy


@pytest.mark.parametrize(
    ("moment", "post"),
    [
        ("2026-07-15T17:59", "intermediate"),
        ("2026-07-15T18:00", "peak"),
        ("2026-07-15T21:00", "intermediate"),
        ("2026-07-15T22:00", "off_peak"),
        ("2026-07-18T19:00", "off_peak"),  # Saturday
        ("2018-12-25T19:00", "off_peak"),  # Christmas, a Tuesday
        ("2026-04-03T19:00", "off_peak"),  # Good Friday
        ("2026-11-20T19:00", "off_peak"),
        ("2023-11-20T19:00", "peak"),  # not national before 2024
        ("2026-02-17T19:00", "peak"),  # Carnival is none
    ],
)
def test_a_moment_belongs_to_the_post_in_which_it_lies(moment, post):
    windows = packaged("energia_branca").versions[0].windows
    assert windows.post_at(datetime.fromisoformat(moment)) == post


def test_a_schedule_names_the_post_of_each_interval():
    windows = packaged("energia_branca").versions[0].windows
    day = windows.schedule(date(2026, 7, 15), 1, timedelta(minutes=15))
    assert [day.count(post) for post in windows.posts] == [12, 12, 72]


def test_windows_may_differ_by_month_and_reach_midnight():
    text = """
windows: {has_national_holidays: false, default: low, windows:
  [{post: high, from: "16:00", until: "20:00", months: [7]}, {post: late, from: "22:00", until: "00:00", days: [saturday]}]}
"""
    windows = one_line(ENERGY % ("0.10", ""), text.strip().replace("\n", "\n      ")).versions[0].windows
    assert windows.post_at(datetime.fromisoformat("2026-07-15T17:00")) == "high"
    assert windows.post_at(datetime.fromisoformat("2026-07-15T10:00")) == "low"
    assert windows.post_at(datetime.fromisoformat("2026-08-12T17:00")) == "low"
    assert windows.post_at(datetime.fromisoformat("2026-07-18T23:59")) == "late"


@pytest.mark.parametrize(
    ("moment", "post"),
    [
        ("2026-07-15T21:29", "off_peak"),  # a Wednesday
        ("2026-07-15T21:30", "night"),
        ("2026-07-16T00:00", "night"),
        ("2026-07-16T05:59", "night"),
        ("2026-07-16T06:00", "off_peak"),
        ("2026-07-18T03:00", "night"),  # Saturday: the night of Friday
        ("2026-07-18T22:00", "off_peak"),
        ("2026-07-20T03:00", "off_peak"),  # Monday: the night of Sunday
        ("2026-09-07T22:00", "off_peak"),  # a holiday, a Monday
        ("2026-09-08T03:00", "off_peak"),  # the night of the holiday
        ("2026-06-01T03:00", "off_peak"),  # the night of 31 May
        ("2026-10-01T03:00", "night"),  # the night of 30 September
    ],
)
def test_a_window_across_midnight_belongs_to_the_day_on_which_it_begins(moment, post):
    window = '{post: night, from: "21:30", until: "06:00", months: [6, 7, 8, 9]}'
    windows = one_line(ENERGY % ("1.00", ""), f"windows: {{windows: [{window}]}}").versions[0].windows
    assert windows.post_at(datetime.fromisoformat(moment)) == post


def test_a_schedule_of_another_country_is_windows_as_well():
    """OpenEI's matrix: period 1 on weekdays from 16:00 until before 21:00, else 0.10."""
    tariff = one_line(
        ENERGY % ("0.30", "quantity: peak")
        + ", "
        + (ENERGY % ("0.10", "quantity: off_peak")).replace("energy", "rest"),
        'windows: {has_national_holidays: false, windows: [{post: peak, from: "16:00", until: "21:00"}]}',
    )
    windows = tariff.versions[0].windows
    prices = {one.quantity: one.price for one in tariff.versions[0].components}
    found = [prices[windows.post_at(datetime.fromisoformat(f"2026-07-15T{hour}:00"))] for hour in (10, 16, 17, 20, 21)]
    assert found == [D("0.10"), D("0.30"), D("0.30"), D("0.30"), D("0.10")]
    assert prices[windows.post_at(datetime.fromisoformat("2026-07-18T17:00"))] == D("0.10"), "Saturday"


def test_energy_by_time_of_use():
    span = metered(date(2021, 4, 1), date(2021, 5, 1), peak=60, intermediate=40, off_peak=200)
    made = billed("energia_branca", span)
    assert made.total == D("229.33")
    assert [line.quantity * line.unit_price for line in made.lines[:3]] == [D("79.9998"), D("35.2080"), D("114.1200")]


@pytest.mark.parametrize(
    ("distributor", "windows", "moment", "post"),
    [
        ("CPFL Piratininga", "18:00-21:00", "2026-07-15T17:59", "off_peak"),
        ("CPFL Piratininga", "18:00-21:00", "2026-07-15T20:59", "peak"),
        ("CPFL Piratininga", "18:00-21:00", "2026-07-15T21:00", "off_peak"),
        ("Celpa", "17:30-18:30 18:30-21:30 21:30-22:30", "2026-07-15T17:29", "off_peak"),
        ("Celpa", "17:30-18:30 18:30-21:30 21:30-22:30", "2026-07-15T17:30", "intermediate"),
        ("Celpa", "17:30-18:30 18:30-21:30 21:30-22:30", "2026-07-15T18:30", "peak"),
        ("Celpa", "17:30-18:30 18:30-21:30 21:30-22:30", "2026-07-15T21:30", "intermediate"),
        ("Celpa", "17:30-18:30 18:30-21:30 21:30-22:30", "2026-07-15T22:30", "off_peak"),
    ],
)
def test_each_distributor_has_windows_of_its_own(distributor, windows, moment, post):
    spans = [one.split("-") for one in windows.split()]
    posts = ["peak"] if len(spans) == 1 else ["intermediate", "peak", "intermediate"]
    text = ", ".join(
        f'{{post: {name}, from: "{from_}", until: "{until}"}}'
        for name, (from_, until) in zip(posts, spans, strict=True)
    )
    made = one_line(ENERGY % ("1.00", ""), f"windows: {{windows: [{text}]}}").versions[0].windows
    assert made.post_at(datetime.fromisoformat(moment)) == post, distributor


def test_a_quarter_hour_belongs_to_the_post_in_which_it_begins():
    """A meter that stamps the end says 18:00 of what was used from 17:45 on."""
    windows = packaged("energia_branca").versions[0].windows
    day = windows.schedule(date(2026, 7, 15), 1, timedelta(minutes=15))
    assert (day[17 * 4 + 3], day[18 * 4], day[20 * 4 + 3], day[21 * 4]) == (
        *("intermediate", "peak", "peak", "intermediate"),
    )


def test_the_minimum_of_a_three_phase_connection_is_charged():
    tariff = one_line(ENERGY % ("0.80", "minimum: 100"))
    assert billed(tariff, metered(consumption=80)).total == D("80.00")
    assert billed(tariff, metered(consumption=120)).total == D("96.00")


def test_taxes_by_the_old_method_and_the_cent_that_is_left():
    taxes = "taxes: [{valid_from: 2010-01-01, method: old, pis: 1.03, cofins: 4.75, icms: 25}]"
    lines = (
        "{kind: usage, key: te, name: {}, price: 0.22465}, {kind: usage, key: tusd, name: {}, price: 0.28616}, "
        "{kind: fixed, key: flag, name: {}, amount: 18.00}"
    )
    tariff = one_line(lines, tariff_fields=taxes)
    made = billed(tariff, metered(consumption=400))
    without = read_tariff(to_json(msgspec.structs.replace(tariff, taxes=())).decode())
    assert billed(without, metered(consumption=400)).total == D("222.32")
    assert made.total == D("321.18")
    assert made.taxes == {"icms": D("80.30"), "pis": D("3.31"), "cofins": D("15.26")}
    assert made.net + sum(made.taxes.values()) == made.total


def test_taxes_put_into_a_price():
    old = Taxes(valid_from=date(2020, 1, 1), method="old", pis=D("1.65"), cofins=D("7.60"), icms=D("22.75"))
    assert D("85.00") * gross_factor(old) == D(125)
    rates = {"pis": D("0.82"), "cofins": D("3.77"), "icms": D(18)}
    price = D("0.80")
    assert round(price * gross_factor(Taxes(valid_from=date(2020, 1, 1), method="old", **rates)), 6) == D("1.033458")
    current = gross_factor(Taxes(valid_from=date(2020, 1, 1), **rates))
    assert round(price * current, 6) == D("1.022545")
    assert (round(D("0.35") * current, 6), round(D("0.45") * current, 6)) == (D("0.447363"), D("0.575181"))


def test_taxes_by_the_current_method():
    taxes = "taxes: [{valid_from: 2020-01-01, icms: 18, pis: 0.82, cofins: 3.77}]"
    made = billed(one_line(ENERGY % ("0.80", ""), tariff_fields=taxes), metered(consumption=250))
    assert made.total == D("255.64")
    assert made.taxes["icms"] == D("46.02")
    assert made.taxes["pis"] + made.taxes["cofins"] == D("9.62")
    assert made.net == D("200.00")


def test_the_street_lighting_fee_stands_outside_the_taxes():
    made = billed("energia_convencional", metered(consumption=250))
    assert made.lines[-1].amount == D("12.00")
    assert not made.lines[-1].is_taxed
    assert made.total == D("267.64")


@pytest.mark.parametrize(("kwh", "total"), [(30, "10.50"), (100, "52.50"), (220, "160.50"), (300, "240.50")])
def test_the_social_tariff_until_2025(kwh, total):
    discounts = "discounts: [{up_to: 30, percent: 65}, {up_to: 100, percent: 40}, {up_to: 220, percent: 10}]"
    assert billed(one_line(ENERGY % ("1.00", discounts)), metered(consumption=kwh)).total == D(total)


@pytest.mark.parametrize(("kwh", "total"), [(80, "0.00"), (100, "20.00"), (220, "140.00")])
def test_the_social_tariff_since_2025(kwh, total):
    free = "discounts: [{up_to: 80, percent: 100}]"
    assert billed(one_line(ENERGY % ("1.00", free)), metered(consumption=kwh)).total == D(total)


@pytest.mark.parametrize(("year", "percent"), [(2023, 15), (2024, 30), (2025, 45), (2026, 60), (2027, 75), (2028, 90)])
def test_the_share_of_the_grid_on_what_is_compensated_grows_each_year(year, percent):
    span = metered(date(year, 6, 1), date(year, 7, 1), compensated=300, net=100)
    (line,) = [one for one in billed("energia_solar_fio_b", span).lines if one.key == "fio_b"]
    assert line.amount == Rounding()(D(300) * D("0.25") * percent / 100)


def test_net_metering_pays_part_of_the_grid_on_what_is_compensated():
    tariff = one_line(ENERGY % ("0.25", "quantity: compensated, percent: 60"), "net_metering: {}")
    assert billed(tariff, metered(compensated=300)).total == D("45.00")


@pytest.mark.parametrize(
    ("month", "per_100_kwh"),
    [
        *(("2024-07", "1.885"), ("2024-08", "0"), ("2024-09", "4.463"), ("2024-10", "7.877"), ("2024-11", "1.885")),
        *(("2024-12", "0"), ("2025-01", "0"), ("2025-04", "0"), ("2025-05", "1.885"), ("2025-08", "7.877")),
        *(("2025-09", "7.877"), ("2025-10", "4.463")),
    ],
)
def test_the_flag_of_the_month_is_charged(month, per_100_kwh):
    tariff = packaged("energia_branca")
    from_ = date.fromisoformat(f"{month}-01")
    made = billed(tariff, metered(from_, from_ + timedelta(days=30), consumption=1000))
    assert made.total == Rounding()(D(per_100_kwh) * 10)


@pytest.mark.parametrize(
    ("month", "prices"),
    [
        *(("2016-02", "1.50 3.00 4.50"), ("2017-01", "1.50 3.00 4.50"), ("2017-02", "2.00 3.00 3.50")),
        *(("2017-11", "1.00 3.00 5.00"), ("2019-05", "1.00 3.00 5.00"), ("2019-06", "1.50 4.00 6.00")),
        *(("2019-11", "1.343 4.169 6.243"), ("2021-07", "1.874 3.971 9.492"), ("2022-07", "2.989 6.500 9.795")),
        ("2024-04", "1.885 4.463 7.877"),
    ],
)
def test_flags_cost_what_they_cost_in_their_time(month, prices):
    tariff = packaged("energia_convencional")
    from_ = date.fromisoformat(f"{month}-01")
    version = msgspec.structs.replace(
        tariff.versions[0], valid_from=date(2015, 1, 1), components=tariff.versions[0].components[2:3]
    )
    for name, price in zip(("yellow", "red_1", "red_2"), prices.split(), strict=True):
        flags = msgspec.structs.replace(tariff.flags, months={month: name})
        then = msgspec.structs.replace(tariff, versions=(version,), flags=flags, taxes=())
        made = billed(then, metered(from_, from_ + timedelta(days=28), consumption=1000))
        assert made.total == Rounding()(D(price) * 10)


def test_the_scarcity_of_water_had_a_flag_of_its_own():
    tariff = packaged("energia_branca")
    made = billed(tariff, metered(date(2021, 9, 1), date(2021, 10, 1), consumption=100))
    assert made.total == D("14.20")


@pytest.mark.parametrize(
    ("from_", "until", "days", "of"),
    [
        (date(2022, 4, 1), date(2022, 5, 1), 15, 30),  # the month in which it ended
        (date(2022, 3, 20), date(2022, 4, 20), 27, 31),  # a cycle across both
        (date(2022, 4, 10), date(2022, 4, 16), 6, 6),
        (date(2022, 4, 16), date(2022, 5, 1), 0, 15),
        (date(2022, 4, 20), date(2022, 5, 20), 0, 30),
        (date(2021, 8, 25), date(2021, 9, 5), 4, 11),  # the month in which it began
    ],
)
@pytest.mark.parametrize("key", ["energia_branca", "energia_verde_a4"])
def test_a_flag_that_ends_within_a_month_is_charged_by_its_days(key, from_, until, days, of):
    tariff = packaged(key)
    flag = [one for one in tariff.versions[0].components if one.key == "flag"]
    version = msgspec.structs.replace(tariff.versions[0], valid_from=date(2021, 1, 1), components=tuple(flag))
    alone = msgspec.structs.replace(tariff, versions=(version,), taxes=())
    made = billed(alone, metered(from_, until, consumption=1000))
    assert made.total == Rounding()(D("142.00") * days / of)


def test_a_flag_may_change_more_than_once_in_a_month():
    tariff = one_line(
        "{kind: flag, key: flag, name: {}}",
        tariff_fields="flags: {prices: [{valid_from: 2020-01-01, prices: {yellow: 10, red: 30}}], "
        'months: {"2026-06": yellow}, days: {"2026-06-11": red, "2026-06-21": green}}',
    )
    made = billed(tariff, metered(consumption=100))  # ten days of each
    assert made.total == Rounding()(D(10 + 30 + 0) / 3)
    july = metered(date(2026, 7, 1), date(2026, 8, 1), consumption=100)
    assert billed(tariff, july).total == 0, "a day says nothing of the next month"


def test_a_cycle_across_months_pays_each_day_at_its_own_flag():
    span = metered(date(2024, 6, 26), date(2024, 7, 6), consumption=1000)  # five days green, five yellow
    assert billed("energia_branca", span).total == D("9.43")  # half of 18.85


def test_a_bill_of_medium_voltage_is_close_to_the_real_one():
    span = metered(
        *(date(2026, 8, 1), date(2026, 9, 1)),
        demand="65.141",
        peak="40.947",
        off_peak="831.185",
        consumption="872.132",
        excess_reactive="3.629",
    )
    made = billed("energia_verde_a4", span, terms=Terms(contracted=D(35)))
    real = {
        "demand": "1543.55",
        "demand.overage": "1428.40",
        "te_off_peak": "327.96",
        "te_peak": "25.94",
        "tusd_off_peak": "157.17",
        "tusd_peak": "57.36",
        "flag": "21.54",
        "reactive": "1.53",
    }
    assert {line.key for line in made.lines} == real.keys()
    for line in made.lines:
        # The bill prints rounded unit prices, and the prices here were taken back from those.
        assert abs(line.amount - D(real[line.key])) <= max(D("0.02"), D(real[line.key]) * D("0.0003")), line


PRINTED = [  # quantity, unit price with taxes, amount
    ("65.141", "23.695455", "1543.55"),
    ("30.141", "47.39091", "1428.40"),  # by the printed price 1428.41
    ("831.185", "0.39457", "327.96"),
    ("40.947", "0.63351", "25.94"),
    ("831.185", "0.18909", "157.17"),
    ("40.947", "1.40085", "57.36"),
    ("872.132", "0.0247", "21.54"),
    ("3.629", "0.42166", "1.53"),
]


@pytest.mark.parametrize(("quantity", "price", "amount"), PRINTED)
def test_a_line_of_the_real_bill_is_its_quantity_at_its_printed_price_within_a_cent(quantity, price, amount):
    tariff = one_line(f"{{kind: usage, key: energy, name: {{}}, price: {price}}}")
    assert abs(billed(tariff, metered(consumption=quantity)).total - D(amount)) <= D("0.01")


def test_the_overage_of_the_real_bill_is_all_above_the_contract_at_twice_the_price():
    tariff = one_line("{kind: demand, key: demand, name: {}, price: 23.695455}")
    used, overage = billed(tariff, metered(demand="65.141"), terms=Terms(contracted=D(35))).lines
    assert (used.quantity, used.unit_price, used.amount) == (D("65.141"), D("23.695455"), D("1543.55"))
    assert (overage.quantity, overage.unit_price, overage.amount) == (D("30.141"), D("47.39091"), D("1428.41"))


def test_what_is_withheld_leaves_the_total_of_the_real_bill():
    lines = [f"{{kind: fixed, key: l{place}, name: {{}}, amount: {one[2]}}}" for place, one in enumerate(PRINTED)]
    withheld = "{kind: fixed, key: withheld, name: {}, amount: -149.75}"
    assert billed(one_line(", ".join([*lines, withheld])), metered()).total == D("3413.70")


def test_the_taxes_of_the_real_bill_follow_from_its_total():
    taxes = "taxes: [{valid_from: 2020-01-01, icms: 17, pis: 1.43, cofins: 6.59}]"
    net = D("1543.55") * D("0.83") * (1 - D("0.0802"))
    demand = one_line(f"{{kind: fixed, key: demand, name: {{}}, amount: {net:.6f}}}", tariff_fields=taxes)
    made = billed(demand, metered())
    assert made.total == D("1543.55")
    assert made.taxes["icms"] == D("262.40")
    assert made.taxes["pis"] + made.taxes["cofins"] == D("102.75")
    with_flag = Taxes(valid_from=date(2020, 1, 1), icms=D(17), pis=D("1.43"), cofins=D("6.59"))
    assert round(D("0.01885") * gross_factor(with_flag), 5) == D("0.02469")


@pytest.mark.parametrize(
    ("measured", "lines"),
    [
        (95, {"demand": "1900.00", "demand.unused": "100.00"}),
        (104, {"demand": "2080.00"}),
        (105, {"demand": "2100.00"}),
        (106, {"demand": "2120.00", "demand.overage": "240.00"}),
    ],
)
def test_demand_above_the_tolerance_costs_three_times(measured, lines):
    tariff = one_line("{kind: demand, key: demand, name: {}, price: 20.00}")
    made = billed(tariff, metered(demand=measured), terms=Terms(contracted=D(100)))
    assert {line.key: line.amount for line in made.lines} == {key: D(value) for key, value in lines.items()}


def test_unused_demand_carries_no_icms():
    taxes = "taxes: [{valid_from: 2020-01-01, icms: 17, pis: 1.43, cofins: 6.59}]"
    tariff = one_line("{kind: demand, key: demand, name: {}, price: 20.00}", tariff_fields=taxes)
    used, unused = billed(tariff, metered(demand=95), terms=Terms(contracted=D(100))).lines
    assert round(unused.unit_price, 9) == round(used.unit_price * (1 - D("0.17")), 9)
    assert (used.has_icms, unused.has_icms) == (True, False)


def test_reactive_energy_above_the_reference_is_charged():
    reference = D("0.92")
    assert round(excess_reactive(D(100), D(75), reference) * D("0.3"), 2) == D("4.50")
    at_reference = (D(100) / reference) ** 2 - D(100) ** 2
    assert round(excess_reactive(D(100), at_reference.sqrt(), reference), 9) == 0
    assert excess_reactive(D(95), D(95) * D("0.32868"), reference) == 0  # power factor 0.95
    assert excess_reactive(D(0), D(10), reference) == 0


# -- spans, proration, rounding


def test_a_fixed_part_and_block_limits_follow_the_length_of_the_cycle():
    fixed = one_line("{kind: fixed, key: fixed, name: {}, amount: 15.29}", "cycle_days: 30")
    assert billed(fixed, metered(date(2026, 6, 1), date(2026, 6, 12))).total == D("5.61")
    blocks = "{kind: usage, key: water, name: {}, blocks: [{up_to: 10, price: 1.00}, {price: 100.00}]}"
    long_cycle = metered(date(2026, 6, 1), date(2026, 7, 16), consumption=15)
    assert billed(one_line(blocks, "cycle_days: 30"), long_cycle).total == D("15.00")


def changing(at=date(2026, 6, 11)):
    return read_tariff(f"""
key: changing
name: {{}}
unit: kWh
versions:
  - {{valid_from: 2020-01-01, components: [{{kind: usage, key: energy, name: {{}}, price: 0.80}}]}}
  - {{valid_from: {at}, components: [{{kind: usage, key: energy, name: {{}}, price: 0.85}}]}}
""")


def test_a_tariff_that_changes_within_a_cycle_divides_by_days():
    made = billed(changing(), metered(consumption=300))
    assert [line.amount for line in made.lines] == [D("80.00"), D("170.00")]


def test_intervals_are_better_than_days():
    first = metered(date(2026, 6, 1), date(2026, 6, 11), consumption=30)
    second = metered(date(2026, 6, 11), date(2026, 7, 1), consumption=270)
    assert billed(changing(), first, second).total == D("253.50")


@given(st.decimals("0", "100000", places=3), st.sets(st.integers(1, 29), max_size=5))
def test_nothing_is_lost_by_dividing(total, cuts):
    whole = metered(consumption=total, demand=12)
    parts = divided(whole, sorted(JUNE[0] + timedelta(days=cut) for cut in cuts))
    assert sum(part.quantities["consumption"] for part in parts) == D(str(total))
    assert {part.quantities["demand"] for part in parts} == {D(12)}


@pytest.mark.parametrize(
    ("mode", "amount", "rounded"),
    [
        *(("half_up", "2.345", "2.35"), ("half_even", "2.345", "2.34"), ("half_even", "2.355", "2.36")),
        *(("half_up", "80.295", "80.30"), ("half_even", "80.295", "80.30"), ("down", "15.849", "15.84")),
        *(("half_even", "0.3450", "0.34"), ("half_even", "0.3050", "0.30"), ("half_even", "0.3350", "0.34")),
    ],
)
def test_rounding_to_the_cent(mode, amount, rounded):
    assert Rounding(mode)(D(amount)) == D(rounded)


@pytest.mark.parametrize(("amount", "rounded"), [("4.550", "4.6"), ("4.850", "4.8"), ("4.8505", "4.9")])
def test_rounding_by_nbr_5891(amount, rounded):
    assert Rounding("half_even", 1)(D(amount)) == D(rounded)


def test_a_total_is_the_sum_of_rounded_lines_unless_only_it_is_rounded():
    two = "{kind: fixed, key: a, name: {}, amount: 0.005}, {kind: fixed, key: b, name: {}, amount: 0.005}"
    assert billed(one_line(two), metered()).total == D("0.02")
    assert billed(one_line(two, tariff_fields="rounding: {level: total}"), metered()).total == D("0.01")


def test_a_minimum_amount_is_filled_up():
    made = billed(one_line(ENERGY % ("1.00", ""), "minimum_amount: 20.00"), metered(consumption=5))
    assert [line.amount for line in made.lines] == [D("5.00"), D("15.00")]


def test_a_tax_withheld_is_a_negative_share():
    withheld = f"{ENERGY % ('1.00', '')}, {{kind: share, key: withheld, name: {{}}, of: [energy], percent: -4.5}}"
    assert billed(one_line(withheld), metered(consumption=100)).total == D("95.50")


def test_an_estimated_quantity_marks_its_lines():
    made = billed("agua_fixa_caesb", metered(date(2020, 7, 1), date(2020, 8, 1), consumption=6, is_estimated=True))
    assert made.is_estimated
    assert not made.lines[0].is_estimated, "a fixed part is not estimated"


def test_gaps_between_spans_and_days_before_the_tariff_are_refused():
    with pytest.raises(InvalidTariff, match="gap"):
        billed(changing(), metered(), metered(date(2026, 7, 2), date(2026, 7, 3)))
    with pytest.raises(InvalidTariff, match="gap"):
        billed(changing())
    with pytest.raises(InvalidTariff, match="begins on 2020-01-01"):
        billed(changing(), metered(date(2019, 6, 1), date(2019, 7, 1)))


# -- a cycle that is cut


SAME = "taxes: [{valid_from: 2020-01-01, pis: 0}, {valid_from: 2026-08-01, pis: 0}]"
CUT = (
    metered(date(2026, 7, 16), date(2026, 8, 1), consumption=20, demand=45),
    metered(date(2026, 8, 1), date(2026, 8, 15), consumption=100, demand=5),
)


@pytest.mark.parametrize("proration", ["by_days", "none"])
@pytest.mark.parametrize(
    ("line", "total"),
    [
        ("{kind: usage, key: e, name: {}, price: 1.00, minimum: 100, proration: %s}", "120.00"),
        ("{kind: usage, key: e, name: {}, price: 1.00, minimum: 150, proration: %s}", "150.00"),
        (
            "{kind: usage, key: e, name: {}, price: 1.00, discounts: [{up_to: 80, percent: 100}], proration: %s}",
            "40.00",
        ),
        ("{kind: usage, key: e, name: {}, blocks: [{up_to: 100, price: 1}, {price: 2}], proration: %s}", "140.00"),
        (
            "{kind: usage, key: e, name: {}, mode: volume, blocks: [{up_to: 100, price: 1}, {price: 2}], proration: %s}",
            "240.00",
        ),
        ("{kind: usage, key: e, name: {}, blocks: [{up_to: 200, amount: 38.35}, {price: 2}], proration: %s}", "38.35"),
        ("{kind: fixed, key: f, name: {}, amount: 20.01, proration: %s}", "20.01"),
    ],
)
def test_new_taxes_with_the_same_rates_change_no_cent(proration, line, total):
    assert billed(one_line(line % proration, tariff_fields=SAME), *CUT).total == D(total)


@pytest.mark.parametrize("version", ["minimum_amount: 200", "minimum_amount: 10"])
def test_the_minimum_amount_belongs_to_the_whole_cycle(version):
    line = ENERGY % ("1.00", "")
    whole = metered(CUT[0].from_, CUT[1].until, consumption=120)
    tariff = one_line(line, version, SAME)
    assert billed(tariff, *CUT).total == billed(one_line(line, version), whole).total


def test_the_highest_demand_is_that_of_the_whole_cycle():
    demand = "{kind: demand, key: d, name: {}, price: 10.00}"
    terms = Terms(contracted=D(40))
    whole = billed(one_line(demand), metered(CUT[0].from_, CUT[1].until, demand=45), terms=terms)
    made = billed(one_line(demand, tariff_fields=SAME), *CUT, terms=terms)
    assert whole.total == made.total == D("550.00")
    assert {line.quantity for line in made.lines if line.key == "d"} == {D(45)}


def test_what_is_not_divided_by_days_is_charged_once_as_when_the_cycle_began():
    span = metered(date(2025, 12, 15), date(2026, 1, 15), net=100, consumption=100)
    lines = [one for one in billed("energia_solar_fio_b", span).lines if one.key == "lighting"]
    assert [(one.from_, one.until, one.amount) for one in lines] == [(span.from_, span.until, D("12.00"))]


def test_each_part_pays_its_share_at_its_own_taxes():
    taxes = "taxes: [{valid_from: 2020-01-01, icms: 20}, {valid_from: 2026-08-01, icms: 50}]"
    blocks = "{kind: usage, key: e, name: {}, blocks: [{up_to: 100, price: 1.00}, {price: 2.00}]}"
    first, second = billed(one_line(blocks, tariff_fields=taxes), *CUT).lines
    assert (first.quantity, second.quantity) == (D(20), D(100))
    assert (first.amount, second.amount) == (D("29.17"), D("233.33")), "a sixth of 140 / 0.8, five of 140 / 0.5"


def test_new_prices_share_the_limits_of_the_whole_cycle():
    tariff = read_tariff("""
key: changing
name: {}
unit: kWh
versions:
  - {valid_from: 2020-01-01, components: [{kind: usage, key: e, name: {}, price: 1.00, minimum: 100}]}
  - {valid_from: 2026-08-01, components: [{kind: usage, key: e, name: {}, price: 2.00, minimum: 100}]}
""")
    assert [line.amount for line in billed(tariff, *CUT).lines] == [D("20.00"), D("200.00")]
    idle = [metered(span.from_, span.until, consumption=0) for span in CUT]
    assert [line.amount for line in billed(tariff, *idle).lines] == [D("53.33"), D("93.34")], "100 kWh by days"


def test_flags_go_by_days_in_a_cut_cycle_as_well():
    flags = 'flags: {prices: [{valid_from: 2020-01-01, prices: {red: 30}}], months: {"2026-07": red}}'
    flag = "{kind: flag, key: flag, name: {}}"
    whole = metered(CUT[0].from_, CUT[1].until, consumption=120)
    made = billed(one_line(flag, tariff_fields=f"{SAME}\n{flags}"), *CUT)
    assert made.total == billed(one_line(flag, tariff_fields=flags), whole).total == D("19.20")


@given(
    st.lists(st.decimals("0", "10000", places=3), min_size=3, max_size=3),
    st.sampled_from(["half_up", "half_even", "down"]),
    st.integers(1, 7),
)
def test_a_cut_costs_no_cent(quantities, mode, dwellings):
    lines = (
        "{kind: usage, key: a, name: {}, per_dwelling: true, minimum: 10, discounts: [{up_to: 30, percent: 65}], "
        "blocks: [{up_to: 10, amount: 7.77, price: 0.333}, {up_to: 700, price: 0.717}, {price: 1.3}]}, "
        "{kind: fixed, key: b, name: {}, amount: 15.29}, {kind: usage, key: c, name: {}, price: 0.40707}"
    )
    days = [date(2026, 7, 14), date(2026, 8, 1), date(2026, 8, 9), date(2026, 8, 15)]
    spans = [
        metered(*between, consumption=quantity) for *between, quantity in zip(days, days[1:], quantities, strict=False)
    ]
    cuts = ", ".join(f"{{valid_from: {day}, pis: 9.25}}" for day in [date(2020, 1, 1), *days[1:3]])
    rounding = f"rounding: {{mode: {mode}}}\n"
    whole = metered(days[0], days[-1], consumption=sum(quantities))
    plain = one_line(lines, tariff_fields=f"{rounding}taxes: [{{valid_from: 2020-01-01, pis: 9.25}}]")
    made = billed(one_line(lines, tariff_fields=f"{rounding}taxes: [{cuts}]"), *spans, terms=Terms(dwellings))
    assert abs(made.total - billed(plain, whole, terms=Terms(dwellings)).total) <= (
        0 if mode == "half_up" else D("0.01")
    )


def test_the_first_invoices_are_computed_as_they_were():
    line = "{kind: usage, key: e, name: {}, price: 1.00, minimum: 100}"
    made = bill(one_line(line, tariff_fields=SAME), CUT, by_part=True)
    assert made.total == D("153.33")
