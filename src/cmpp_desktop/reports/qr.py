"""A QR code as modules, for the window to paint and for a paper to print."""

from __future__ import annotations

QUIET = 4  # modules of white around it, which every reader wants
Modules = tuple[tuple[bool, ...], ...]


def modules(text: str) -> Modules:
    """Rows of modules, True for dark, without the quiet zone. A sixth of them may be unreadable (level M). `text`: ASCII, at most
    2,000 signs."""
    from reportlab.graphics.barcode.qrencoder import QR8bitByte, QRCode, QRErrorCorrectLevel

    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(QR8bitByte(text))
    code.make()
    count = code.getModuleCount()
    return tuple(tuple(bool(code.isDark(row, column)) for column in range(count)) for row in range(count))
