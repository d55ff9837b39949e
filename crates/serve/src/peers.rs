//! How much each peer may have: connections, and requests in a time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many connections one peer may have open: half of all, for a proxy is one peer too.
const MOST_OPEN: usize = 256;
/// So many requests may come at once, and so many a second from then on.
const AT_ONCE: f64 = 1_000.0;
const PER_SECOND: f64 = 200.0;
/// Of more peers than this those are forgotten that have nothing open and nothing to be waited for.
const REMEMBERED: usize = 1_024;

/// What the peers have.
#[derive(Default)]
pub struct Peers(Mutex<HashMap<IpAddr, Peer>>);

/// What one has.
struct Peer {
    open: usize,
    /// Requests that count still, at that moment.
    asked: f64,
    at: Instant,
}

/// A connection's place; dropping it gives it back.
pub struct ConnectionPermit {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Peers {
    /// A place for a connection; None if the peer has too many.
    pub fn place(self: &Arc<Self>, peer: IpAddr, now: Instant) -> Option<ConnectionPermit> {
        let peer = network(peer);
        let mut peers = self.lock();
        if peers.len() > REMEMBERED {
            peers.retain(|_, peer| peer.open > 0 || peer.asked(now) > 0.0);
        }
        let found = peers.entry(peer).or_insert(Peer { open: 0, asked: 0.0, at: now });
        if found.open >= MOST_OPEN {
            return None;
        }
        found.open += 1;
        drop(peers);
        Some(ConnectionPermit { peers: self.clone(), peer })
    }

    /// Counts a request; false if there were too many.
    pub fn may_ask(&self, peer: IpAddr, now: Instant) -> bool {
        let mut peers = self.lock();
        // Whoever asks has a connection, and so a place.
        let Some(found) = peers.get_mut(&network(peer)) else { return true };
        let asked = found.asked(now);
        if asked + 1.0 > AT_ONCE {
            return false;
        }
        (found.asked, found.at) = (asked + 1.0, now);
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Peer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer {
    fn asked(&self, now: Instant) -> f64 {
        let passed = now.checked_duration_since(self.at).unwrap_or(Duration::ZERO);
        (self.asked - PER_SECOND * passed.as_secs_f64()).max(0.0)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(peer) = self.peers.lock().get_mut(&self.peer) {
            peer.open -= 1;
        }
    }
}

/// Whom an address belongs to: of IPv6 everybody has a whole network.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn one_peer_takes_not_all_connections() {
        let (peers, now) = (Arc::new(Peers::default()), Instant::now());
        let mut places: Vec<ConnectionPermit> = (0..MOST_OPEN).filter_map(|_| peers.place(ONE, now)).collect();
        assert_eq!(places.len(), MOST_OPEN);
        assert!(peers.place(ONE, now).is_none() && peers.place(OTHER, now).is_some());
        places.pop();
        assert!(peers.place(ONE, now).is_some());
    }

    #[test]
    fn requests_have_a_rate() {
        let (peers, now) = (Arc::new(Peers::default()), Instant::now());
        let _places = [peers.place(ONE, now), peers.place(OTHER, now)];
        let asked = (0..3_000).filter(|_| peers.may_ask(ONE, now)).count();
        assert_eq!(asked, AT_ONCE as usize);
        assert!(peers.may_ask(OTHER, now));
        let later = now + Duration::from_secs(1);
        assert_eq!((0..3_000).filter(|_| peers.may_ask(ONE, later)).count(), PER_SECOND as usize);
    }

    #[test]
    fn who_left_is_forgotten_and_whoever_asked_too_much_is_not() {
        let (peers, now) = (Arc::new(Peers::default()), Instant::now());
        let place = peers.place(ONE, now);
        assert!(peers.may_ask(ONE, now));
        drop(place);
        let many = (0..=REMEMBERED as u32).map(|at| IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0b00_0000 + at)));
        many.for_each(|peer| drop(peers.place(peer, now)));
        assert_eq!(peers.lock().len(), 2, "one that has asked, and the last");
        let six = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(six("2001:db8::1"), six("2001:db8::ffff:1"));
        assert_ne!(six("2001:db8::1"), six("2001:db8:0:1::1"));
        assert_eq!(six("::ffff:10.0.0.1"), ONE);
    }
}
