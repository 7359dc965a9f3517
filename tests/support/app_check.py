"""The parts of App Check on this machine: keys, tokens, and the server that publishes the public keys.

The Admin SDK fetches the public keys from one address of Google's. So the environment of a process gets a
proxy that answers in Google's place, and a certificate to trust; nothing in the process is changed.
"""

import datetime as dt
import json
import os
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

HOST = "firebaseappcheck.googleapis.com"
PROJECT = "demo-mediaforge"
KEY_ID = "key-1"
Key = rsa.RSAPrivateKey


def make_key() -> Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def token_of(key: Key, *, key_id: str = KEY_ID, **claims: Any) -> str:
    """A valid token of this project's app, with `claims` in place of its own."""
    good = {
        "iss": f"https://{HOST}/123456",
        "aud": ["projects/123456", f"projects/{PROJECT}"],
        "sub": "1:123456:web:abcdef",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode({**good, **claims}, key, algorithm="RS256", headers={"kid": key_id})


@contextmanager
def key_server(key: Key, folder: Path) -> Iterator[Mapping[str, str]]:
    """Serves the public key, and yields the environment in which a process takes `key` for Google's."""
    own, certificate = make_key(), folder / "certificate.pem"
    certificate.write_bytes(_certificate(own))
    private = folder / "key.pem"
    private.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys = json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]})

    class Proxy(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _read_head(self.rfile)
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            with context.wrap_socket(self.connection, server_side=True) as tunnel:
                _read_head(tunnel.makefile("rb"))
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(keys)}\r\n\r\n"
                tunnel.sendall((head + keys).encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield {
                "PATH": os.environ["PATH"],
                "HTTPS_PROXY": f"http://127.0.0.1:{server.server_address[1]}",
                "SSL_CERT_FILE": str(certificate),
            }
        finally:
            server.shutdown()


def _read_head(stream: Any) -> None:
    while stream.readline() not in (b"\r\n", b""):
        pass


def _certificate(key: Key) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
