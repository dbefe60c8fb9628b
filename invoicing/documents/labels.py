"""The words printed on documents, by language.

They are not looked up in the catalogue of translations: a document in Chinese stays one whoever
asks for it, and a mended translation does not change what was issued.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Labels:
    """The words of one language. Braces are filled in."""

    invoice: str
    credit_note: str
    number: str
    issued_on: str
    month: str
    currency: str
    corrects: str
    reason: str
    seller: str
    buyer: str
    name: str
    tax_number: str
    address: str
    country: str
    phone: str
    bank: str
    item: str
    quantity: str
    net: str
    rate: str
    tax: str
    gross: str
    member: str
    charges: str
    part_of: str
    correction: str
    subtotal: str
    breakdown: str
    total: str
    total_credited: str
    in_capitals: str
    round_off: str
    terms: str
    credit_terms: str
    no_tax: str
    not_a_fapiao: str
    page: str
    month_format: str
    colon: str


ENGLISH = Labels(
    invoice="Invoice",
    credit_note="Credit note",
    number="Number",
    issued_on="Date of issue",
    month="Month of supply",
    currency="Currency",
    corrects="Corrects invoice {number} of {day}",
    reason="Reason",
    seller="Seller",
    buyer="Buyer",
    name="Name",
    tax_number="Tax number",
    address="Address",
    country="Country",
    phone="Phone",
    bank="Bank, account",
    item="Item",
    quantity="Quantity",
    net="Net",
    rate="Tax rate",
    tax="Tax",
    gross="Total",
    member="Member",
    charges="{count} charges",
    part_of="part of {count} charge(s)",
    correction="Correction at this tax rate",
    subtotal="Subtotal",
    breakdown="Tax by rate",
    total="Total with tax",
    total_credited="Total credited",
    in_capitals="In words",
    round_off="Rounded off in the buyer's favour: {amount}",
    terms="Settled through the account's monthly bill; do not pay this document separately.",
    credit_terms="Amounts of this credit note reduce those of the invoice it corrects.",
    no_tax="Tax rate 0: {reason}",
    not_a_fapiao=(
        "This document does not replace a fapiao issued through the tax authority's platform."
    ),
    page="Page {page} of {pages}",
    month_format="{year}-{month:02}",
    colon=": ",
)

CHINESE = Labels(
    invoice="发票",
    credit_note="红字发票",
    number="发票号码",
    issued_on="开票日期",
    month="消费月份",
    currency="币种",
    corrects="对应蓝字发票 {number}，开票日期 {day}",
    reason="红冲原因",
    seller="销售方",
    buyer="购买方",
    name="名称",
    tax_number="纳税人识别号",
    address="地址",
    country="国家/地区代码",
    phone="电话",
    bank="开户行及账号",
    item="项目名称",
    quantity="数量",
    net="金额",
    rate="税率",
    tax="税额",
    gross="价税合计",
    member="子账号",
    charges="{count} 笔",
    part_of="{count} 笔的部分金额",
    correction="该税率红冲金额",
    subtotal="小计",
    breakdown="按税率汇总",
    total="价税合计",
    total_credited="红冲合计",
    in_capitals="大写",
    round_off="抹零（让利购买方）：{amount}",
    terms="本单款项已计入账户月账单，请勿就本单重复付款。",
    credit_terms="本红字发票所列金额冲减其对应的蓝字发票。",
    no_tax="零税率说明：{reason}",
    not_a_fapiao="本文件不替代通过税务机关电子发票服务平台开具的发票。",
    page="第 {page} 页，共 {pages} 页",
    month_format="{year} 年 {month:02} 月",
    colon="：",
)

OF_LANGUAGE = {"en": ENGLISH, "zh-hans": CHINESE}
