"""Writes a tariff as YAML, as one edits it; `tariff_reader` reads the same tariff from it.

Rule 1: a number is written as it is, digit by digit, and never quoted.
Rule 2: what stands at its default is left out, so that the text says what the tariff is about.
"""

from datetime import date
from decimal import Decimal

import msgspec
import yaml

from calha.domain.tariffs import Tariff

WIDTH = 120


def to_yaml(tariff: Tariff) -> str:
    """The tariff as a text for people."""
    content = msgspec.to_builtins(tariff, builtin_types=(Decimal, date))
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=WIDTH)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - of the class above
        """The reader takes none: equal parts are written out each time."""
        return True


def _number(dumper: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    text = f"{number:f}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Dumper.add_representer(Decimal, _number)
