"""`python -m calha` is `calha`."""

from calha.cli import main

if __name__ == "__main__":
    main()
