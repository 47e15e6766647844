"""`python -m sublimen` is `sublimen`."""

from sublimen.cli.main import main

if __name__ == "__main__":
    main()
