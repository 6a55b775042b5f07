//! What tariffs are put together from: values to choose, units, and the taxes.

use super::catalogue::{Deed, play};
use super::stage::Stage;
use crate::error::Result;

pub fn set_up(stage: &mut Stage) -> Result<()> {
    for (intname, name, values) in ENUMERATIONS {
        let made = format!("enumeration.{intname}");
        stage.make(&made, "admin", "enumeration.edit", &[("name", name), ("intname", intname)])?;
        for (place, value) in values.iter().enumerate() {
            add_value(stage, &made, place, *value)?;
        }
    }
    play(stage, DEEDS)
}

fn add_value(stage: &mut Stage, list: &str, place: usize, value: (&str, &str, &str)) -> Result<()> {
    let (intname, name, name_ru) = value;
    let (plid, place) = (format!("@{list}"), ((place + 1) * 10).to_string());
    let pairs = [
        ("plid", plid.as_str()),
        ("name", name),
        ("name_ru", name_ru),
        ("intname", intname),
        ("orderpriority", &place),
    ];
    stage.make(&format!("value.{intname}"), "admin", "enumerationitem.edit", &pairs).map(drop)
}

/// Internal name, name, and the values in their order.
type Enumeration = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);

const ENUMERATIONS: &[Enumeration] = &[
    (
        "ostempl",
        "Operating systems",
        &[
            ("debian-12", "Debian 12", ""),
            ("ubuntu-24.04", "Ubuntu 24.04", ""),
            ("almalinux-9", "AlmaLinux 9", ""),
            ("windows-2022", "Windows Server 2022", ""),
            ("centos-7", "CentOS 7", ""),
        ],
    ),
    (
        "disktype",
        "Kinds of disk",
        &[
            ("hdd", "Hard disk", "Жёсткий диск"),
            ("ssd", "Solid state", "Твердотельный"),
            ("nvme", "NVMe", ""),
        ],
    ),
    (
        "support",
        "Support levels",
        &[
            ("basic", "Working hours", "В рабочее время"),
            ("extended", "Every day till midnight", "Ежедневно до полуночи"),
            ("always", "Around the clock", "Круглосуточно"),
        ],
    ),
];

const DEEDS: &[Deed] = &[
    ("", "enumerationitem.suspend", &[("elid", "@value.centos-7")]),
    (
        "measure.mailbox",
        "measure.edit",
        &[("name", "mailboxes"), ("name_ru", "ящиков"), ("intname", "mailbox")],
    ),
    (
        "taxrule.DE",
        "taxrule.edit",
        &[("name", "VAT Germany 19 %"), ("rate", "19"), ("country", "@country.DE"), ("included", "on")],
    ),
    (
        "taxrule.AT",
        "taxrule.edit",
        &[("name", "VAT Austria 20 %"), ("rate", "20"), ("country", "@country.AT"), ("included", "on")],
    ),
    (
        "taxrule.PL",
        "taxrule.edit",
        &[("name", "VAT Poland 23 %"), ("rate", "23"), ("country", "@country.PL"), ("included", "on")],
    ),
    (
        "taxrule.RU",
        "taxrule.edit",
        &[("name", "НДС 20 %"), ("rate", "20"), ("country", "@country.RU"), ("company", "@company.cloud")],
    ),
    (
        "taxrule.RU.individual",
        "taxrule.edit",
        &[
            ("name", "НДС 20 % в цене, физические лица"),
            ("rate", "20"),
            ("country", "@country.RU"),
            ("company", "@company.cloud"),
            ("profiletype", "1"),
            ("included", "on"),
        ],
    ),
    (
        "taxrule.NL.reverse",
        "taxrule.edit",
        &[
            ("name", "Reverse charge, companies of the Netherlands"),
            ("rate", "0"),
            ("country", "@country.NL"),
            ("profiletype", "2"),
        ],
    ),
    (
        "taxrule.old",
        "taxrule.edit",
        &[("name", "VAT Germany 16 %, 2020"), ("rate", "16"), ("country", "@country.DE"), ("active", "off")],
    ),
];
