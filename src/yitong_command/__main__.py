"""`yitong`: the composition root; each command imports only what it starts."""

from __future__ import annotations

from yitong_command.cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
