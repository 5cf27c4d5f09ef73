//! Cookies of those who have logged in, and the links that log in once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::credentials::Grant;
use crate::secret;

/// A browser that stays away longer logs in again.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
/// Sessions beyond this push out the one that was used longest ago.
const MOST_SESSIONS: usize = 1024;
/// Links that nobody has opened yet; the oldest ends for the next.
const MOST_CODES: usize = 16;

/// Who has logged in.
pub(crate) struct Logins {
    cookie: String,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// Digest of the token to what it grants: a memory dump holds no token that works.
    sessions: HashMap<String, Session>,
    codes: Vec<String>,
}

struct Session {
    grant: Grant,
    used: Instant,
}

impl Logins {
    /// Browsers share cookies between the ports of a host: the port is part of the name, so that
    /// two servers do not log each other's visitors out.
    pub(crate) fn new(port: u16) -> Self {
        Self {
            cookie: format!("selkies-{port}"),
            held: Mutex::default(),
        }
    }

    /// A word that logs in whoever brings it first.
    pub(crate) fn new_code(&self) -> String {
        let code = secret::token();
        let mut held = self.lock();
        if held.codes.len() == MOST_CODES {
            held.codes.remove(0);
        }
        held.codes.push(code.clone());
        code
    }

    /// Takes such a word back. It works once.
    pub(crate) fn redeem(&self, code: &str) -> bool {
        let mut held = self.lock();
        let before = held.codes.len();
        held.codes.retain(|known| !secret::equal(known, code));
        held.codes.len() < before
    }

    /// Begins a session; returns the `Set-Cookie` header for it. `path` is where it is sent to.
    pub(crate) fn begin(&self, grant: Grant, path: &str, now: Instant) -> String {
        let token = secret::token();
        let mut held = self.lock();
        held.sessions
            .retain(|_, session| now.saturating_duration_since(session.used) < LIFETIME);
        if held.sessions.len() >= MOST_SESSIONS {
            let oldest = held
                .sessions
                .iter()
                .min_by_key(|(_, session)| session.used)
                .map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                held.sessions.remove(&oldest);
            }
        }
        held.sessions
            .insert(secret::digest(&token), Session { grant, used: now });
        let age = LIFETIME.as_secs();
        format!(
            "{}={token}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax",
            self.cookie
        )
    }

    /// What the `Cookie` header of a request grants.
    pub(crate) fn check(&self, cookies: &str, now: Instant) -> Option<Grant> {
        let token = cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, _)| *name == self.cookie)
            .map(|(_, token)| secret::digest(token))?;
        let mut held = self.lock();
        // Found by digest: the time of the look-up tells nothing about the token.
        let session = held.sessions.get_mut(&token)?;
        if now.saturating_duration_since(session.used) >= LIFETIME {
            return None;
        }
        session.used = now;
        Some(session.grant)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(set_cookie: &str) -> String {
        set_cookie
            .split(';')
            .next()
            .expect("a cookie has a first part")
            .to_owned()
    }

    #[test]
    fn a_link_works_once() {
        let logins = Logins::new(8082);
        let code = logins.new_code();
        assert!(!logins.redeem("guess"));
        assert!(logins.redeem(&code));
        assert!(!logins.redeem(&code));
    }

    #[test]
    fn a_session_is_known_by_its_cookie_until_it_ends() {
        let logins = Logins::new(8082);
        let now = Instant::now();
        let cookie = logins.begin(Grant::ViewOnly, "/", now);
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
        let cookie = format!("other=1; {}; more=2", token_of(&cookie));
        assert_eq!(logins.check(&cookie, now), Some(Grant::ViewOnly));
        assert_eq!(Logins::new(8082).check(&cookie, now), None);
        assert_eq!(Logins::new(8083).check(&cookie, now), None);
        assert_eq!(logins.check(&cookie, now + LIFETIME), None);
        for rubbish in [
            "",
            ";",
            "selkies-8082",
            "selkies-8082=",
            "selkies-8082=guess",
        ] {
            assert_eq!(logins.check(rubbish, now), None);
        }
    }

    #[test]
    fn sessions_and_links_are_bounded() {
        let logins = Logins::new(8082);
        let now = Instant::now();
        let first = logins.begin(Grant::Full, "/", now);
        for second in 1..=MOST_SESSIONS as u64 {
            logins.begin(Grant::Full, "/", now + Duration::from_secs(second));
        }
        assert_eq!(logins.lock().sessions.len(), MOST_SESSIONS);
        assert_eq!(
            logins.check(&token_of(&first), now + Duration::from_secs(2000)),
            None
        );
        let oldest = logins.new_code();
        for _ in 0..MOST_CODES {
            let _ = logins.new_code();
        }
        assert!(!logins.redeem(&oldest));
    }
}
