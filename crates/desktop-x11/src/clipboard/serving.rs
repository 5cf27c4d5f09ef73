//! Answers programs that ask for what we offer (ICCCM §2.2, §2.6.2, §2.7.2).

use std::time::{Duration, Instant};

use selkies_desktop::DesktopError;
use x11rb::NONE;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Atom, AtomEnum, Property, SelectionRequestEvent, Window};

use super::offer::{Offer, Source};
use super::port::Port;

/// Answers that are under way at a time.
const MOST_TRANSFERS: usize = 32;
/// Atoms in a question for several forms at once.
const MOST_PAIRS: u32 = 64;
/// Who takes nothing for so long has gone.
pub(super) const STALLED: Duration = Duration::from_secs(5);

/// And no answer takes longer than this: it keeps what was copied, for which there is only so much
/// room.
const ALL: Duration = Duration::from_secs(120);

/// Answers that are too long for one piece.
#[derive(Default)]
pub(super) struct Serving {
    transfers: Vec<Transfer>,
}

struct Transfer {
    requestor: Window,
    property: Atom,
    kind: Atom,
    source: Source,
    /// It has stalled then.
    until: Instant,
    end: Instant,
}

impl Serving {
    /// Answers `request` with `offer`.
    pub(super) fn answer(
        &mut self,
        port: &Port,
        offer: Option<&Offer>,
        request: &SelectionRequestEvent,
        now: Instant,
    ) -> Result<(), DesktopError> {
        let offer = offer.filter(|offer| offer.was_there(request.time));
        let Some(offer) = offer.filter(|_| !port.is_ours(request.requestor)) else {
            return port.answer(request, NONE);
        };
        // Programs from before ICCCM name no property.
        let property = match request.property {
            NONE => request.target,
            property => property,
        };
        let answered = if request.target == port.atoms.MULTIPLE {
            request.property != NONE && self.answer_all(port, offer, request, now)?
        } else {
            self.put(
                port,
                offer,
                request.requestor,
                request.target,
                property,
                now,
            )?
        };
        port.answer(request, if answered { property } else { NONE })
    }

    fn answer_all(
        &mut self,
        port: &Port,
        offer: &Offer,
        request: &SelectionRequestEvent,
        now: Instant,
    ) -> Result<bool, DesktopError> {
        let (requestor, property) = (request.requestor, request.property);
        let Some(mut words) = port.pairs(requestor, property, MOST_PAIRS)? else {
            return Ok(false);
        };
        let (pairs, _) = words.as_chunks_mut();
        for [target, place] in pairs {
            let possible = *place != NONE && *target != port.atoms.MULTIPLE;
            if !possible || !self.put(port, offer, requestor, *target, *place, now)? {
                *place = NONE;
            }
        }
        port.put_words(requestor, property, port.atoms.ATOM_PAIR, &words)?;
        Ok(true)
    }

    /// Leaves one form at `property`, or its beginning. `false`: it is not to be had.
    fn put(
        &mut self,
        port: &Port,
        offer: &Offer,
        requestor: Window,
        target: Atom,
        property: Atom,
        now: Instant,
    ) -> Result<bool, DesktopError> {
        let atoms = &port.atoms;
        if target == atoms.TARGETS {
            let mut targets = vec![atoms.TARGETS, atoms.MULTIPLE, atoms.TIMESTAMP];
            targets.extend(offer.targets());
            port.put_words(requestor, property, AtomEnum::ATOM.into(), &targets)?;
            return Ok(true);
        }
        if target == atoms.TIMESTAMP {
            let since = offer.since.unwrap_or(x11rb::CURRENT_TIME);
            port.put_words(requestor, property, AtomEnum::INTEGER.into(), &[since])?;
            return Ok(true);
        }
        let Some((kind, mut source)) = offer.written(target) else {
            return Ok(false);
        };
        // A new question for the same place takes the place of the old one.
        self.end(port, |transfer| {
            (transfer.requestor, transfer.property) == (requestor, property)
        })?;
        if source.most() <= port.piece as u64 {
            let bytes = match source.next(port.piece) {
                Ok(bytes) => bytes,
                Err(error) => return Ok(unreadable(&error)),
            };
            port.put(requestor, property, kind, &bytes)?;
            return Ok(true);
        }
        if self.transfers.len() >= MOST_TRANSFERS {
            tracing::debug!("too many programs paste at once");
            return Ok(false);
        }
        // Before the property is there: its removal asks for the first piece.
        port.listen_to(requestor, true)?;
        let least = [u32::try_from(source.most()).unwrap_or(u32::MAX)];
        port.put_words(requestor, property, atoms.INCR, &least)?;
        self.transfers.push(Transfer {
            requestor,
            property,
            kind,
            source,
            until: now + STALLED,
            end: now + ALL,
        });
        Ok(true)
    }

    /// Goes on with an answer when the last piece of it was taken.
    pub(super) fn hear(
        &mut self,
        port: &Port,
        event: &Event,
        now: Instant,
    ) -> Result<(), DesktopError> {
        match event {
            Event::PropertyNotify(change) if change.state == Property::DELETE => {
                let place = (change.window, change.atom);
                let transfer = self
                    .transfers
                    .iter_mut()
                    .find(|transfer| (transfer.requestor, transfer.property) == place);
                let Some(transfer) = transfer else {
                    return Ok(());
                };
                transfer.until = transfer.end.min(now + STALLED);
                let over = match transfer.source.next(port.piece) {
                    Ok(bytes) => {
                        let Transfer {
                            requestor,
                            property,
                            kind,
                            ..
                        } = *transfer;
                        port.put(requestor, property, kind, &bytes)?;
                        bytes.is_empty()
                    }
                    // Without its end nobody takes it for whole.
                    Err(error) => !unreadable(&error),
                };
                if over {
                    self.end(port, |transfer| {
                        (transfer.requestor, transfer.property) == place
                    })?;
                }
                Ok(())
            }
            Event::DestroyNotify(gone) => {
                self.transfers
                    .retain(|transfer| transfer.requestor != gone.window);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// When somebody may have stalled.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.transfers.iter().map(|transfer| transfer.until).min()
    }

    /// Ends answers that nobody takes.
    pub(super) fn look(&mut self, port: &Port, now: Instant) -> Result<(), DesktopError> {
        self.end(port, |transfer| transfer.until <= now)
    }

    fn end(&mut self, port: &Port, over: impl Fn(&Transfer) -> bool) -> Result<(), DesktopError> {
        let (ended, going) = std::mem::take(&mut self.transfers)
            .into_iter()
            .partition(over);
        self.transfers = going;
        let ended: Vec<Transfer> = ended;
        for transfer in ended {
            let requestor = transfer.requestor;
            if self
                .transfers
                .iter()
                .all(|other| other.requestor != requestor)
            {
                port.listen_to(requestor, false)?;
            }
        }
        Ok(())
    }
}

fn unreadable(error: &std::io::Error) -> bool {
    tracing::warn!(%error, "what was copied cannot be read any more");
    false
}
