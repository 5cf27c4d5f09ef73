//! Threads that encode stripes beside the caller. They outlive the frames, because starting one
//! costs as much as encoding a small stripe.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use selkies_media::picture::AccessUnit;

use crate::stripes::{Job, Shared, Stripe, died, run};

#[derive(Debug)]
pub(crate) struct Workers<S>(Vec<Worker<S>>);

/// How many workers are busy; to be handed to [`Workers::collect`] in the same frame.
#[derive(Debug)]
#[must_use]
pub(crate) struct Pending(usize);

impl<S: Stripe> Workers<S> {
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        (1..=count)
            .map(Worker::start)
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Starts on `stripes`, at most one per worker.
    pub(crate) fn give(&self, stripes: &[&Shared<S>], job: &Job) -> Pending {
        debug_assert!(
            stripes.len() <= self.0.len(),
            "there is a worker for every stripe but one"
        );
        for (worker, stripe) in self.0.iter().zip(stripes) {
            worker.give(Arc::clone(stripe), job.clone());
        }
        Pending(stripes.len())
    }

    /// Waits for everything given, in its order.
    pub(crate) fn collect(
        &self,
        Pending(count): Pending,
    ) -> impl Iterator<Item = io::Result<AccessUnit>> {
        self.0.iter().take(count).map(Worker::take)
    }
}

#[derive(Debug)]
struct Worker<S> {
    /// `None` only while it is being dropped.
    jobs: Option<SyncSender<(Shared<S>, Job)>>,
    results: Receiver<io::Result<AccessUnit>>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Stripe> Worker<S> {
    fn start(number: usize) -> io::Result<Self> {
        let (jobs, inbox) = sync_channel::<(Shared<S>, Job)>(1);
        let (outbox, results) = sync_channel(1);
        let thread = thread::Builder::new()
            .name(format!("stripe:{number}"))
            .spawn(move || {
                for (stripe, job) in inbox {
                    let result = run(&stripe, &job);
                    // The pixels go back to their lender before the caller learns that they are free.
                    drop((stripe, job));
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

    fn give(&self, stripe: Shared<S>, job: Job) {
        // A worker that is gone shows when its result is taken.
        drop(self.jobs.as_ref().map(|jobs| jobs.send((stripe, job))));
    }

    fn take(&self) -> io::Result<AccessUnit> {
        self.results.recv().unwrap_or_else(|_| Err(died()))
    }
}

impl<S> Drop for Worker<S> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It panicked if this fails, which its panic message has told already.
            drop(thread.join());
        }
    }
}
