"""Asks a PDF/A validator from outside this project about reports.

    pip install pdf_oxide
    python3 scripts/validate_report.py REPORT.pdf...

Checks PDF/A-2a and PDF/UA-1; exit code 1 when a file breaks either. Also makes sure that the validator can say no: the same
report without its colour profile and metadata must be refused.
"""

import sys
from pathlib import Path

from pdf_oxide import PdfDocument


def said(path: str | Path) -> list[str]:
    document = PdfDocument(str(path))
    checks = {"PDF/A-2a": document.validate_pdf_a("2a"), "PDF/UA-1": document.validate_pdf_ua()}
    return [f"{name}: {error}" for name, check in checks.items() for error in check["errors"]]


def main(paths: list[str]) -> int:
    broken = 0
    for path in paths:
        errors = said(path)
        print(path, "is PDF/A-2a and PDF/UA-1" if not errors else "\n  ".join(["breaks", *errors]))
        # Names of the same length, so that every offset in the file stays true.
        spoilt = Path(path).read_bytes().replace(b"/OutputIntents", b"/OutputIntentX").replace(b"/Metadata", b"/Metadatx")
        copy = Path(path).with_suffix(".spoilt.pdf")
        copy.write_bytes(spoilt)
        try:
            if not said(copy):
                print(path, "is accepted even without its colour profile and metadata: the validator is of no use")
                broken += 1
        finally:
            copy.unlink()
        broken += bool(errors)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
