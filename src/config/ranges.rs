//! Lists of addresses and networks, as `RestrictAuthinfoRange`, `TrustedProxy` and the keys have them.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Single addresses and CIDR networks of both families.
///
/// An IPv4 address inside IPv6 (`::ffff:10.0.0.1`) counts as IPv4 on both sides: a socket that
/// serves both families shows IPv4 callers so, and a list must not depend on the kind of socket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Items are separated by blanks or commas (decisions.md, Access). An error is the item that
    /// is no address and no network.
    pub fn parse(text: &str) -> Result<Self, String> {
        items(text)
            .map(|item| network(item).ok_or_else(|| item.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (place, net) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { ", " })?;
            match net.prefix_len() == net.max_prefix_len() {
                true => write!(f, "{}", net.addr())?,
                false => write!(f, "{net}")?,
            }
        }
        Ok(())
    }
}

/// The items of a list value.
pub fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|item| !item.is_empty())
}

fn network(item: &str) -> Option<IpNet> {
    let net = match item.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => item.parse::<IpNet>().ok()?,
    };
    Some(as_ipv4(net).unwrap_or(net).trunc())
}

/// The IPv4 network that an IPv6 one stands for, when all of it is mapped IPv4.
fn as_ipv4(net: IpNet) -> Option<IpNet> {
    let IpNet::V6(net) = net else { return None };
    let prefix = net.prefix_len().checked_sub(96)?;
    Ipv4Net::new(net.addr().to_ipv4_mapped()?, prefix).ok().map(IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains() {
        let rows = [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
            ("::/0", "::ffff:203.0.113.9", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("::ffff:10.0.0.0/104", "10.200.0.1", true),
            ("::ffff:10.0.0.0/104", "::ffff:11.0.0.1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("192.0.2.1, 198.51.100.0/24 2001:db8::7", "198.51.100.200", true),
            ("192.0.2.1, 198.51.100.0/24 2001:db8::7", "2001:db8::7", true),
            ("192.0.2.1,198.51.100.0/24", "192.0.2.2", false),
            ("", "127.0.0.1", false),
        ];
        for (list, address, expected) in rows {
            let networks = Networks::parse(list).expect(list);
            assert_eq!(networks.contains(address.parse().expect(address)), expected, "{list} / {address}");
        }
    }

    #[test]
    fn refused() {
        let rows = [
            ("10.0.0.1, ten", "ten"),
            ("10.0.0.0/33", "10.0.0.0/33"),
            ("010.0.0.1", "010.0.0.1"),
            ("10.0.0", "10.0.0"),
            ("::1/129", "::1/129"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0"),
            ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"),
        ];
        for (list, item) in rows {
            assert_eq!(Networks::parse(list), Err(item.to_owned()), "{list}");
        }
    }

    #[test]
    fn shown() {
        let rows = [
            (" ,10.1.2.3/8  ,, ::1,", "10.0.0.0/8, ::1"),
            ("127.0.0.1/32\t0.0.0.0/0", "127.0.0.1, 0.0.0.0/0"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("", ""),
        ];
        for (list, shown) in rows {
            assert_eq!(Networks::parse(list).expect(list).to_string(), shown);
        }
    }
}
