//! Room for what pages send of what they have copied, one for all links. A page whose piece finds
//! none waits, by its own connection; nobody else does.

use std::sync::Arc;

use bytes::Bytes;
use selkies_proto::ClientMessage;
use selkies_proto::client::ClipPiece;
use selkies_proto::clip::Data;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A piece takes up so much at least: as many as find room must find a place in every queue on their
/// way, too.
const LEAST: u32 = 8 << 10;

/// So many bytes of clips may be anywhere between a socket and where they are kept. Clones share
/// them.
#[derive(Clone, Debug)]
pub struct Room {
    free: Arc<Semaphore>,
    size: u32,
}

impl Room {
    /// Room for this many bytes.
    #[must_use]
    pub fn of(bytes: u32) -> Self {
        // No platform of ours has an address space of less than 32 bits.
        let free = Arc::new(Semaphore::new(bytes as usize));
        Self { free, size: bytes }
    }

    /// What nobody has taken.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.available_permits()
    }

    /// How many pieces may be under way at most.
    #[must_use]
    pub const fn most_pieces(bytes: u32) -> usize {
        bytes.div_ceil(LEAST) as usize
    }

    /// Waits for room for `bytes`; what is larger than all of it is let in alone.
    pub(crate) async fn take(&self, bytes: usize) -> Place {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let bytes = bytes.max(LEAST).min(self.size);
        let permit = self.free.clone().acquire_many_owned(bytes).await;
        let permit = permit.expect("this semaphore is never closed");
        Place { _permit: permit }
    }
}

/// Given back when it is dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Takes up this place for as long as anybody has the bytes of the message.
    pub(crate) fn hold(self, message: ClientMessage) -> ClientMessage {
        let ClientMessage::Clip(piece) = message else {
            return message;
        };
        ClientMessage::Clip(match piece {
            ClipPiece::Whole { mime, data } => ClipPiece::Whole {
                mime,
                data: self.occupied(data),
            },
            ClipPiece::Part { id, binary, data } => ClipPiece::Part {
                id,
                binary,
                data: self.occupied(data),
            },
            piece @ (ClipPiece::Start { .. } | ClipPiece::End { .. }) => piece,
        })
    }

    fn occupied(self, Data(bytes): Data) -> Data {
        Data(Bytes::from_owner(Occupant {
            bytes,
            _place: self,
        }))
    }
}

struct Occupant {
    bytes: Bytes,
    _place: Place,
}

impl AsRef<[u8]> for Occupant {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use selkies_proto::decode_text;
    use tokio::time::timeout;

    use super::*;

    const SMALL: usize = LEAST as usize;

    fn part() -> ClientMessage {
        decode_text("cwd,1,YWJj").expect("a piece")
    }

    fn bytes(message: &ClientMessage) -> Bytes {
        match message {
            ClientMessage::Clip(ClipPiece::Part { data, .. }) => data.0.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_piece_takes_up_room_until_its_last_copy_is_gone() {
        let room = Room::of(10 * LEAST);
        let held = room.take(3 * SMALL).await.hold(part());
        let copy = bytes(&held).slice(1..);
        drop(held);
        assert_eq!(room.free(), 7 * SMALL);
        assert_eq!(copy, "bc");
        drop(copy);
        assert_eq!(room.free(), 10 * SMALL);
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_waits_until_there_is_some() {
        let room = Room::of(10 * LEAST);
        let held = room.take(8 * SMALL).await.hold(part());
        let waiting = room.take(3 * SMALL);
        tokio::pin!(waiting);
        let a_while = Duration::from_secs(60);
        assert!(timeout(a_while, &mut waiting).await.is_err());
        drop(held);
        let place = waiting.await;
        assert_eq!(room.free(), 7 * SMALL);
        drop(place);
    }

    #[tokio::test]
    async fn what_is_larger_than_the_room_has_it_alone() {
        let room = Room::of(10 * LEAST);
        let place = room.take(usize::MAX).await;
        assert_eq!(room.free(), 0);
        drop(place);
        assert_eq!(room.free(), 10 * SMALL);
    }

    #[tokio::test]
    async fn what_holds_no_bytes_takes_up_no_room() {
        let room = Room::of(10 * LEAST);
        let said = ClientMessage::ReleaseKeys;
        assert_eq!(room.take(4 * SMALL).await.hold(said.clone()), said);
        assert_eq!(room.free(), 10 * SMALL);
    }

    #[tokio::test]
    async fn small_pieces_are_as_few_as_their_queues_hold() {
        let room = Room::of(10 * LEAST);
        let mut held = Vec::new();
        for _ in 0..Room::most_pieces(10 * LEAST) {
            held.push(room.take(1).await);
        }
        assert_eq!(room.free(), 0);
    }
}
