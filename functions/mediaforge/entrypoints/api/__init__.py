"""The HTTPS API: the operations of the callables for servers, spreadsheets and scripts, under routes of their
own. `routes.py` is its table of contents."""

from flask import Request, Response


def answer(request: Request) -> Response:
    # Loaded with the first request: no other function needs it.
    from mediaforge.entrypoints.api.serve import serve

    return serve(request)
