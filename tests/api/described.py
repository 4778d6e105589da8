"""The OpenAPI document, made once in each process of the tests, which takes a second."""

from calha.api.app import create_app

DOCUMENT = create_app(None).openapi()
