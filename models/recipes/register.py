"""Write the SHA-256 of the exported files into ``registry.toml``.

python models/recipes/register.py
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

MODELS = Path(__file__).parents[1]


def main() -> None:
    """Replace every digest by that of the file as it is now; print what was written."""
    registry = MODELS / "registry.toml"
    text = registry.read_text(encoding="utf-8")

    def current(match: re.Match[str]) -> str:
        digest = hashlib.sha256((MODELS / match["path"]).read_bytes()).hexdigest()
        print(match["path"], digest)
        return f'"{match["path"]}" = "{digest}"'

    pattern = r'"(?P<path>[\w/-]+\.(?:xml|bin))" = "[0-9a-f]*"'
    registry.write_text(re.sub(pattern, current, text), encoding="utf-8")


if __name__ == "__main__":
    main()
