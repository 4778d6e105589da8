"""Entry of a core: `python -m calha.core MODULE ARGUMENTS…` imports MODULE and runs its `main`.

What modules make while they are imported stays until the end. Looking through it for garbage, again and again as it grows,
takes a sixth of the start; afterwards it is left out of every collection.
"""

import gc
import sys
from importlib import import_module


def main() -> int:
    gc.disable()
    module = import_module(sys.argv.pop(1))
    gc.freeze()
    gc.enable()
    code: int = module.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
