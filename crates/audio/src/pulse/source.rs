//! What is heard from a source.

use std::time::{Duration, Instant};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{Command, CreateRecordStreamReply, Prop, Props, RecordStreamParams};
use selkies_media::sound::{AudioSource, SoundError, SoundShape};
use selkies_media::{Clock, Timestamp};

use super::connection::{Connection, Event};
use super::{c_string, positions, samples_of};

pub(super) struct Recording {
    connection: Connection,
    channel: u32,
    clock: Clock,
    /// The first half of a sample whose second half has not come.
    half: Option<u8>,
}

impl Recording {
    pub(super) fn start(
        mut connection: Connection,
        device: &str,
        shape: SoundShape,
        clock: Clock,
    ) -> Result<Self, SoundError> {
        let mut props = Props::new();
        props.set(Prop::MediaName, c"Desktop sound");
        let fragment = u32::try_from(shape.values() * size_of::<i16>())
            .expect("60 ms of eight channels are far less");
        let params = RecordStreamParams {
            sample_spec: samples_of(shape.channels),
            channel_map: positions(shape.channels),
            source_index: None,
            source_name: Some(c_string(device)),
            buffer_attr: BufferAttr {
                fragment_size: fragment,
                ..BufferAttr::default()
            },
            flags: StreamFlags {
                // The source is to be as quick as the fragments.
                adjust_latency: true,
                // A desktop where nothing plays may sleep, and we with it.
                no_inhibit_auto_suspend: true,
                // Rather nothing than the sound of something else.
                no_move: true,
                ..StreamFlags::default()
            },
            props,
            ..RecordStreamParams::default()
        };
        let stream: CreateRecordStreamReply =
            connection.ask("to be heard", &Command::CreateRecordStream(params))?;
        tracing::debug!(
            device,
            fragment = stream.buffer_attr.fragment_size,
            "the desktop is heard"
        );
        Ok(Self {
            connection,
            channel: stream.channel,
            clock,
            half: None,
        })
    }

    /// Appends the samples in `bytes`; whether there were any.
    fn append(&mut self, bytes: &[u8], into: &mut Vec<i16>) -> bool {
        let before = into.len();
        let mut bytes = bytes.iter().copied();
        if let Some(first) = self.half.take()
            && let Some(second) = bytes.next()
        {
            into.push(i16::from_le_bytes([first, second]));
        }
        while let Some(first) = bytes.next() {
            match bytes.next() {
                Some(second) => into.push(i16::from_le_bytes([first, second])),
                None => self.half = Some(first),
            }
        }
        into.len() > before
    }
}

impl AudioSource for Recording {
    fn next(
        &mut self,
        into: &mut Vec<i16>,
        patience: Duration,
    ) -> Result<Option<Timestamp>, SoundError> {
        let deadline = Instant::now() + patience;
        let mut heard = false;
        loop {
            // Once something came, only what came with it.
            let left = if heard {
                Duration::ZERO
            } else {
                deadline.saturating_duration_since(Instant::now())
            };
            match self.connection.event(left)? {
                Some(Event::Samples(channel, bytes)) if channel == self.channel => {
                    heard |= self.append(&bytes, into);
                }
                Some(Event::Killed(channel)) if channel == self.channel => {
                    return Err(SoundError::Lost {
                        why: "the device was taken away".to_owned(),
                    });
                }
                Some(other) => tracing::trace!(event = ?other, "from the sound server"),
                None if heard => return Ok(Some(self.clock.stamp(Instant::now()))),
                None => return Ok(None),
            }
        }
    }
}
