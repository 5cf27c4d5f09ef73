//! Reads what somebody has copied: first what forms there are, then those we have a use for, one
//! after the other. Programs do not expect two questions at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_clip::{Clip, Format, Store};
use selkies_desktop::DesktopError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Atom, Timestamp};

use super::ANSWER;
use super::conversion::{Conversion, State};
use super::files::{self, Fetch};
use super::port::Port;
use super::taking::Taking;
use super::targets::{self, Kind, Wanted};

/// For everything together, however lively the owner is.
const ALL: Duration = Duration::from_secs(60);
/// What a password manager says of what it has copied.
const SECRET: &str = "secret";

/// What readings need of their clipboard.
pub(super) struct Means<'a> {
    pub(super) port: &'a Port,
    pub(super) store: &'a Arc<dyn Store>,
    /// Held by the one picture that is being fetched.
    pub(super) fetching: &'a Arc<()>,
}

/// How far a reading is.
pub(super) enum Outcome {
    Going,
    Read(Clip),
    /// It is nobody's business.
    Secret,
}

/// One clip on its way to us.
pub(super) struct Reading {
    selection: Atom,
    time: Timestamp,
    /// What is still to be asked for.
    rest: VecDeque<Wanted>,
    asked: Option<Asked>,
    /// The picture behind a file, and until when it is waited for.
    fetch: Option<(Fetch, Instant)>,
    formats: Vec<Format>,
    until: Instant,
}

struct Asked {
    wanted: Wanted,
    conversion: Conversion,
    taking: Taking,
}

impl Reading {
    pub(super) fn begin(
        means: &Means<'_>,
        selection: Atom,
        time: Timestamp,
        now: Instant,
    ) -> Result<Self, DesktopError> {
        let mut reading = Self {
            selection,
            time,
            rest: VecDeque::new(),
            asked: None,
            fetch: None,
            formats: Vec::new(),
            until: now + ALL,
        };
        let targets = Wanted {
            kind: Kind::Targets,
            names: vec![means.port.atoms.TARGETS],
        };
        reading.ask(means, targets, now)?;
        Ok(reading)
    }

    /// Takes in what `event` brings.
    pub(super) fn hear(
        &mut self,
        means: &Means<'_>,
        event: &Event,
        now: Instant,
    ) -> Result<Outcome, DesktopError> {
        let Some(mut asked) = self.asked.take() else {
            return Ok(Outcome::Going);
        };
        let state = asked
            .conversion
            .hear(means.port, event, &mut asked.taking, now)?;
        if state == State::Going {
            self.asked = Some(asked);
            return Ok(Outcome::Going);
        }
        let Asked {
            mut wanted,
            conversion,
            taking,
        } = asked;
        if state == State::Whole {
            conversion.finish(means.port)?;
            if self.keep(means, wanted.kind, taking, now)? {
                return Ok(Outcome::Secret);
            }
        } else {
            conversion.give_up(means.port)?;
            wanted.names.remove(0);
            if !wanted.names.is_empty() && !taking.too_large {
                self.ask(means, wanted, now)?;
                return Ok(Outcome::Going);
            }
            match wanted.kind {
                Kind::Targets => self.rest = targets::guessed(&means.port.atoms).into(),
                // It says that there is something to be said about it.
                Kind::Secret => return Ok(Outcome::Secret),
                Kind::Form(_) => {}
            }
        }
        self.go_on(means, now)
    }

    /// When [`Self::look`] has something to do.
    pub(super) fn deadline(&self) -> Instant {
        let asked = self.asked.as_ref().map(|asked| asked.conversion.until);
        let fetch = self.fetch.as_ref().map(|(_, until)| *until);
        asked.or(fetch).unwrap_or(self.until).min(self.until)
    }

    /// Gives up what does not come, and sees whether a file was read.
    pub(super) fn look(
        &mut self,
        means: &Means<'_>,
        now: Instant,
    ) -> Result<Outcome, DesktopError> {
        if self.asked.is_none() {
            return self.go_on(means, now);
        }
        if now < self.deadline() {
            return Ok(Outcome::Going);
        }
        tracing::debug!(
            forms = self.formats.len(),
            "a program does not hand over what was copied there"
        );
        let Some(asked) = self.asked.take() else {
            return Ok(Outcome::Going);
        };
        asked.conversion.give_up(means.port)?;
        if asked.wanted.kind == Kind::Secret {
            return Ok(Outcome::Secret);
        }
        // It would not hand over the rest either.
        self.rest.clear();
        self.go_on(means, now)
    }

    /// Something else was copied.
    pub(super) fn cancel(self, port: &Port) -> Result<(), DesktopError> {
        match self.asked {
            Some(asked) => asked.conversion.give_up(port),
            None => Ok(()),
        }
    }

    fn ask(&mut self, means: &Means<'_>, wanted: Wanted, now: Instant) -> Result<(), DesktopError> {
        let Some(&name) = wanted.names.first() else {
            return Ok(());
        };
        let conversion = Conversion::begin(means.port, self.selection, name, self.time, now)?;
        let taking = Taking::new(wanted.kind, means.store, means.port.atoms.COMPOUND_TEXT);
        self.asked = Some(Asked {
            wanted,
            conversion,
            taking,
        });
        Ok(())
    }

    /// Whether it turned out to be a secret.
    fn keep(
        &mut self,
        means: &Means<'_>,
        kind: Kind,
        taking: Taking,
        now: Instant,
    ) -> Result<bool, DesktopError> {
        match kind {
            Kind::Targets => self.rest = targets::wanted(&means.port.atoms, &taking.words()).into(),
            Kind::Secret => return Ok(taking.text().trim() == SECRET),
            Kind::Form(targets::FILES) => self.keep_files(means, &taking.text(), now),
            Kind::Form(mime) => self.formats.extend(taking.content().map(|content| Format {
                mime: mime.to_owned(),
                content,
            })),
        }
        Ok(false)
    }

    fn keep_files(&mut self, means: &Means<'_>, list: &str, now: Instant) {
        let Some(list) = files::uri_list(list) else {
            return;
        };
        let kept = means
            .store
            .begin(Some(list.len() as u64))
            .and_then(|mut intake| {
                intake.append(list.as_bytes())?;
                Ok(intake.finish())
            });
        match kept {
            Ok(content) => self.formats.push(Format {
                mime: targets::FILES.to_owned(),
                content,
            }),
            Err(error) => tracing::debug!(%error, "no room for a list of files"),
        }
        // Whoever offers a picture as well has a better one.
        if self.rest.is_empty() {
            let fetch = files::only_file(&list).and_then(|path| {
                Fetch::begin(path, means.store.clone(), &means.port.bell, means.fetching)
            });
            self.fetch = fetch.map(|fetch| (fetch, now + ANSWER));
        }
    }

    fn go_on(&mut self, means: &Means<'_>, now: Instant) -> Result<Outcome, DesktopError> {
        if let Some(wanted) = self.rest.pop_front() {
            self.ask(means, wanted, now)?;
            return Ok(Outcome::Going);
        }
        if let Some((fetch, until)) = &self.fetch {
            match fetch.outcome() {
                Some(picture) => self.formats.extend(picture),
                None if now < (*until).min(self.until) => return Ok(Outcome::Going),
                None => {}
            }
        }
        let mut formats = std::mem::take(&mut self.formats);
        let kinds: Vec<String> = formats.iter().map(|format| format.mime.clone()).collect();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        formats.sort_by_key(|format| targets::rank(&kinds, &format.mime));
        Ok(Outcome::Read(Clip { formats }))
    }
}
