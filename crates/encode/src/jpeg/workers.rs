//! Threads that encode stripes beside the caller. They outlive the frames, because starting one
//! costs as much as encoding a small stripe.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use selkies_media::geometry::Rect;

use super::Job;
use super::ffi::Compressor;

#[derive(Debug)]
pub(super) struct Workers(Vec<Worker>);

/// Who works on what; to be handed to [`Workers::collect`] in the same frame.
#[derive(Debug)]
#[must_use]
pub(super) struct Pending(Vec<(usize, Rect)>);

impl Workers {
    pub(super) fn start(count: usize) -> io::Result<Self> {
        (1..=count)
            .map(Worker::start)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Starts on `jobs`, at most one per worker.
    pub(super) fn give(&self, jobs: Vec<Job>) -> Pending {
        debug_assert!(
            jobs.len() <= self.0.len(),
            "there is a worker for every stripe but one"
        );
        let mut given = Vec::with_capacity(jobs.len());
        for (index, (worker, job)) in self.0.iter().zip(jobs).enumerate() {
            given.push((index, job.stripe));
            worker.give(job);
        }
        Pending(given)
    }

    /// Waits for everything given, in its order.
    pub(super) fn collect(
        &self,
        pending: Pending,
    ) -> impl Iterator<Item = (Rect, io::Result<Bytes>)> {
        pending
            .0
            .into_iter()
            .filter_map(|(index, stripe)| Some((stripe, self.0.get(index)?.take())))
    }
}

#[derive(Debug)]
struct Worker {
    /// `None` only while it is being dropped.
    jobs: Option<SyncSender<Job>>,
    results: Receiver<io::Result<Bytes>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let (jobs, inbox) = sync_channel::<Job>(1);
        let (outbox, results) = sync_channel(1);
        let mut compressor = Compressor::new()?;
        let thread = thread::Builder::new()
            .name(format!("jpeg:{number}"))
            .spawn(move || {
                for job in inbox {
                    let result = job.run(&mut compressor);
                    // The pixels go back to their lender before the caller learns that they are free.
                    drop(job);
                    if outbox.send(result).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            jobs: Some(jobs),
            results,
            thread: Some(thread),
        })
    }

    fn give(&self, job: Job) {
        // A worker that is gone shows when its result is taken.
        drop(self.jobs.as_ref().map(|jobs| jobs.send(job)));
    }

    fn take(&self) -> io::Result<Bytes> {
        self.results
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("a thread that encodes stripes has died")))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It panicked if this fails, which its panic message has told already.
            drop(thread.join());
        }
    }
}
