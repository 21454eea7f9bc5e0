"""Files on their way out of the encrypted store."""

from __future__ import annotations

import io
from unicodedata import normalize

import pikepdf

from cmpp_desktop.errors import Invalid


def protect(pdf: bytes, password: str) -> bytes:
    """The same PDF, opened only with the password (AES-256, PDF 2.0 revision 6). Raises Invalid(password="missing").

    Assistive technology may read it once it is open. Every call gives other bytes, because salts and keys are new. The
    password is brought to Unicode's NFKC form, as readers do with what is typed (ISO 32000-2, 7.6.4.3.3); they take at most
    127 bytes of it in UTF-8, so longer ones are refused (Invalid(password="too_long")) rather than cut without a word.
    """
    password = normalize("NFKC", password)
    if not password:
        raise Invalid(password="missing")
    if len(password.encode("utf-8")) > 127:
        raise Invalid(password="too_long")
    out = io.BytesIO()
    rules = pikepdf.Permissions(accessibility=True)
    with pikepdf.open(io.BytesIO(pdf)) as file:
        file.save(
            out,
            encryption=pikepdf.Encryption(owner=password, user=password, R=6, aes=True, metadata=True, allow=rules),
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    return out.getvalue()
