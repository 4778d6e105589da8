"""Labels: PDFs that open, whose text is found and whose QR codes lead to claiming."""

import io
import json
import urllib.request

import pypdf
import pytest
import typst
import zxingcpp
from PIL import Image

from calha.reports.labels import Label, labels_pdf, qr_svg
from persons import Person

NASTY = '#panic("x") $x$ [*b*] \\ "aspas" <b> é #import "/etc/passwd"'


def a_label(number, name="Bomba"):
    code = f"7K3M-9QXC-{number:04d}"
    return Label(name, f"pump-{number}", f"A17-{number}", code, f"https://calha.example.org/claim#{code}")


def pages(pdf):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def printed(calha, body, **headers):
    request = calha.request(
        "/api/v1/labels", json.dumps(body).encode(), {"Content-Type": "application/json"} | headers, "POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "application/pdf"
        return answer.read()


@pytest.mark.parametrize(
    ("format_", "count", "skip", "expected"),
    [("a4-24", 24, 0, 1), ("a4-24", 25, 0, 2), ("a4-24", 24, 1, 2), ("a4-10", 21, 0, 3), ("single", 3, 0, 3)],
)
def test_labels_fill_the_sheets(format_, count, skip, expected):
    found = pages(labels_pdf([a_label(number) for number in range(count)], format_, "pt-BR", skip))
    assert len(found) == expected
    whole = "\n".join(found)
    for number in range(count):
        assert f"pump-{number}" in whole
        assert f"7K3M-9QXC-{number:04d}" in whole
    assert "Código" in whole
    assert "Calha" in whole


def test_what_users_write_is_text_and_no_markup():
    found = pages(labels_pdf([a_label(1, NASTY)], "a4-10", "en"))
    assert '#panic("x") $x$ [*b*] \\' in " ".join(found[0].split())


def test_a_name_of_any_length_stays_within_its_label():
    assert len(pages(labels_pdf([a_label(1, "W" * 100), a_label(2)], "single", "en"))) == 2


def test_the_qr_code_can_be_read():
    address = a_label(1).address
    source = (
        '#set page(width: 40mm, height: 40mm, margin: 5mm)\n#image(bytes(sys.inputs.qr), format: "svg", width: 100%)'
    )
    png = typst.compile(source.encode(), format="png", ppi=200, sys_inputs={"qr": qr_svg(address)})
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)).convert("L"))
    assert [one.text for one in read] == [address]


def test_labels_are_made_for_devices_that_one_configures(calha):
    keys = ["label-1", "label-2"]
    for key in keys:
        calha.create_device(key)
    text = pages(printed(calha, {"devices": keys, "format": "single"}, **{"Accept-Language": "en-GB,en;q=0.9"}))
    assert len(text) == 2
    assert "label-1" in text[0]
    assert "Scan to claim" in text[0]
    assert "Código" in pages(printed(calha, {"devices": keys[:1], "language": "pt-BR"}))[0]
    site = calha.get("/api/v1/devices/label-1")["site_id"]
    viewer, engineer = Person(calha, "vera", {"role": "viewer", "site_id": site}), Person(calha, "ines")
    assert viewer.send("POST", "/api/v1/labels", {"devices": keys})[0] == 403
    assert engineer.send("POST", "/api/v1/labels", {"devices": keys})[0] == 403
    assert calha.send("POST", "/api/v1/labels", {"devices": ["label-none"]})[0] == 404
