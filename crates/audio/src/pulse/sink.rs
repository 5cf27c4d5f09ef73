//! The microphone that programs hear.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    ChannelVolume, Command, CreatePlaybackStreamReply, PlaybackStreamParams, Prop, Props,
};
use selkies_media::sound::{AudioSink, Channels, RATE, SoundError, Voice};

use super::connection::{Connection, Event};
use super::furniture::{Made, Names, ensure_microphone};
use super::{c_string, positions, samples_of};

/// A voice begins when so much of it has come: so uneven may the packets be.
const EVENNESS: u32 = RATE / 1000 * 40;

/// So much of a voice may wait; what comes on top would be heard too late.
const LATENESS: u32 = RATE / 1000 * 100;

/// How often the server is asked whether the microphone is still there.
const ASK: Duration = Duration::from_secs(1);

const SAMPLE: u32 = 2;

pub(super) struct VirtualMicrophone {
    connection: Connection,
    names: Names,
    made: Vec<Made>,
    voices: HashMap<Voice, Stream>,
    /// Voices there were so far.
    begun: u32,
    asked: Instant,
    /// The question that is not answered yet.
    question: Option<u32>,
}

struct Stream {
    channel: u32,
    /// Bytes the server has asked for and not got.
    wanted: i64,
}

impl VirtualMicrophone {
    pub(super) fn open(mut connection: Connection, names: &Names) -> Result<Self, SoundError> {
        let made = ensure_microphone(&mut connection, names)?;
        tracing::info!(source = %names.microphone, "programs can hear a microphone");
        Ok(Self {
            connection,
            names: names.clone(),
            made,
            voices: HashMap::new(),
            begun: 0,
            asked: Instant::now(),
            question: None,
        })
    }

    fn begin(&mut self) -> Result<Stream, SoundError> {
        let mut props = Props::new();
        props.set(Prop::MediaName, c"Microphone");
        self.begun = self.begun.wrapping_add(1);
        let params = PlaybackStreamParams {
            // Streams of one number would start and stop together.
            sync_id: self.begun,
            sample_spec: samples_of(Channels::Mono),
            channel_map: positions(Channels::Mono),
            sink_index: None,
            sink_name: Some(c_string(&self.names.input)),
            buffer_attr: BufferAttr {
                max_length: 2 * LATENESS * SAMPLE,
                target_length: LATENESS * SAMPLE,
                pre_buffering: EVENNESS * SAMPLE,
                minimum_request_length: RATE / 100 * SAMPLE,
                ..BufferAttr::default()
            },
            cvolume: Some(ChannelVolume::norm(1)),
            flags: StreamFlags {
                adjust_latency: true,
                no_move: true,
                ..StreamFlags::default()
            },
            props,
            ..PlaybackStreamParams::default()
        };
        let stream: CreatePlaybackStreamReply = self
            .connection
            .ask("to speak", &Command::CreatePlaybackStream(params))?;
        Ok(Stream {
            channel: stream.channel,
            wanted: i64::from(stream.requested_bytes),
        })
    }

    /// Hears what the server has said meanwhile.
    fn attend(&mut self) -> Result<(), SoundError> {
        while let Some(event) = self.connection.event(Duration::ZERO)? {
            match event {
                Event::Wanted { channel, bytes } => {
                    let mut streams = self.voices.values_mut();
                    if let Some(stream) = streams.find(|stream| stream.channel == channel) {
                        stream.wanted += i64::from(bytes);
                    }
                }
                Event::Killed(_) => return Err(taken_away()),
                Event::Answer(number, granted) if self.question == Some(number) => {
                    self.question = None;
                    if !granted {
                        return Err(taken_away());
                    }
                }
                other => tracing::trace!(event = ?other, "from the sound server"),
            }
        }
        Ok(())
    }
}

fn taken_away() -> SoundError {
    SoundError::Lost {
        why: "the microphone was taken away".to_owned(),
    }
}

impl AudioSink for VirtualMicrophone {
    fn play(&mut self, voice: Voice, samples: &[i16]) -> Result<usize, SoundError> {
        self.attend()?;
        if !self.voices.contains_key(&voice) {
            let stream = self.begin()?;
            self.voices.insert(voice, stream);
        }
        let Some(stream) = self.voices.get_mut(&voice) else {
            return Ok(0);
        };
        let length = i64::try_from(samples.len()).unwrap_or(i64::MAX) * i64::from(SAMPLE);
        // A part of a packet would be heard as a click.
        if length > stream.wanted || !self.connection.send_samples(stream.channel, samples)? {
            return Ok(0);
        }
        stream.wanted -= length;
        Ok(samples.len())
    }

    fn end(&mut self, voice: Voice) -> Result<(), SoundError> {
        if let Some(stream) = self.voices.remove(&voice) {
            let number = Command::DeletePlaybackStream(stream.channel);
            self.connection.send(&number)?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), SoundError> {
        if self.question.is_none() && self.asked.elapsed() >= ASK {
            self.asked = Instant::now();
            let lookup = Command::LookupSink(c_string(&self.names.input));
            self.question = Some(self.connection.send(&lookup)?);
        }
        self.attend()
    }
}

impl Drop for VirtualMicrophone {
    fn drop(&mut self) {
        for one in std::mem::take(&mut self.made).into_iter().rev() {
            one.undo(&mut self.connection);
        }
    }
}
