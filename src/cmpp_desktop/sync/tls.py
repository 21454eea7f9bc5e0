"""Whose certificates are believed, and what is wrong with one that is not: TLS 1.2 or newer, the system's authorities, the
organisation's own and the one that was chosen on this laptop."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from cmpp_desktop.errors import KnownError

AUTHORITY_LIMIT = 256 * 1024  # bytes of a file of authorities
# OpenSSL's reasons (x509_vfy.h): not valid yet, run out; a name or an address that is another.
_TIME = frozenset({9, 10})
_NAME = frozenset({62, 64})


@dataclass(frozen=True, slots=True)
class Authority:
    """Certificate authorities of a file as PEM; of the first: whose it is, and until when it is good."""

    pem: str
    name: str
    until: datetime


def context(*authorities: str) -> ssl.SSLContext:
    """What proves a server: the system's authorities and these (PEM, or ""). Raises KnownError server_refused, with the reason
    certificate_authority, for text that is none."""
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    for authority in authorities:
        if authority:
            try:
                made.load_verify_locations(cadata=authority)
            except (ssl.SSLError, ValueError) as error:
                raise KnownError("server_refused", reason="certificate_authority") from error
    return made


def unproved() -> ssl.SSLContext:
    """For whoever answers."""
    made = context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def trouble(error: BaseException) -> KnownError | None:
    """What is wrong with the server's certificate, where that is why a request failed: certificate_expired (or not valid yet),
    certificate_name, certificate_unknown. None where it is something else."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, ssl.SSLCertVerificationError):
            code = at.verify_code
            kind = "expired" if code in _TIME else "name" if code in _NAME else "unknown"
            return KnownError(f"certificate_{kind}", reason=f"x509_{code}")
        at = at.__cause__ or at.__context__
    return None


def read_authority(data: bytes) -> Authority:
    """The authorities of a file, PEM or DER. Raises KnownError authority_unreadable, with the reason: size, none (no certificate
    in it), not_one (that of a server, which vouches for nobody)."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if len(data) > AUTHORITY_LIMIT:
        raise KnownError("authority_unreadable", reason="size")
    try:
        found = x509.load_pem_x509_certificates(data) if b"-----BEGIN" in data else [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise KnownError("authority_unreadable", reason="none") from error
    if not all(_vouches(one) for one in found):
        raise KnownError("authority_unreadable", reason="not_one")
    pem = "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in found)
    context(pem)  # what OpenSSL does not take either is said now, not at the first exchange
    first = found[0]
    called = first.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME) or list(first.subject)
    name = str(called[0].value) if called else ""
    return Authority(pem, name, first.not_valid_after_utc.astimezone(UTC))


def _vouches(certificate: object) -> bool:
    """Whether it may sign others. One that says nothing of it (version 1) may."""
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1
    except ValueError:  # extensions that cannot be read
        return False
