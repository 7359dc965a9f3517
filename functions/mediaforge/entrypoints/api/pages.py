"""`GET /openapi.json` and `GET /docs`: the description, and Swagger UI, with which it is read and tried. Its
files are copied here from its package (`tools/api_page.cjs`), and nobody else is asked for any."""

from functools import cache
from pathlib import Path

from flask import Response

from mediaforge.entrypoints.api.description import as_json

_FOLDER = Path(__file__).parent / "page"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MediaForge API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """window.addEventListener("load", () => SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", validatorUrl: null, deepLinking: true, persistAuthorization: false,
}));
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(path: str) -> Response | None:
    """What is at this path; None where there is nothing."""
    if path == "/openapi.json":
        return Response(as_json(), content_type="application/json")
    if path == "/docs":
        return Response(_PAGE, headers={"Content-Security-Policy": _POLICY}, mimetype="text/html")
    if path == "/docs/start.js":
        return Response(_START, mimetype="text/javascript")
    folder, _, name = path.rpartition("/")
    return _file(name) if folder == "/docs" and name in _files() else None


def _file(name: str) -> Response:
    return Response(_files()[name], mimetype=_TYPES[Path(name).suffix])


@cache
def _files() -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in _FOLDER.glob("*") if each.suffix in _TYPES}
