"""What stands in the files of reports."""

import csv
import io

import pypdf


def rows_of(path, mark=";"):
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig")), delimiter=mark))


def text_of(path):
    pages = pypdf.PdfReader(path).pages
    return " ".join(" ".join(page.extract_text().replace("\u00a0", " ") for page in pages).split())
