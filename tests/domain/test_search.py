from hypothesis import given
from hypothesis import strategies as st

from calha.domain.search import BEGINS, EXACT, INSIDE, MAX_WORDS, WORD_BEGINS, fold, holds, ranking, words_of


def test_accents_and_case_do_not_matter():
    assert fold("ÁGUA Bruta") == "agua bruta"
    assert holds(words_of("agua"), fold("Água bruta"))
    assert holds(words_of("SÃO"), fold("Estação São José"))


def test_words_stand_in_any_order_and_in_any_of_the_texts():
    assert holds(words_of("norte bomba"), fold("Bomba de recalque"), fold("ETA Norte"))
    assert not holds(words_of("norte bomba"), fold("Bomba de recalque"), fold("ETA Sul"))


def test_what_is_called_so_comes_before_what_only_contains_it():
    rank = ranking(words_of("bomba 1"))
    assert rank(["b-1", "bomba 1"]) == EXACT
    assert rank(["bomba 12"]) == BEGINS
    assert rank(["a bomba numero 1"]) == WORD_BEGINS
    assert rank(["motobomba 1"]) == INSIDE


@given(st.text(max_size=200))
def test_whatever_is_typed_finds_itself(typed):
    words = words_of(typed)
    assert len(words) <= MAX_WORDS
    assert holds(words, fold(typed))
    assert ranking(words)([fold(typed)]) in range(4)
