"""Check digits of Brazilian payment codes."""


def modulus_10(digits: str) -> str:
    """Weights 2, 1, 2, 1… from the right, digits of the products added up."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 - place % 2)
        total += product // 10 + product % 10
    return str(-total % 10)


def modulus_11(digits: str) -> int:
    """Sum with weights 2 to 9 in turn from the right, modulo 11; each code makes its own digit of it."""
    return sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits))) % 11
