//! The hot road of pictures: capture thread → mailbox → encode thread → fan-out.
//!
//! One [`Pipeline`] per output and encoder, however many viewers watch it. Before the encoder a
//! newer frame replaces an older one; after it nothing is dropped quietly. While some viewer can take
//! a picture no stage waits for a later one; when none can, nothing is read and nothing encoded. Not here: what is streamed to whom (the session decides) and how it travels (the
//! transport). Start with [`encode_loop`], then [`fanout`].
#![forbid(unsafe_code)]

mod capture_loop;
mod encode_loop;
mod fanout;
mod mailbox;
pub mod sound;

use std::io;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use selkies_desktop::{Desktop, DesktopError};
use selkies_media::encoder::{Shape, Tuning};
use selkies_media::trace::Marks;
use selkies_media::{Clock, EncodeError, EncoderFactory, EncoderKind, Size};

use fanout::Fanout;
pub use fanout::{QueueLimits, Subscription};
use mailbox::Mailbox;

/// What a pipeline does, fixed for its life; [`Pipeline::tune`] changes the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Which encoder.
    pub encoder: EncoderKind,
    /// What it is opened with.
    pub shape: Shape,
    /// What it starts with.
    pub tuning: Tuning,
    /// A keyframe at least this often while the picture changes; `None`: only when asked for.
    pub keyframe_interval: Option<Duration>,
    /// How much may wait for a viewer that reads slowly.
    pub queue: QueueLimits,
}

/// Why a pipeline stopped by itself. It says so once and produces nothing afterwards.
#[derive(Debug)]
pub enum Notice {
    /// The desktop has another size than the pipeline was started for.
    SizeChanged(Size),
    /// The display server is gone or cannot be captured.
    SourceFailed(DesktopError),
    /// The encoder could not be opened, or failed twice in a row.
    EncoderFailed(EncodeError),
}

/// A running pipeline. Dropping it stops it without waiting; see [`Stopped`].
pub struct Pipeline {
    mailbox: Arc<Mailbox>,
    fanout: Arc<Fanout>,
    threads: Vec<JoinHandle<()>>,
}

impl Pipeline {
    /// Starts both threads. Pictures tell which of `marks` they answer. `tell` is called at most
    /// once, from one of the threads.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start(
        spec: Spec,
        desktop: Arc<dyn Desktop>,
        encoders: Arc<dyn EncoderFactory>,
        clock: Clock,
        marks: Arc<Mutex<Marks>>,
        tell: impl Fn(Notice) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let mailbox = Arc::new(Mailbox::new(spec.tuning));
        let fanout = Arc::new(Fanout::new(spec.queue));
        let tell: Arc<dyn Fn(Notice) + Send + Sync> = Arc::new(tell);
        let mut pipeline = Self {
            mailbox: mailbox.clone(),
            fanout: fanout.clone(),
            threads: Vec::with_capacity(2),
        };

        let capture = capture_loop::Capture {
            desktop,
            clock,
            size: spec.shape.size,
            framerate: spec.tuning.framerate,
            mailbox: mailbox.clone(),
            tell: tell.clone(),
        };
        pipeline.spawn("capture:primary", move || capture.run())?;
        let encode = encode_loop::Encode {
            spec,
            encoders,
            clock,
            mailbox,
            marks,
            fanout,
            tell,
        };
        pipeline.spawn("encode:primary", move || encode.run())?;
        Ok(pipeline)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.threads
            .push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }

    /// A queue of this pipeline's pictures, beginning with a keyframe.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        Fanout::subscribe(&self.fanout, &self.mailbox)
    }

    /// The next picture decodes on its own. Requests before it are served by the same one.
    pub fn request_keyframe(&self) {
        self.mailbox.request_keyframe();
    }

    /// Changes quality or rate with the next frame. Another quality shows on a still picture too.
    pub fn tune(&self, tuning: Tuning) {
        self.mailbox.tune(tuning);
    }

    /// Tells both threads to end and every subscription that nothing follows.
    pub fn stop(mut self) -> Stopped {
        self.halt();
        Stopped(std::mem::take(&mut self.threads))
    }

    fn halt(&self) {
        self.mailbox.close();
        self.fanout.close();
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.halt();
    }
}

/// The threads of a stopped pipeline. They end within the patience of the capture thread
/// ([`LONGEST_WAIT`]).
#[must_use = "join it, off the asynchronous threads"]
pub struct Stopped(Vec<JoinHandle<()>>);

impl Stopped {
    /// Waits for both threads. Blocks.
    pub fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("a thread of the pipeline panicked");
            }
        }
    }
}

/// How long the capture thread waits for a change before it looks whether it should end.
pub const LONGEST_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
