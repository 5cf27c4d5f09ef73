//! User and password (RFC 7617).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use selkies_settings::Settings;

use crate::secret;

/// What a visitor has proven to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// May drive, and take any lower role.
    Full,
    /// May only watch.
    ViewOnly,
}

/// Why a header is no login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is none.
    Missing,
    /// It is wrong, or unreadable.
    Wrong,
}

/// Who may log in.
pub(crate) struct Credentials {
    user: String,
    password: String,
    view_only: Option<String>,
}

impl Credentials {
    /// `None` when no login is asked for. The password has been made up by then if none was given.
    pub(crate) fn from_settings(settings: &Settings) -> Option<Self> {
        let view_only = &settings.basic_auth_viewonly_password;
        settings.enable_basic_auth.value.then(|| Self {
            user: settings.basic_auth_user.clone(),
            password: settings.basic_auth_password.expose().to_owned(),
            view_only: (!view_only.is_empty()).then(|| view_only.expose().to_owned()),
        })
    }

    /// Reads an `Authorization` header.
    pub(crate) fn check(&self, header: Option<&str>) -> Result<Grant, Refusal> {
        let header = header.ok_or(Refusal::Missing)?;
        let (user, password) = decode(header).ok_or(Refusal::Wrong)?;
        // All three are compared whatever the others say: time must not tell which was right.
        let user = secret::equal(&user, &self.user);
        let full = secret::equal(&password, &self.password) && !self.password.is_empty();
        let view_only = self
            .view_only
            .as_deref()
            .is_some_and(|view_only| secret::equal(&password, view_only));
        match (user, full, view_only) {
            (true, true, _) => Ok(Grant::Full),
            (true, false, true) => Ok(Grant::ViewOnly),
            _ => Err(Refusal::Wrong),
        }
    }
}

fn decode(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            user: "ada".into(),
            password: "pass:word".into(),
            view_only: Some("look".into()),
        }
    }

    fn header(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn each_password_grants_its_own_power() {
        let credentials = credentials();
        assert_eq!(
            credentials.check(Some(&header("ada:pass:word"))),
            Ok(Grant::Full)
        );
        assert_eq!(
            credentials.check(Some(&header("ada:look"))),
            Ok(Grant::ViewOnly)
        );
    }

    #[test]
    fn everything_else_is_refused() {
        let credentials = credentials();
        assert_eq!(credentials.check(None), Err(Refusal::Missing));
        for wrong in ["ada:pass", "Ada:pass:word", "ada:", ":", "ada"] {
            assert_eq!(
                credentials.check(Some(&header(wrong))),
                Err(Refusal::Wrong),
                "{wrong}"
            );
        }
        for wrong in ["", "Basic", "Basic !!!", "Bearer YTpi", "Basic /w=="] {
            assert_eq!(
                credentials.check(Some(wrong)),
                Err(Refusal::Wrong),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_empty_password_opens_nothing() {
        let credentials = Credentials {
            user: "ada".into(),
            password: String::new(),
            view_only: None,
        };
        assert_eq!(
            credentials.check(Some(&header("ada:"))),
            Err(Refusal::Wrong)
        );
    }
}
