"""A provider's protocol on a loopback port: an app, served by threads until the block ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from wsgiref.types import WSGIApplication

from werkzeug.serving import make_server


@contextmanager
def serving(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """The server's origin (`http://127.0.0.1:1234`); 0 takes a free port."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    # By default the server checks only twice a second whether it is to end.
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
