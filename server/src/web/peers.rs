//! Where callers come from: what counts as one place, and how many connections each has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// What counts as one place: an IPv4 address, or the /64 that one customer of IPv6 has to himself.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
    }
}

/// How many connections each place holds, so that none holds all there are, nor several together: a place that holds as many
/// as are left free gets no more. Six that hold on leave a seventh of all of them to others.
#[derive(Clone)]
pub struct Peers {
    each: usize,
    /// Proxies, through which everybody may come.
    uncounted: Arc<[IpAddr]>,
    held: Arc<Mutex<HashMap<String, usize>>>,
}

impl Peers {
    pub fn new(each: usize, uncounted: Arc<[IpAddr]>) -> Self {
        Self { each, uncounted, held: Arc::default() }
    }

    /// One connection more from an address, while so many are left free; none where its place holds as many as it may.
    pub fn one(&self, address: IpAddr, free: usize) -> Option<Held> {
        if self.uncounted.contains(&address.to_canonical()) {
            return Some(Held(None));
        }
        let at = network(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = held.entry(at.clone()).or_default();
        if *now >= self.each || *now > free {
            return None;
        }
        *now += 1;
        Some(Held(Some((self.held.clone(), at))))
    }
}

type Counted = (Arc<Mutex<HashMap<String, usize>>>, String);

/// A connection that is counted until this is dropped.
pub struct Held(Option<Counted>);

impl Drop for Held {
    fn drop(&mut self) {
        let Some((held, at)) = self.0.take() else { return };
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = held.get_mut(&at) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                held.remove(&at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_holds_so_many_and_a_proxy_any_number() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let peers = Peers::new(2, [ip("192.0.2.9")].into());
        let first = peers.one(ip("2001:db8:1:2::1"), 9).expect("a place");
        let second = peers.one(ip("2001:db8:1:2:ffff::2"), 9).expect("a place");
        assert!(peers.one(ip("2001:db8:1:2::3"), 9).is_none(), "one customer of IPv6 is one place");
        let other = peers.one(ip("2001:db8:1:3::1"), 9).expect("another place");
        drop(first);
        let again = peers.one(ip("2001:db8:1:2::3"), 9).expect("it is given back");
        let proxied: Vec<_> = (0..10).map(|n| peers.one(ip(if n % 2 == 0 { "192.0.2.9" } else { "::ffff:192.0.2.9" }), 0)).collect();
        assert!(proxied.iter().all(Option::is_some));
        drop((second, other, again, proxied));
        assert!(peers.held.lock().expect("a map").is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn however_many_places_hold_on_some_connections_are_left() {
        for places in [1_u8, 6, 30] {
            let (peers, all) = (Peers::new(200, Arc::default()), 1000);
            let mut held = Vec::new();
            for _ in 0..all {
                for n in 0..places {
                    // The connection that asks is no longer free.
                    let free = usize::saturating_sub(all, held.len() + 1);
                    held.extend(peers.one(IpAddr::from([192, 0, 2, n]), free));
                }
            }
            let left = all - held.len();
            assert!(left >= all / (usize::from(places) + 2), "{places}: {left}");
            assert!(peers.one(IpAddr::from([192, 0, 2, 99]), left - 1).is_some(), "{places}");
        }
    }
}
