"""The console's files; every page address that is no file gets its start page."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"

NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>伊通指挥中心 / Yitong Command</title></head>
<body>
<h1>控制台还没有构建 / The console is not built yet</h1>
<p>接口已在运行。请在源码目录执行以下命令，然后刷新本页。<br>
The API is running. Run this in the source folder, then reload this page.</p>
<pre>cd src/console &amp;&amp; npm ci &amp;&amp; npm run build</pre>
</body></html>
"""


class Console(StaticFiles):
    """Serves the built console, or a page that says how to build it.

    Args:
        folder: Where the console was built to.
    """

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        super().__init__(directory=folder, check_dir=False)

    async def check_config(self) -> None:
        """A console that is not built is no mistake; see :meth:`get_response`."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, else the start page, else how to build it."""
        if path.startswith(("api/", "health/")) or path in {"api", "health"}:
            raise HTTPException(404, "there is no such address")
        if not (self._folder / "index.html").is_file():
            if scope["method"] not in {"GET", "HEAD"}:
                raise HTTPException(405, "method not allowed")
            return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-store"})
        try:
            response = await super().get_response(path, scope)
        except HTTPException as exc:
            if exc.status_code != 404 or path.startswith("assets/"):
                raise
            path = "index.html"
            response = await super().get_response(path, scope)
        # Names under assets/ carry the hash of their content; everything else may change.
        lasting = path.startswith("assets/")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if lasting else "no-cache"
        )
        return response
