"""`python -m calha.api.openapi`: the OpenAPI document on standard output, from which the web app's types are made."""

import json
import sys

from calha.api.app import create_app

if __name__ == "__main__":
    json.dump(create_app(None).openapi(), sys.stdout, indent=2, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")
