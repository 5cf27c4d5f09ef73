//! The few buffers that pictures are read into, in turns.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use selkies_desktop::DesktopError;
use selkies_media::frame::{CpuSurface, PixelMemory};
use selkies_media::{Damage, Size, Surface};

use super::ffi::Mapping;
use super::segment::{Reader, Segment};
use crate::wire::XConnection;

/// One is the latest picture, one is being read into; two may be with those who look at them.
const MOST_BUFFERS: usize = 4;

/// A picture's memory and how far it is behind the latest picture.
pub(crate) struct Buffer {
    pub(crate) segment: Segment,
    /// Where it may differ from the latest picture.
    pub(crate) missing: Damage,
}

/// Buffers of one size. Nobody changes a buffer that a frame refers to.
pub(crate) struct Pool {
    size: Size,
    buffers: Vec<Buffer>,
    latest: Option<usize>,
    returns: Arc<Returns>,
}

impl Pool {
    /// An empty pool for pictures of `size`.
    pub(crate) fn new(size: Size) -> Self {
        Self {
            size,
            buffers: Vec::new(),
            latest: None,
            returns: Arc::default(),
        }
    }

    /// The size of its pictures.
    pub(crate) const fn size(&self) -> Size {
        self.size
    }

    /// Bytes per row.
    pub(crate) const fn stride(&self) -> usize {
        self.size.width as usize * CpuSurface::PIXEL
    }

    /// The place of a buffer that nobody refers to and that is not the latest picture. Waits at
    /// most `patience` for one to come back.
    pub(crate) fn vacant(
        &mut self,
        connection: &XConnection,
        reader: &mut Reader,
        patience: Duration,
    ) -> Result<Option<usize>, DesktopError> {
        let deadline = Instant::now().checked_add(patience);
        loop {
            // Counted before looking, so that a return in between is not slept through.
            let seen = self.returns.count();
            if let Some(place) = self.least_behind() {
                return Ok(Some(place));
            }
            if self.buffers.len() < MOST_BUFFERS {
                let segment = reader.allocate(connection, self.size)?;
                self.buffers.push(Buffer {
                    segment,
                    missing: Damage::full(self.size),
                });
                continue;
            }
            let left = deadline.map_or(patience, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(None);
            }
            self.returns.wait_for_another(seen, left);
        }
    }

    /// The buffer at `place`.
    pub(crate) fn buffer(&mut self, place: usize) -> Option<&mut Buffer> {
        self.buffers.get_mut(place)
    }

    /// The pixels of the latest picture, if there is one.
    pub(crate) fn latest(&self) -> Option<&[u8]> {
        let buffer = self.buffers.get(self.latest?)?;
        Some(buffer.segment.memory.bytes())
    }

    /// The buffer at `place` holds the latest picture, which differs from the one before by
    /// `changed`.
    pub(crate) fn promote(&mut self, place: usize, changed: &Damage) {
        for buffer in &mut self.buffers {
            buffer.missing.merge(changed);
        }
        if let Some(buffer) = self.buffers.get_mut(place) {
            buffer.missing.clear();
        }
        self.latest = Some(place);
    }

    /// The buffer at `place` holds the same as the latest picture.
    pub(crate) fn caught_up(&mut self, place: usize) {
        if let Some(buffer) = self.buffers.get_mut(place) {
            buffer.missing.clear();
        }
    }

    /// Lends the latest picture.
    pub(crate) fn lend(&self) -> Option<Surface> {
        let buffer = self.buffers.get(self.latest?)?;
        let memory = Some(Arc::clone(&buffer.segment.memory));
        let loan = Loan {
            memory,
            returns: Arc::clone(&self.returns),
        };
        CpuSurface::new(self.size, self.stride(), Arc::new(loan)).map(Surface::Cpu)
    }

    /// Lets the server forget the buffers. Frames that refer to them stay readable.
    pub(crate) fn dissolve(&mut self, connection: &XConnection) {
        for buffer in self.buffers.drain(..) {
            Reader::release(connection, &buffer.segment);
        }
        self.latest = None;
    }

    /// The vacant buffer with the fewest pixels to read.
    fn least_behind(&mut self) -> Option<usize> {
        let latest = self.latest;
        let vacant = self
            .buffers
            .iter_mut()
            .enumerate()
            .filter_map(|(place, buffer)| {
                let free =
                    Some(place) != latest && Arc::get_mut(&mut buffer.segment.memory).is_some();
                free.then(|| (buffer.missing.bounds().pixels(), place))
            });
        vacant.min().map(|(_, place)| place)
    }
}

/// What a frame refers to: gives the buffer back and says so.
struct Loan {
    /// Always there until the loan is dropped.
    memory: Option<Arc<Mapping>>,
    returns: Arc<Returns>,
}

impl PixelMemory for Loan {
    fn bytes(&self) -> &[u8] {
        self.memory.as_deref().map_or(&[], PixelMemory::bytes)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // First let go, then say so: who hears it must find the buffer vacant.
        self.memory = None;
        self.returns.one_more();
    }
}

/// Counts the loans that came back.
#[derive(Default)]
struct Returns {
    count: Mutex<u64>,
    more: Condvar,
}

impl Returns {
    fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn one_more(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.more.notify_all();
    }

    fn wait_for_another(&self, seen: u64, patience: Duration) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        // Whether it came or the time ran out, the caller looks again.
        drop(
            self.more
                .wait_timeout_while(count, patience, |count| *count == seen),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_that_ends_gives_the_memory_back_and_wakes_who_waits_for_it() {
        let mut memory = Arc::new(Mapping::private(64).expect("there are 64 bytes left"));
        let returns = Arc::new(Returns::default());
        let loan = Loan {
            memory: Some(Arc::clone(&memory)),
            returns: Arc::clone(&returns),
        };
        let seen = returns.count();
        assert!(Arc::get_mut(&mut memory).is_none());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| returns.wait_for_another(seen, Duration::from_secs(60)));
            drop(loan);
            waiting.join().expect("it does not panic");
        });
        assert_eq!(returns.count(), seen + 1);
        assert!(Arc::get_mut(&mut memory).is_some());
    }
}
