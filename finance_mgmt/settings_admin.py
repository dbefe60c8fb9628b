"""The admin's look: its sidebar, colors, and the panels that each floor adds to its pages."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

# Panels are functions by dotted path, so that upper floors add theirs to pages below.
DASHBOARD_PANELS = [  # (request) -> panels of the first page
    "finance_mgmt.admin.alerts.dashboard_panels",
    "finance_mgmt.admin.today.panels",
    "billing.admin.dashboard.panels",
    "finance_mgmt.admin.runs.dashboard_panels",
]
ACCOUNT_PANELS = [  # (request, account) -> panels
    "billing.admin.account_panels.panels",
    "finance_mgmt.admin.deliveries.account_panels",
    "invoicing.admin.titles.account_panels",
]
ACCOUNT_LINKS = [  # (request, account) -> buttons to pages of upper floors
    "billing.admin.group_page.account_links",
    "invoicing.admin.choosing.account_links",
    "simulation.admin.what_ifs.button",
]
ACCOUNT_COMMANDS = [  # of upper floors
    "billing.admin.adjustment_commands.Adjust",
    "billing.admin.thresholds.SetThresholds",
    "invoicing.admin.titles.SetTitle",
]
TODAY = [  # (request) -> lines
    "finance_mgmt.admin.today.todos",
    "billing.admin.today.todos",
    "invoicing.admin.seller_notice.todos",
]
# Buttons of upper floors that lead to pages of theirs: (request, row) -> commands.
RELATIONSHIP_LINKS = ["simulation.admin.what_ifs.button_of_link"]
RELATIONSHIP_COMMANDS = ["billing.admin.settlement_commands.SwitchUnified"]  # of upper floors
SEARCHES = [  # (request, term) -> lines of the search over everything (Ctrl+K)
    "finance_mgmt.admin.search.accounts",
    "billing.admin.search.bills",
    "finance_mgmt.admin.search.relationships",
    "billing.admin.search.orders",
    "billing.admin.search.charges",
    "billing.admin.search.resources",
    "billing.admin.search.records",
    "billing.admin.search.cover",
    "invoicing.admin.search.invoices",
    "invoicing.admin.search.credit_notes",
    "finance_mgmt.admin.search.pages",
]
FIRST_STEPS = [  # (request) -> what to do before anything is charged, or None
    "finance_mgmt.admin.first_steps.policy",
    "finance_mgmt.admin.first_steps.accounts",
    "billing.admin.first_steps.price_book",
    "billing.admin.first_steps.sources",
    "billing.admin.first_steps.usage",
    "billing.admin.first_steps.closing",
    "invoicing.admin.first_steps.seller",
]
TOUR = [  # (request) -> a stop of the tour, or None where this person may not go
    "billing.admin.tour.group",
    "finance_mgmt.admin.tour.terms",
    "billing.admin.tour.usage",
    "billing.admin.tour.charge",
    "billing.admin.tour.bill",
    "invoicing.admin.tour.invoice",
    "finance_mgmt.admin.tour.past",
    "finance_mgmt.admin.tour.before",
    "finance_mgmt.admin.tour.linking",
    "simulation.admin.tour.what_if",
]
TIMELINE_SOURCES = [  # what stands on an account's timeline
    "finance_mgmt.queries.timeline_sources.SOURCES",
    "billing.queries.timeline_sources.SOURCES",
    "invoicing.queries.timeline_sources.SOURCES",
]

# The sidebar. A model gives an entry its name, page and permission; `badge` counts what waits.
ADMIN_NAVIGATION = [
    (
        _("Today"),
        [
            {"title": _("Dashboard"), "icon": "space_dashboard", "page": "admin:index"},
            {
                "model": "finance_mgmt.approval",
                "title": _("Approvals"),
                "icon": "approval_delegation",
                "badge": "finance_mgmt.admin.approvals.waiting_count",
                "tone": "warning",
            },
            {
                "model": "finance_mgmt.run",
                "icon": "manufacturing",
                "badge": "finance_mgmt.admin.runs.failed_count",
            },
            {"model": "finance_mgmt.job", "icon": "avg_pace"},
            {"title": _("Your files"), "icon": "download", "page": "admin:files"},
            {
                "model": "finance_mgmt.parking",
                "icon": "pause_circle",
                "query": {"now": "parked"},
            },
        ],
    ),
    (
        _("Customers"),
        [
            {"model": "finance_mgmt.account", "icon": "apartment"},
            {
                "title": _("Groups"),
                "icon": "groups",
                "page": "admin:billing_bill_groups",
                "needs": "billing.view_charge",
            },
            {"model": "finance_mgmt.relationship", "icon": "account_tree"},
            {
                "title": _("Planned changes"),
                "icon": "event",
                "page": "admin:finance_mgmt_relationship_planned",
                "needs": "finance_mgmt.view_relationship",
            },
            {"model": "finance_mgmt.grant", "icon": "key"},
            {"model": "simulation.whatif", "title": _("What if?"), "icon": "alt_route"},
            {"model": "finance_mgmt.movement", "icon": "swap_horiz"},
            {"model": "billing.threshold", "icon": "notification_important"},
            {"model": "finance_mgmt.identity", "icon": "verified_user"},
            {"model": "finance_mgmt.accountuser", "icon": "badge"},
        ],
    ),
    (
        _("Charging"),
        [
            {"model": "billing.charge", "icon": "receipt"},
            {"model": "billing.order", "icon": "shopping_cart"},
            {"model": "billing.resource", "icon": "dns"},
            {"model": "billing.discount", "icon": "percent"},
            {"model": "billing.voucher", "icon": "redeem"},
            {"model": "billing.coupon", "icon": "content_cut"},
            {"model": "billing.commitment", "icon": "savings"},
            {"model": "billing.product", "icon": "category"},
            {"model": "billing.family", "icon": "folder"},
            {"model": "billing.price", "icon": "sell"},
        ],
    ),
    (
        _("Bills"),
        [
            {"model": "billing.bill", "icon": "request_quote"},
            {
                "model": "billing.bill",
                "title": _("Outstanding bills"),
                "icon": "hourglass_top",
                "query": {"status__exact": "outstanding"},
            },
        ],
    ),
    (
        _("Invoices"),
        [
            {
                "title": _("Issue an invoice"),
                "icon": "post_add",
                "page": "admin:invoicing_invoice_choose",
                "needs": "invoicing.issue_invoice",
            },
            {"model": "invoicing.invoice", "icon": "receipt_long"},
            {
                "model": "invoicing.invoice",
                "title": _("Owed credit notes"),
                "icon": "assignment_late",
                "query": {"owed": "yes"},
            },
            {"model": "invoicing.creditnote", "icon": "assignment_return"},
            {"model": "invoicing.invoicetitle", "icon": "contract"},
            {"model": "invoicing.taxrate", "icon": "percent"},
            {"model": "invoicing.sellerprofile", "icon": "storefront"},
            {"model": "invoicing.series", "icon": "tag"},
        ],
    ),
    (
        _("Usage in"),
        [
            {
                "title": _("Import a file"),
                "icon": "upload_file",
                "page": "admin:billing_usageimport_upload",
                "needs": "billing.add_usageimport",
            },
            {"model": "billing.usageimport", "icon": "inventory"},
            {
                "model": "billing.importedrow",
                "title": _("Parked rows"),
                "icon": "pause_circle",
                "query": {"status__exact": "parked"},
                "badge": "billing.admin.parked.parked_count",
                "tone": "warning",
            },
            {"model": "billing.usagerecord", "icon": "speed"},
            {"model": "billing.source", "icon": "input"},
            {"model": "billing.accountkey", "icon": "badge"},
        ],
    ),
    (
        _("Notices"),
        [
            {"model": "finance_mgmt.notice", "icon": "notifications"},
            {
                "model": "finance_mgmt.delivery",
                "icon": "outgoing_mail",
                "badge": "finance_mgmt.admin.deliveries.dead_count",
                "tone": "warning",
            },
            {"model": "finance_mgmt.recipient", "icon": "contact_mail"},
            {"model": "finance_mgmt.webhook", "icon": "webhook"},
            {"model": "finance_mgmt.storedmessage", "icon": "drafts"},
        ],
    ),
    (
        _("System"),
        [
            {"model": "billing.closedthrough", "title": _("Closing"), "icon": "lock_clock"},
            {"model": "finance_mgmt.decision", "icon": "history_edu"},
            {"model": "finance_mgmt.storedpolicy", "icon": "tune"},
            {"model": "django_celery_beat.periodictask", "icon": "schedule"},
            {"model": "auth.user", "icon": "person"},
            {"model": "auth.group", "icon": "group"},
            {"model": "mfa.authenticator", "title": _("Second factors"), "icon": "phonelink_lock"},
            {"model": "axes.accessattempt", "title": _("Wrong passwords"), "icon": "lock_person"},
        ],
    ),
]

UNFOLD = {
    "SITE_TITLE": _("Group billing"),
    "SITE_HEADER": _("Group billing"),
    "SITE_SUBHEADER": "finance_mgmt.admin.navigation.time_zone",
    "SITE_SYMBOL": "account_balance",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}
    ],
    "SHOW_LANGUAGES": True,
    "ACCOUNT": {
        "navigation": [
            {"title": _("Second factor and passkeys"), "link": reverse_lazy("mfa_index")},
            {"title": _("Keyboard shortcuts (?)"), "link": reverse_lazy("admin:shortcuts")},
        ]
    },
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "finance_mgmt.admin.dashboard.context",
    "GLOBAL_CALLBACK": "finance_mgmt.admin.files.tell_ready",
    "STYLES": [
        lambda request: static("css/admin.css"),
        lambda request: static("css/work.css"),
        lambda request: static("css/tablet.css"),
    ],
    "SCRIPTS": [
        lambda request: static("js/shortcuts.js"),
        lambda request: static("js/accessibility.js"),
    ],
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "finance_mgmt.admin.navigation.groups",
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 258)",
            "100": "oklch(93.5% .032 258)",
            "200": "oklch(88% .06 258)",
            "300": "oklch(80% .1 258)",
            "400": "oklch(70% .145 259)",
            "500": "oklch(61% .18 260)",
            "600": "oklch(51% .19 261)",
            "700": "oklch(45% .17 262)",
            "800": "oklch(39% .14 263)",
            "900": "oklch(34% .11 263)",
            "950": "oklch(25% .07 264)",
        },
    },
}
