import pytest

from calha.domain.device_table import Fault, SitePaths, Wanted, columns_of, read_line, unknown_columns
from calha.domain.errors import Malformed

SITES = SitePaths(
    [(1, ["Companhia"]), (2, ["Companhia", "ETA Norte"]), (3, ["Companhia", "Poço"]), (4, ["Outra", "Poço"])]
)


@pytest.mark.parametrize(
    "header",
    [
        ["key", "name", "serial", "profile", "site", "note"],
        ["Código", "NOME", "Número de Série", "Perfil", "Local", "Observações"],
        ["Chave", "Nome:", "Nº de série", "perfil", "Unidade", "obs."],
    ],
)
def test_headers_are_known_in_both_languages(header):
    assert columns_of(header) == {"key": 0, "name": 1, "serial": 2, "profile": 3, "site": 4, "note": 5}


def test_a_table_without_keys_or_with_a_column_twice_is_refused():
    with pytest.raises(Malformed):
        columns_of(["nome"])
    with pytest.raises(Malformed):
        columns_of(["key", "chave"])


def test_columns_that_are_not_read_are_told():
    assert unknown_columns(["key", "Telefone", ""]) == ["Telefone"]


def test_lines_are_read_and_faults_named():
    columns = columns_of(["key", "name"])
    assert read_line(["a"], columns) == Wanted("a")
    for cells, reason in (
        (["", "x"], "no_key"),
        (["a b"], "bad_key"),
        (["a" * 65], "too_long"),
        (["a", "x" * 101], "too_long"),
    ):
        found = read_line(cells, columns)
        assert isinstance(found, Fault)
        assert found.reason == reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", 2),
        ("Companhia/ETA Norte", 2),
        (" companhia / eta norte ", 2),
        ("ETA Norte", 2),
        ("Companhia/Poço", 3),
        ("outra/poco", 4),
        ("Poço", "ambiguous_site"),
        ("ETA Sul", "unknown_site"),
        ("99", "unknown_site"),
        ("/", "unknown_site"),
    ],
)
def test_a_site_is_found_by_id_path_or_the_end_of_it(text, expected):
    found = SITES.find(text)
    assert (found.reason if isinstance(found, Fault) else found) == expected
