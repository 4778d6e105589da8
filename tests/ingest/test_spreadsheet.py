"""Tables as spreadsheets save them."""

import contextlib
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.errors import Malformed, TooLarge
from calha.ingest import spreadsheet
from calha.ingest.spreadsheet import lines_of


def xlsx(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def cells(content):
    return [list(line.cells) for line in lines_of(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_dialect_of_csv_is_read(encoding, separator):
    text = f'key{separator}nome\r\n\r\na{separator}Estação\r\nb{separator}"x\r\ny"\r\n'
    assert cells(text.encode(encoding)) == [["key", "nome"], ["a", "Estação"], ["b", "x\r\ny"]]


def test_a_line_keeps_the_number_that_the_spreadsheet_shows():
    assert [line.number for line in lines_of(b"key\n\na\n\nb\n")] == [1, 3, 5]
    assert [line.number for line in lines_of(xlsx(["key"], [], ["a"]))] == [1, 3]


def test_numbers_of_an_xlsx_are_as_they_were_typed():
    assert cells(xlsx(["key", "serial"], ["a", 42.0], [7, 1.5], ["", None])) == [
        ["key", "serial"],
        ["a", "42"],
        ["7", "1.5"],
    ]


def test_formulas_are_not_calculated():
    assert cells(xlsx(["key"], ["=1+1"])) == [["key"]]


def test_a_zip_bomb_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", bytes(spreadsheet.MAX_UNPACKED_BYTES + 1))
    with pytest.raises(TooLarge):
        lines_of(content.getvalue())


def test_a_long_table_is_refused():
    with pytest.raises(TooLarge):
        lines_of(b"a\n" * (spreadsheet.MAX_LINES + 2))
    assert len(lines_of(b"a\n" * (spreadsheet.MAX_LINES + 1))) == spreadsheet.MAX_LINES + 1
    with pytest.raises(TooLarge):
        lines_of(bytes(spreadsheet.MAX_BYTES + 1))


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", xlsx(["key"], ["a"])[:900]]))
def test_no_content_breaks_the_reader(content, start):
    with contextlib.suppress(Malformed, TooLarge):
        lines_of(start + content)


@settings(deadline=None)
@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_xlsx_is_malformed_and_no_more(place, damage):
    whole = bytearray(xlsx(["key", "nome"], ["a", "b"]))
    whole[place % len(whole) : place % len(whole) + len(damage)] = damage
    with contextlib.suppress(Malformed, TooLarge):
        lines_of(bytes(whole))
