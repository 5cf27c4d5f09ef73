use std::sync::OnceLock;

use selkies_media::picture::Codec;
use selkies_media::{AccessUnit, Rect, Size};

use super::*;
use crate::hearing::tests::{Reader, Stage};
use crate::room::Room;

const SOUND: u8 = 1;
const STRIPE: u8 = 3;

fn picture_of(stripes: u32) -> Picture {
    let units = (0..stripes).map(|stripe| AccessUnit {
        codec: Codec::Jpeg,
        keyframe: true,
        sharp: false,
        area: Rect::new(0, stripe * 16, 64, 16),
        data: Bytes::from_static(b"stripe"),
    });
    Picture {
        number: 1,
        size: Size::new(64, stripes * 16),
        keyframe: true,
        units: units.collect(),
        damaged: Timestamp::ZERO,
        captured: Timestamp::ZERO,
        encode_started: Timestamp::ZERO,
        encoded: Timestamp::ZERO,
        answers: Vec::new(),
        framed: OnceLock::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_heard_meanwhile_goes_between_the_pieces_of_a_picture() {
    let stage = Stage::open();
    let reader = Reader::default();
    reader.open();
    let identity = Identity {
        viewer: 1,
        clock: stage.side.clock(),
        steps: Arc::default(),
        room: Room::of(1),
    };
    let mut writer = Writer::new(reader.clone(), &stage.side, identity);
    writer.hearing.listen(stage.pipeline.subscribe(), 0);
    // Heard by another one, it waits for the first one, too.
    let mut other = Hearing::default();
    other.listen(stage.pipeline.subscribe(), 0);
    stage.hear(&mut other).await;
    stage.hear(&mut other).await;

    assert!(writer.send_picture(&picture_of(3)).await);
    let expected = [STRIPE, SOUND, SOUND, STRIPE, STRIPE];
    assert_eq!(reader.kinds(), expected);
}
