"""One Schematron run in a process of its own: python schematron.py RULES.xslt < invoice > report

Saxon's native heap is then gone with the process, and a crash of it is only a failed check.
"""

import sys

from saxonche import PySaxonProcessor


def main() -> None:
    with PySaxonProcessor(license=False) as saxon:
        invoice = saxon.parse_xml(xml_text=sys.stdin.buffer.read().decode("utf-8"))
        rules = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=sys.argv[1])
        report = rules.transform_to_string(xdm_node=invoice)
    sys.stdout.buffer.write(report.encode("utf-8"))


if __name__ == "__main__":
    main()
