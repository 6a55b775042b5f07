//! What activates an eSIM, as a provider tells of it: believed only where it is well formed.

/// An eSIM that can be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub iccid: String,
    pub activation: Activation,
    pub usage: Usage,
    /// 0: the provider has not said.
    pub expires_us: i64,
}

/// Bytes; nothing where the provider has not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub total: Option<i64>,
    pub used: Option<i64>,
}

/// Where a telephone gets the profile, and by which name (GSMA SGP.22 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    pub smdp: String,
    pub matching_id: String,
}

/// GSMA allows 255; what is scanned has to stay a code that telephones read.
const PART_MAX: usize = 128;

impl Activation {
    /// `LPA:1$<address>$<matching id>`, without what may follow in other codes.
    pub fn parse(lpa: &str) -> Option<Self> {
        let mut parts = lpa.trim().strip_prefix("LPA:1$")?.split('$');
        let (smdp, matching_id) = (parts.next()?, parts.next()?);
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let fits = |text: &str| (1..=PART_MAX).contains(&text.len());
        let right = fits(smdp) && smdp.chars().all(is_host) && fits(matching_id);
        let right = right && matching_id.chars().all(is_name) && parts.next().is_none();
        right.then(|| Self { smdp: smdp.to_owned(), matching_id: matching_id.to_owned() })
    }

    pub fn lpa(&self) -> String {
        format!("LPA:1${}${}", self.smdp, self.matching_id)
    }
}

impl Profile {
    /// What is wrong with it, in a word for staff.
    pub fn fault(&self) -> Option<&'static str> {
        match (is_iccid(&self.iccid), self.usage.is_possible()) {
            (false, _) => Some("ICCID"),
            (true, false) => Some("usage"),
            (true, true) => None,
        }
    }
}

impl Usage {
    /// Nobody uses less than nothing.
    fn is_possible(self) -> bool {
        self.total.is_none_or(|total| total >= 0) && self.used.is_none_or(|used| used >= 0)
    }

    /// What is known of it now. Use only grows, unless the provider gave another amount of data.
    pub fn after(self, before: Self) -> Self {
        let is_reset = self.total.is_some() && before.total.is_some() && self.total != before.total;
        let used = match (self.used, before.used) {
            (Some(now), Some(then)) if !is_reset => Some(now.max(then)),
            (now, then) => now.or(then),
        };
        let total = self.total.or(before.total);
        Self { total, used: used.map(|used| total.map_or(used, |total| used.min(total))) }
    }
}

/// 19 or 20 digits that begin with 89 (ITU-T E.118), the last of which is Luhn's.
pub fn is_iccid(text: &str) -> bool {
    let right = matches!(text.len(), 19 | 20) && text.starts_with("89");
    right
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && luhn(&text[..text.len() - 1]) == text.as_bytes()[text.len() - 1]
}

/// The digit that completes a number (ISO/IEC 7812-1, annex B).
pub fn luhn(digits: &str) -> u8 {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let values = digits.bytes().rev().map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let sum: u32 =
        values.enumerate().map(|(at, digit)| if at % 2 == 0 { doubled(digit) } else { digit }).sum();
    b'0' + ((10 - sum % 10) % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits() {
        // Annex B's own number.
        assert_eq!(luhn("7992739871"), b'3');
        for (text, expected) in [
            ("8944110068264534723", true),
            ("89852245280000942210", true),
            ("8944110068264534724", false),
            ("8944110068264534273", false),
            ("89441100682645347237", false),
            ("894411006826453472", false),
            ("7944110068264534723", false),
            ("89441100682645347²", false),
            ("", false),
        ] {
            assert_eq!(is_iccid(text), expected, "{text}");
        }
        for body in ["890100000000000000", "8999999999999999999", "8912345678901234567"] {
            let whole = format!("{body}{}", char::from(luhn(body)));
            assert!(is_iccid(&whole), "{whole}");
            let wrong = format!("{body}{}", char::from(b'0' + (luhn(body) - b'0' + 1) % 10));
            assert!(!is_iccid(&wrong), "{wrong}");
        }
    }

    #[test]
    fn activation_codes() {
        let lpa = "LPA:1$rsp-eu.redteamobile.com$451F9802E6854E3E85FB985235EDB4E5";
        assert_eq!(Activation::parse(lpa).map(|code| code.lpa()).as_deref(), Some(lpa));
        for wrong in [
            "",
            "LPA:1$",
            "LPA:1$host$",
            "LPA:1$$id",
            "LPA:2$host$id",
            "lpa:1$host$id",
            "LPA:1$host$id$oid$1",
            "LPA:1$ho st$id",
            "LPA:1$host/x$id",
            "LPA:1$host$<script>",
            "LPA:1$host$é",
            "https://example.com",
        ] {
            assert_eq!(Activation::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Activation::parse(&format!("LPA:1$h${}", "A".repeat(129))), None);
    }

    #[test]
    fn use_only_grows() {
        let usage = |total: i64, used: i64| {
            let told = |bytes: i64| (bytes >= 0).then_some(bytes);
            Usage { total: told(total), used: told(used) }
        };
        for (before, now, expected) in [
            (usage(-1, -1), usage(100, 0), usage(100, 0)),
            (usage(100, 10), usage(100, 30), usage(100, 30)),
            (usage(100, 30), usage(100, 10), usage(100, 30)),
            (usage(100, 30), usage(200, 0), usage(200, 0)),
            (usage(100, 30), usage(-1, -1), usage(100, 30)),
            (usage(100, 30), usage(-1, 40), usage(100, 40)),
            (usage(100, 30), usage(100, 400), usage(100, 100)),
            (usage(-1, -1), usage(-1, 5), usage(-1, 5)),
        ] {
            assert_eq!(now.after(before), expected, "{before:?} {now:?}");
        }
        assert!(!Usage { total: Some(-5), used: None }.is_possible());
        assert!(!Usage { total: None, used: Some(-5) }.is_possible());
    }
}
