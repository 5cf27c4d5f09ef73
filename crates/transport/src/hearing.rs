//! Sound on its way to a page. Sound that is late is worthless: what the link cannot carry at once
//! is dropped, the oldest first, and never waits for its turn.

mod gauge;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use selkies_media::Timestamp;
use selkies_media::sound::AudioPacket;
use selkies_pipeline::sound::SoundSubscription;
use selkies_proto::limits::EARLIER_SOUND;
use selkies_proto::sound::{Earlier, sound_message};

use crate::side::Side;
use gauge::Gauge;

/// What was heard so long ago is not sent any more: pages keep less than that in hand.
const LATE: Duration = Duration::from_millis(150);

#[derive(Default)]
pub(crate) struct Hearing {
    sound: Option<SoundSubscription>,
    redundancy: usize,
    /// What was sent last, the newest at the end.
    sent: VecDeque<Arc<AudioPacket>>,
    gauge: Gauge,
    /// Packets sent.
    pub(crate) packets: u64,
    /// Packets that were not, because the viewer read too slowly.
    pub(crate) dropped: u64,
}

impl Hearing {
    pub(crate) fn listen(&mut self, sound: SoundSubscription, redundancy: u8) {
        self.stop();
        self.sound = Some(sound);
        self.set_redundancy(redundancy);
    }

    pub(crate) fn set_redundancy(&mut self, redundancy: u8) {
        self.redundancy = redundancy.min(EARLIER_SOUND).into();
        self.sent.clear();
    }

    pub(crate) fn stop(&mut self) {
        if let Some(sound) = self.sound.take() {
            self.dropped += sound.dropped();
        }
        self.sent.clear();
    }

    /// The next message; waits for ever while nothing is listened to. `None`: nothing follows.
    /// Nothing is lost when it is dropped.
    pub(crate) async fn next(&mut self, side: &Side) -> Option<Bytes> {
        loop {
            let Some(sound) = &mut self.sound else {
                return pending().await;
            };
            let packet = sound.next().await?;
            if let Some(message) = self.message(packet, side) {
                return Some(message);
            }
        }
    }

    /// The next message, if there is one already.
    pub(crate) fn ready(&mut self, side: &Side) -> Option<Bytes> {
        self.next(side).now_or_never().flatten()
    }

    /// The number of a ping that is to be sent now, to see how quickly it is answered.
    pub(crate) fn ping(&mut self, now: Timestamp) -> Option<u64> {
        self.gauge.ping(now)
    }

    fn message(&mut self, packet: Arc<AudioPacket>, side: &Side) -> Option<Bytes> {
        let now = side.now();
        if let Some((number, at)) = side.heard() {
            self.gauge.answered(number, at);
        }
        if now.since(packet.captured) > LATE || self.gauge.shows_a_queue(now) {
            self.dropped += 1;
            return None;
        }
        let earlier: Vec<_> = self
            .sent
            .iter()
            .map(|earlier| Earlier {
                offset: packet.pts.wrapping_sub(earlier.pts),
                packet: &earlier.data,
            })
            .collect();
        let message = sound_message(packet.pts, &earlier, &packet.data);
        self.packets += 1;
        if self.redundancy > 0 {
            if self.sent.len() >= self.redundancy {
                self.sent.pop_front();
            }
            self.sent.push_back(packet);
        }
        Some(message.into())
    }
}

#[cfg(test)]
pub(crate) mod tests;
