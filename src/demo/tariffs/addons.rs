//! Add-ons of every kind: each way to bill, to count and to scale stands somewhere.

use super::Addon;

const NONE: Addon =
    Addon { tariff: "", kind: "", more: &[], periods: &[], scale: &[], used: &[], values: &[] };

pub const ADDONS: &[Addon] = &[
    Addon {
        tariff: "domain.com",
        kind: "privacy",
        more: &[("billtype", "2"), ("addontype", "1")],
        periods: &["annually"],
        scale: &[(0, 25)],
        ..NONE
    },
    Addon { tariff: "domain.de", kind: "privacy", more: &[("billtype", "1"), ("addonlimit", "1")], ..NONE },
    Addon {
        tariff: "vds.start",
        kind: "ncpu",
        more: &[
            ("addonlimit", "1"),
            ("addonmax", "8"),
            ("scaletype", "1"),
            ("restrictclientchange", "uponly"),
        ],
        periods: &["monthly", "annually", "day"],
        scale: &[(0, 250), (5, 200)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "mem",
        more: &[
            ("addonlimit", "1024"),
            ("addonmin", "1024"),
            ("addonmax", "16384"),
            ("addonstep", "1024"),
            ("addonlimittrial", "512"),
            ("scaletype", "0"),
        ],
        periods: &["monthly", "annually"],
        scale: &[(0, 200), (8192, 150)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "disc",
        more: &[
            ("addonlimit", "20"),
            ("addonmin", "20"),
            ("addonmax", "500"),
            ("addonstep", "10"),
            ("scaletype", "2"),
        ],
        periods: &["monthly", "annually"],
        scale: &[(10, 50), (100, 400)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "traffic",
        more: &[("billtype", "3"), ("addonlimit", "1000"), ("measure", "@measure.gb")],
        periods: &["monthly"],
        used: &[(0, 2)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "ip",
        more: &[("billtype", "5"), ("addonlimit", "1")],
        periods: &["monthly"],
        scale: &[(0, 150)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "backup",
        more: &[("billtype", "2")],
        periods: &["monthly", "annually"],
        scale: &[(0, 190)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "disktype",
        more: &[
            ("enumeration", "@enumeration.disktype"),
            ("enumerationitem", "@value.ssd"),
            ("restrictclientchange", "on"),
        ],
        periods: &["monthly", "annually"],
        values: &[("hdd", 0), ("ssd", 0), ("nvme", 300)],
        ..NONE
    },
    Addon {
        tariff: "vds.start",
        kind: "support",
        more: &[
            ("billtype", "4"),
            ("addontype", "3"),
            ("enumeration", "@enumeration.support"),
            ("enumerationitem", "@value.basic"),
        ],
        periods: &["monthly"],
        values: &[("basic", 0), ("extended", 1500), ("always", 4900)],
        ..NONE
    },
    Addon {
        tariff: "vds.business",
        kind: "ncpu",
        more: &[("addonlimit", "4"), ("addonmax", "16"), ("scaletype", "3")],
        periods: &["monthly", "annually"],
        scale: &[(4, 0), (8, 900), (16, 2500)],
        ..NONE
    },
    Addon {
        tariff: "vds.business",
        kind: "mem",
        more: &[
            ("addonlimit", "8"),
            ("addonmax", "64"),
            ("measure", "@measure.gb"),
            ("restrictclientchange", "downonly"),
            ("scaletype", "1"),
        ],
        periods: &["monthly", "annually"],
        scale: &[(0, 180)],
        ..NONE
    },
    Addon {
        tariff: "vds.business",
        kind: "disc",
        more: &[("addonlimit", "160"), ("addonmax", "2000"), ("addonstep", "10")],
        periods: &["monthly", "annually"],
        scale: &[(0, 40)],
        ..NONE
    },
    Addon {
        tariff: "vds.business",
        kind: "outbound",
        more: &[("billtype", "1"), ("addonlimit", "1000")],
        ..NONE
    },
    Addon {
        tariff: "dedic.xeon",
        kind: "raid",
        more: &[("manualprocessing", "on")],
        periods: &["monthly", "annually"],
        scale: &[(0, 990)],
        ..NONE
    },
    Addon { tariff: "dedic.xeon", kind: "kvm", more: &[("billtype", "10"), ("addonlimit", "1")], ..NONE },
    Addon {
        tariff: "dedic.xeon",
        kind: "disc",
        more: &[("addonlimit", "2"), ("addonmax", "8"), ("manualprocessing", "on")],
        periods: &["monthly", "annually"],
        scale: &[(0, 1200)],
        ..NONE
    },
    Addon {
        tariff: "dedic.epyc",
        kind: "mem",
        more: &[("addonlimit", "128"), ("addonmax", "512"), ("addonstep", "64")],
        periods: &["monthly"],
        scale: &[(0, 1900)],
        ..NONE
    },
    Addon {
        tariff: "vhost.lite",
        kind: "disc",
        more: &[("addonlimit", "5120"), ("addonmax", "51200"), ("addonstep", "1024")],
        periods: &["monthly", "annually"],
        scale: &[(0, 20)],
        ..NONE
    },
    Addon { tariff: "vhost.lite", kind: "sites", more: &[("billtype", "1"), ("addonlimit", "1")], ..NONE },
    Addon {
        tariff: "vhost.pro",
        kind: "mailboxes",
        more: &[("addonlimit", "50"), ("addonmax", "1000"), ("measure", "")],
        periods: &["monthly", "annually"],
        scale: &[(0, 10)],
        ..NONE
    },
    Addon {
        tariff: "vhost.pro",
        kind: "traffic",
        more: &[("billtype", "3"), ("addonlimit", "100")],
        periods: &["monthly"],
        used: &[(0, 5)],
        ..NONE
    },
    Addon {
        tariff: "storage.small",
        kind: "disc",
        more: &[("addonlimit", "100"), ("addonmax", "10000"), ("addonstep", "100"), ("scaletype", "0")],
        periods: &["monthly", "annually"],
        scale: &[(0, 350), (1000, 250)],
        ..NONE
    },
    Addon {
        tariff: "colocation.unit",
        kind: "power",
        more: &[("billtype", "3"), ("addonlimit", "200")],
        periods: &["monthly"],
        used: &[(0, 12)],
        ..NONE
    },
    Addon {
        tariff: "soft.lite",
        kind: "sites",
        more: &[("addonlimit", "10"), ("addonmax", "1000"), ("addonstep", "10")],
        periods: &["monthly", "annually"],
        scale: &[(0, 100)],
        ..NONE
    },
    Addon {
        tariff: "certificate.dv",
        kind: "names",
        more: &[("addonmax", "24")],
        periods: &["annually"],
        scale: &[(0, 80)],
        ..NONE
    },
    Addon {
        tariff: "vpn.one",
        kind: "devices",
        more: &[("addonlimit", "1"), ("addonmax", "10")],
        periods: &["monthly", "annually"],
        scale: &[(0, 90)],
        ..NONE
    },
    Addon {
        tariff: "zabota-o-servere.basic",
        kind: "hours",
        more: &[("addonlimit", "2"), ("addonmax", "40")],
        periods: &["monthly"],
        scale: &[(0, 3900)],
        ..NONE
    },
    Addon {
        tariff: "instances.c1",
        kind: "ncpu",
        more: &[("addonlimit", "1"), ("addonmax", "32")],
        periods: &["monthly", "day"],
        scale: &[(0, 300)],
        ..NONE
    },
    Addon {
        tariff: "instances.c1",
        kind: "mem",
        more: &[("addonlimit", "1024"), ("addonmax", "131072"), ("addonstep", "1024")],
        periods: &["monthly", "day"],
        scale: &[(0, 150)],
        ..NONE
    },
    Addon {
        tariff: "consulting.hour",
        kind: "level",
        periods: &["monthly"],
        values: &[("basic", 0), ("always", 9900)],
        ..NONE
    },
];
