"""What may stand between a laptop and its server, in threads of this process: TLS with certificates of our own making, a proxy
that makes tunnels, one that hands bytes on in small pieces or holds them back. Nothing here waits by the clock."""

from __future__ import annotations

import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = "127.0.0.1"
ANSWER = b"an answer of the server"
YEAR = timedelta(days=365)
Key = ec.EllipticCurvePrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates; `pem` is what laptops are given."""

    def __init__(self, name: str) -> None:
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _name(name)
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = _begun(self._name, self._name, self._key, datetime.now(UTC), 10 * YEAR)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        own = made.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.pem = own.public_bytes(Encoding.PEM)
        self.der = own.public_bytes(Encoding.DER)

    def certificate(self, folder: Path, *, name: str = HERE, age: timedelta = timedelta(0)) -> tuple[Path, bytes]:
        """A server's: a file with key and certificate, and the certificate alone. `age`: how long ago its year began."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _begun(_name(name), self._name, key, datetime.now(UTC) - age, YEAR)
        try:
            known: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            known = x509.DNSName(name)
        made = made.add_extension(x509.SubjectAlternativeName([known]), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        pem = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        path = folder / "server.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
        return path, pem


def _begun(name: x509.Name, by: x509.Name, key: Key, since: datetime, long: timedelta) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(name).issuer_name(by).public_key(key.public_key())
    day = timedelta(days=1)  # whatever this machine's clock says of the minute
    return made.serial_number(x509.random_serial_number()).not_valid_before(since - day).not_valid_after(since + long - day)


@cache
def authority(name: str = "Lantern Street Services Root") -> Authority:
    """One of that name for all tests."""
    return Authority(name)


class Listener:
    """Takes connections, each in a thread, until `close`. `port` 0: a free one."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server((HERE, port))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def serve(self, near: socket.socket) -> None:
        raise NotImplementedError

    def _start(self, job: Callable[[], None]) -> None:
        thread = threading.Thread(target=job, name="between")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(near)
            self._start(lambda near=near: self._serve(near))  # type: ignore[misc]  # bound now

    def _serve(self, near: socket.socket) -> None:
        try:
            self.serve(near)
        except OSError:
            pass  # whoever spoke has gone
        finally:
            end(near)

    def close(self) -> None:
        for one in [*self._open]:
            end(one)
        for thread in self._threads:
            thread.join(20)


class TlsServer(Listener):
    """Answers every request with ANSWER, under that certificate. `asked` counts the requests that it has read."""

    def __init__(self, certificate: Path) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self.asked = 0
        super().__init__()

    @property
    def url(self) -> str:
        return f"https://{HERE}:{self.port}"

    def serve(self, near: socket.socket) -> None:
        with self._tls.wrap_socket(near, server_side=True) as line:
            while request := _head(line):
                size = next((int(one[15:]) for one in request.split(b"\r\n") if one.lower().startswith(b"content-length:")), 0)
                while size:
                    size -= len(line.recv(min(size, 4096)))
                self.asked += 1
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))


class TlsFront(Listener):
    """Speaks TLS under that certificate for a server on `port` that does not."""

    def __init__(self, certificate: Path, port: int = 0) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self.behind = port
        super().__init__()

    @property
    def url(self) -> str:
        return f"https://{HERE}:{self.port}"

    def serve(self, near: socket.socket) -> None:
        # One thread for both ways: TLS is not to be read and written at the same time.
        with self._tls.wrap_socket(near, server_side=True) as line, socket.create_connection((HERE, self.behind)) as far:
            self._open += [line, far]
            while True:
                ready = [line] if line.pending() else select.select([line, far], [], [])[0]
                for one in ready:
                    data = one.recv(16_384)
                    if not data:
                        return
                    (far if one is line else line).sendall(data)


class TunnelProxy(Listener):
    """Makes tunnels (CONNECT), or answers with the `status` line that is set. `piece`: bytes that are handed on at once;
    `hold(after)`: nothing of an answer goes on behind so many bytes; `holding` is set once that is so."""

    def __init__(self) -> None:
        self.status, self.piece = b"200 Connection established", 65_536
        self.tunnels: list[bytes] = []
        self.given = b""  # the name and password of the last one who asked
        self.holding = threading.Event()
        self._room: int | None = None
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}"

    def hold(self, after: int) -> None:
        self._room = after

    def serve(self, near: socket.socket) -> None:
        head = _head(near)
        lines = head.split(b"\r\n")
        self.given = next((one[21:].strip() for one in lines if one.lower().startswith(b"proxy-authorization:")), b"")
        near.sendall(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % self.status)
        if not self.status.startswith(b"200"):
            return
        target = lines[0].split()[1]
        self.tunnels.append(target)
        far = socket.create_connection((HERE, int(target.rsplit(b":", 1)[1])))
        self._open.append(far)
        self._start(lambda: self._carry(near, far, None))
        self._carry(far, near, self._room)

    def _carry(self, source: socket.socket, sink: socket.socket, room: int | None) -> None:
        with suppress(OSError):
            sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := source.recv(self.piece):
                if room is not None:
                    data, room = data[:room], room - len(data[:room])
                    if room == 0:
                        sink.sendall(data)
                        self.holding.set()
                        while source.recv(self.piece):  # kept back, until somebody goes
                            pass
                        break
                sink.sendall(data)
        for one in (source, sink):
            end(one)


def _head(line: socket.socket) -> bytes:
    """A request up to its empty line; b"" when there is none any more."""
    found = b""
    while not found.endswith(b"\r\n\r\n"):
        more = line.recv(1)
        if not more:
            return b""
        found += more
    return found


def end(one: socket.socket) -> None:
    """Closes it; a thread that waits in accept or recv wakes, which close alone does not do."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
