//! Which addresses the server may call.
//!
//! Public addresses may be called. Those of the machine itself and of private networks may be called once the
//! configuration says so. The services that hand a cloud machine its credentials may never be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use thiserror::Error;
use url::Host;

/// Where a cloud machine gets its credentials, and the link-local networks most of them live in.
///
/// Link-local: AWS, Google, Azure, Oracle and others at 169.254.169.254; 100.100.100.200: Alibaba; 168.63.129.16: Azure's
/// host; 192.0.0.192: Oracle's older service; the three IPv6 addresses: AWS, Google, Oracle, each as its manual has it.
const NEVER: [IpNet; 8] = [
    v4([169, 254, 0, 0], 16),
    v4([100, 100, 100, 200], 32),
    v4([168, 63, 129, 16], 32),
    v4([192, 0, 0, 192], 32),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),
    v6([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128),
];

/// The networks that are not public, by IANA's registries of special-purpose addresses, with the word for each.
/// The first match names the address, so a narrow network stands before the wide one around it.
const NOT_PUBLIC: [(IpNet, &str); 29] = [
    (v4([127, 0, 0, 0], 8), "a loopback"),
    (v4([10, 0, 0, 0], 8), "a private"),
    (v4([172, 16, 0, 0], 12), "a private"),
    (v4([192, 168, 0, 0], 16), "a private"),
    (v4([100, 64, 0, 0], 10), "a shared (carrier) network's"),
    (v4([0, 0, 0, 0], 8), "an unspecified"),
    (v4([192, 0, 0, 0], 24), "a reserved"),
    (v4([192, 0, 2, 0], 24), "a documentation"),
    (v4([198, 51, 100, 0], 24), "a documentation"),
    (v4([203, 0, 113, 0], 24), "a documentation"),
    (v4([192, 88, 99, 0], 24), "a reserved"),
    (v4([198, 18, 0, 0], 15), "a benchmark"),
    (v4([224, 0, 0, 0], 4), "a multicast"),
    (v4([255, 255, 255, 255], 32), "a broadcast"),
    (v4([240, 0, 0, 0], 4), "a reserved"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "a loopback"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "an unspecified"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "a private"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "a private"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "a private"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "a multicast"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "a documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "a documentation"),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "a benchmark"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "a reserved"),
    // Everything outside 2000::/3, the only block IANA gives public addresses from.
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 3), "a reserved"),
    (v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2), "a reserved"),
    (v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 2), "a reserved"),
    (v6([0xc000, 0, 0, 0, 0, 0, 0, 0], 2), "a reserved"),
];

const fn v4(octets: [u8; 4], prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix))
}

const fn v6(segments: [u16; 8], prefix: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix))
}

/// What the configuration allows beyond public addresses.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    allow_private: bool,
    networks: Vec<IpNet>,
    /// Lower case, without a final dot.
    hosts: Vec<String>,
}

/// Why an address is not called. The text is for the people who run the server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The address is not public and nothing in the configuration allows it.
    #[error(
        "{} is {kind} address; to have it called, add the host, the address or its CIDR block to `webhooks.allow`",
        through(*address, *inner)
    )]
    NotPublic {
        /// The address that was to be called.
        address: IpAddr,
        /// Where it leads: itself, or the IPv4 address written into it.
        inner: IpAddr,
        /// The sort of address, with its article: `a loopback`.
        kind: &'static str,
    },
    /// The address is link-local or hands out a cloud machine's credentials; no setting allows it.
    #[error("{} is a link-local or cloud metadata address and is never called", through(*address, *inner))]
    Never {
        /// The address that was to be called.
        address: IpAddr,
        /// Where it leads: itself, or the IPv4 address written into it.
        inner: IpAddr,
    },
}

fn through(address: IpAddr, inner: IpAddr) -> String {
    if address == inner { address.to_string() } else { format!("{address} leads to {inner}, which") }
}

/// An entry of the allow list that means nothing. The text says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadEntry {
    /// Neither a host name, nor an address, nor a block.
    #[error(
        "`webhooks.allow` has {0:?}: write a host name (localhost), an IP address (10.1.2.3, fd00::1) or a CIDR block \
         (10.0.0.0/8), without scheme, port or path"
    )]
    Unreadable(String),
    /// Only addresses that are never called.
    #[error(
        "`webhooks.allow` has {0:?}: link-local and cloud metadata addresses are never called; remove the entry"
    )]
    Never(String),
}

impl Policy {
    /// The policy of a configuration: whether all addresses that are not public may be called, and which host names, IP
    /// addresses and CIDR blocks may be called besides.
    ///
    /// # Errors
    /// The first entry that is none of the three, or that names only addresses which are never called.
    pub fn from(allow_private: bool, allow: &[String]) -> Result<Self, BadEntry> {
        let mut policy = Self { allow_private, ..Self::default() };
        for entry in allow {
            policy.allow(entry)?;
        }
        Ok(policy)
    }

    fn allow(&mut self, entry: &str) -> Result<(), BadEntry> {
        let text = entry.trim();
        if let Some(network) = network(text) {
            if NEVER.iter().any(|never| never.contains(&network)) {
                return Err(BadEntry::Never(entry.to_owned()));
            }
            self.networks.push(network);
            return Ok(());
        }
        // A parser of URLs reads `1.2.3` as an address and `*` as a name; nobody means either.
        match Host::parse(text) {
            Ok(Host::Domain(name)) if !name.contains('*') => {
                self.hosts.push(without_final_dot(&name).to_owned());
                Ok(())
            }
            _ => Err(BadEntry::Unreadable(entry.to_owned())),
        }
    }

    /// Whether the allow list has this host name, in any case, with or without a final dot.
    #[must_use]
    pub fn allows_host(&self, host: &str) -> bool {
        let host = without_final_dot(host);
        self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// Whether `address` may be called; `host_allowed` says that the name it was found under is on the allow list.
    ///
    /// An IPv6 address that carries an IPv4 address may lead there, so both must be allowed.
    ///
    /// # Errors
    /// What the address is, and how to allow it.
    pub fn check(&self, address: IpAddr, host_allowed: bool) -> Result<(), Refusal> {
        let inner = leads_to(address);
        if let Some(&inner) = inner.iter().find(|inner| NEVER.iter().any(|network| network.contains(*inner)))
        {
            return Err(Refusal::Never { address, inner });
        }
        if self.allow_private || host_allowed || self.allows_address(address, &inner) {
            return Ok(());
        }
        let named = inner.iter().find_map(|&inner| Some((inner, not_public(inner)?)));
        named.map_or(Ok(()), |(inner, kind)| Err(Refusal::NotPublic { address, inner, kind }))
    }

    fn allows_address(&self, address: IpAddr, inner: &[IpAddr]) -> bool {
        let listed = |address: &IpAddr| self.networks.iter().any(|network| network.contains(address));
        listed(&address.to_canonical())
            || inner.iter().all(|inner| listed(inner) || not_public(*inner).is_none())
    }
}

fn not_public(address: IpAddr) -> Option<&'static str> {
    NOT_PUBLIC.iter().find(|(network, _)| network.contains(&address)).map(|(_, kind)| *kind)
}

/// An address or a block; an IPv4 one written as IPv6 becomes IPv4, as addresses do before they are compared.
fn network(text: &str) -> Option<IpNet> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let network = bare.parse::<IpNet>().or_else(|_| bare.parse::<IpAddr>().map(IpNet::from)).ok()?;
    let IpNet::V6(v6) = network else { return Some(network) };
    match (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96)) {
        (Some(v4), Some(prefix)) => Ipv4Net::new(v4, prefix).ok().map(IpNet::V4),
        _ => Some(network),
    }
}

fn without_final_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// The addresses that a connection to `address` may end at: itself, or the IPv4 addresses written into it where the
/// prefix belongs to a translation, which is then what decides.
fn leads_to(address: IpAddr) -> Vec<IpAddr> {
    let IpAddr::V6(v6) = address else { return vec![address] };
    let s = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::from(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    let last = v4(s[6], s[7]);
    match s {
        // `::` and `::1` are addresses of their own, not IPv4-compatible ones.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => vec![address],
        // IPv4-compatible, IPv4-mapped, IPv4-translated (RFC 2765), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            vec![last]
        }
        // NAT64 of a local network (RFC 8215). Where the IPv4 address stands depends on the length of its prefix: the
        // last 32 bits for /96, around the zero byte for /48, /56 and /64 (RFC 6052 section 2.2).
        [0x64, 0xff9b, 1, ..] => {
            let shifted = |high: u16, low: u16| high << 8 | low >> 8;
            let for_48 = v4(s[3], shifted(s[4], s[5]));
            let for_56 = v4(s[3] << 8 | (s[4] & 0xff), s[5]);
            let for_64 = v4(shifted(s[4], s[5]), shifted(s[5], s[6]));
            vec![last, for_48, for_56, for_64, address]
        }
        // 6to4 (RFC 3056).
        [0x2002, ..] => vec![v4(s[1], s[2])],
        // Teredo (RFC 4380): its server, and the client's address with every bit turned over.
        [0x2001, 0, ..] => vec![v4(s[2], s[3]), v4(!s[6], !s[7])],
        _ => vec![address],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Target;

    fn policy(allow_private: bool, allow: &[&str]) -> Policy {
        let allow: Vec<String> = allow.iter().map(ToString::to_string).collect();
        Policy::from(allow_private, &allow).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    const PUBLIC: [&str; 15] = [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450:4001::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        // Teredo: server 8.8.4.4, client 8.8.8.8.
        "2001:0:808:404:0:0:f7f7:f7f7",
    ];

    const PRIVATE: [(&str, &str); 58] = [
        ("127.0.0.1", "a loopback"),
        ("127.255.255.254", "a loopback"),
        ("10.0.0.1", "a private"),
        ("172.16.0.1", "a private"),
        ("172.31.255.255", "a private"),
        ("192.168.1.1", "a private"),
        ("100.64.0.1", "a shared (carrier) network's"),
        ("100.127.255.255", "a shared (carrier) network's"),
        ("0.0.0.0", "an unspecified"),
        ("0.1.2.3", "an unspecified"),
        ("192.0.0.1", "a reserved"),
        ("192.0.2.1", "a documentation"),
        ("198.51.100.1", "a documentation"),
        ("203.0.113.1", "a documentation"),
        ("192.88.99.1", "a reserved"),
        ("198.18.0.1", "a benchmark"),
        ("198.19.255.255", "a benchmark"),
        ("224.0.0.1", "a multicast"),
        ("239.255.255.255", "a multicast"),
        ("240.0.0.1", "a reserved"),
        ("255.255.255.255", "a broadcast"),
        ("::", "an unspecified"),
        ("::1", "a loopback"),
        ("fc00::1", "a private"),
        ("fd12:3456::1", "a private"),
        ("fec0::1", "a private"),
        ("ff02::1", "a multicast"),
        ("2001:db8::1", "a documentation"),
        ("3fff::1", "a documentation"),
        ("2001:2::1", "a benchmark"),
        ("2001:10::1", "a reserved"),
        ("100::1", "a reserved"),
        ("5f00::1", "a reserved"),
        ("4000::1", "a reserved"),
        ("8000::1", "a reserved"),
        ("e000::1", "a reserved"),
        ("::127.0.0.1", "a loopback"),
        ("::10.0.0.1", "a private"),
        ("::ffff:127.0.0.1", "a loopback"),
        ("::ffff:7f00:1", "a loopback"),
        ("::ffff:0.0.0.0", "an unspecified"),
        ("::ffff:192.168.0.1", "a private"),
        ("::ffff:100.64.0.1", "a shared (carrier) network's"),
        ("::ffff:0:10.0.0.1", "a private"),
        ("64:ff9b::127.0.0.1", "a loopback"),
        ("64:ff9b::10.0.0.1", "a private"),
        ("64:ff9b:1::10.0.0.1", "a private"),
        ("64:ff9b:1::8.8.8.8", "an unspecified"),
        ("2002:7f00:1::", "a loopback"),
        ("2002:a00:1::1", "a private"),
        ("2002:c0a8:101::1", "a private"),
        ("2002::1", "an unspecified"),
        // Teredo: a loopback client, then a private server.
        ("2001:0:808:404:0:0:80ff:fffe", "a loopback"),
        ("2001:0:a00:1:0:0:f7f7:f7f7", "a private"),
        ("fd00:ec2::253", "a private"),
        ("fd00::c0:ffee", "a private"),
        ("fbff::1", "a reserved"),
        ("::2", "an unspecified"),
    ];

    const NEVER_CALLED: [&str; 20] = [
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "fe80::1",
        "febf::1",
        "::169.254.169.254",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::ffff:0:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1",
        "2001:0:a9fe:a9fe:0:0:f7f7:f7f7",
        "2001:0:808:404:0:0:5601:5601",
    ];

    #[test]
    fn public_addresses_are_called() {
        for text in PUBLIC {
            assert_eq!(policy(false, &[]).check(ip(text), false), Ok(()), "{text}");
        }
    }

    #[test]
    fn other_addresses_are_called_only_when_allowed() {
        for (text, expected) in PRIVATE {
            match policy(false, &[]).check(ip(text), false) {
                Err(Refusal::NotPublic { kind, .. }) => assert_eq!(kind, expected, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
            assert_eq!(policy(true, &[]).check(ip(text), false), Ok(()), "{text}, all allowed");
            assert_eq!(policy(false, &[]).check(ip(text), true), Ok(()), "{text}, under an allowed name");
            assert_eq!(policy(false, &[text]).check(ip(text), false), Ok(()), "{text}, on the list");
        }
    }

    #[test]
    fn metadata_addresses_are_never_called() {
        for text in NEVER_CALLED {
            for policy in [policy(false, &[]), policy(true, &["0.0.0.0/0", "::/0", "metadata.internal"])] {
                let refusal = policy.check(ip(text), true);
                assert!(matches!(refusal, Err(Refusal::Never { .. })), "{text}: {refusal:?}");
            }
        }
        // The NAT64 prefix of a local network may be a /56 or a /64 as well.
        for text in ["64:ff9b:1:a9:fe:a9fe::", "64:ff9b:1:0:a9:fea9:fe00:0"] {
            assert!(policy(true, &[]).check(ip(text), true).is_err(), "{text}");
        }
    }

    #[test]
    fn the_list_takes_blocks_addresses_and_names() {
        let listed =
            policy(false, &["10.0.0.0/8", "::ffff:192.168.0.0/112", " fd00::/8 ", "[::1]", "LocalHost."]);
        for allowed in ["10.255.0.1", "192.168.7.7", "::ffff:10.1.1.1", "2002:a00:1::1", "fd12::1", "::1"] {
            assert_eq!(listed.check(ip(allowed), false), Ok(()), "{allowed}");
        }
        for refused in ["127.0.0.1", "172.16.0.1", "::ffff:172.16.0.1", "64:ff9b::127.0.0.1", "fc00::1"] {
            assert!(listed.check(ip(refused), false).is_err(), "{refused}");
        }
        // All of IPv6 is still none of IPv4, however it is written.
        assert!(policy(false, &["::/0"]).check(ip("::ffff:10.0.0.1"), false).is_err());
        assert!(listed.allows_host("localhost") && listed.allows_host("LOCALHOST."));
        assert!(!listed.allows_host("localhost.example.com") && !listed.allows_host(""));
    }

    #[test]
    fn a_bad_entry_is_explained() {
        for entry in [
            "",
            "http://localhost",
            "localhost:3000",
            "10.0.0.0/33",
            "1.2.3",
            "*",
            "*.internal",
            "a b",
            "0x7f.1",
        ] {
            let error = Policy::from(false, &[entry.to_owned()]).unwrap_err();
            assert_eq!(error, BadEntry::Unreadable(entry.to_owned()));
            assert!(error.to_string().contains("write a host name (localhost), an IP address"));
        }
        for entry in ["169.254.169.254", "169.254.0.0/16", "::ffff:169.254.169.254", "fe80::/10", "[fe80::1]"]
        {
            let error = Policy::from(true, &[entry.to_owned()]).unwrap_err();
            assert_eq!(error, BadEntry::Never(entry.to_owned()));
        }
    }

    #[test]
    fn a_refusal_says_what_and_how() {
        let text = |address| policy(false, &[]).check(ip(address), false).unwrap_err().to_string();
        assert_eq!(
            text("127.0.0.1"),
            "127.0.0.1 is a loopback address; to have it called, add the host, the address or its CIDR block to \
             `webhooks.allow`"
        );
        assert!(
            text("2002:a00:1::1")
                .starts_with("2002:a00:1::1 leads to 10.0.0.1, which is a private address; ")
        );
        assert_eq!(
            text("::ffff:a9fe:a9fe"),
            "::ffff:169.254.169.254 leads to 169.254.169.254, which is a link-local or cloud metadata address and is \
             never called"
        );
    }

    #[test]
    fn odd_spellings_in_a_url_are_seen_through() {
        let spellings = [
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f000001/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://0177.0.0.1/", "127.0.0.1"),
            ("http://017700000001/", "127.0.0.1"),
            ("http://127.1/", "127.0.0.1"),
            ("http://127.0.0.1./", "127.0.0.1"),
            ("http://%31%32%37.0.0.1/", "127.0.0.1"),
            ("http://①②⑦.⓪.⓪.①/", "127.0.0.1"),
            ("http://127。0。0。1/", "127.0.0.1"),
            ("http://0/", "0.0.0.0"),
            ("http://user@10.0.0.1\\@example.com/", "10.0.0.1"),
            ("http://[::1]/", "::1"),
            ("http://[::]/", "::"),
            ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
            ("http://[::ffff:a9fe:a9fe]/", "::ffff:169.254.169.254"),
            ("http://2852039166/", "169.254.169.254"),
            ("http://169.254.43518/", "169.254.169.254"),
            ("http://[0:0:0:0:0:ffff:10.1.2.3]/", "::ffff:10.1.2.3"),
        ];
        for (url, address) in spellings {
            let found = Target::parse(url).unwrap().address();
            assert_eq!(found, Some(ip(address)), "{url}");
            assert!(policy(false, &[]).check(ip(address), false).is_err(), "{url}");
        }
    }
}
