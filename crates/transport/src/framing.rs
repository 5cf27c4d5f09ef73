//! Pictures as messages of the wire.

use bytes::{BufMut, Bytes, BytesMut};

use selkies_media::picture::Codec;
use selkies_media::{AccessUnit, Picture};
use selkies_proto::video::{ChunkArea, h264_header, jpeg_header};

/// One message per unit: header, then data. A WebSocket message is one piece of memory, so this
/// copies; the first link that sends a picture does it for all.
pub(crate) fn messages(picture: &Picture) -> &[Bytes] {
    picture.framed.get_or_init(|| {
        picture
            .units
            .iter()
            .filter_map(|unit| message(picture.number, unit))
            .collect()
    })
}

/// `None` when a number does not fit the header, which no picture within the largest size does.
fn message(picture: u64, unit: &AccessUnit) -> Option<Bytes> {
    let area = ChunkArea::new(unit.area.y, unit.area.width, unit.area.height)?;
    let header: &[u8] = match unit.codec {
        Codec::H264 => &h264_header(unit.keyframe, picture, area),
        Codec::Jpeg => &jpeg_header(picture, area.y()),
    };
    let mut message = BytesMut::with_capacity(header.len() + unit.data.len());
    message.put_slice(header);
    message.put_slice(&unit.data);
    Some(message.freeze())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use selkies_media::{Rect, Size, Timestamp};
    use selkies_proto::video::{VideoChunk, decode_chunk};

    use super::*;

    fn picture(codec: Codec, area: Rect) -> Picture {
        let unit = AccessUnit {
            codec,
            keyframe: true,
            sharp: false,
            area,
            data: Bytes::from_static(b"data"),
        };
        Picture {
            number: 65_537,
            size: Size::new(64, 48),
            keyframe: true,
            units: [unit].into(),
            damaged: Timestamp::ZERO,
            captured: Timestamp::ZERO,
            encode_started: Timestamp::ZERO,
            encoded: Timestamp::ZERO,
            answers: Vec::new(),
            framed: OnceLock::new(),
        }
    }

    #[test]
    fn a_page_reads_what_is_framed() {
        let whole = picture(Codec::H264, Rect::new(0, 0, 64, 48));
        match decode_chunk(&messages(&whole)[0]) {
            Ok(VideoChunk::H264 {
                keyframe: true,
                id: 1,
                area,
                data: b"data",
            }) => {
                assert_eq!((area.y(), area.width(), area.height()), (0, 64, 48));
            }
            other => panic!("{other:?}"),
        }
        let stripe = picture(Codec::H264, Rect::new(0, 24, 64, 23));
        match decode_chunk(&messages(&stripe)[0]) {
            Ok(VideoChunk::H264 { area, .. }) => {
                assert_eq!((area.y(), area.width(), area.height()), (24, 64, 23));
            }
            other => panic!("{other:?}"),
        }
        let stripe = picture(Codec::Jpeg, Rect::new(0, 24, 64, 24));
        assert_eq!(
            decode_chunk(&messages(&stripe)[0]),
            Ok(VideoChunk::Jpeg {
                id: 1,
                y: 24,
                data: b"data"
            })
        );
    }

    #[test]
    fn framing_happens_once_for_all_viewers() {
        let whole = picture(Codec::H264, Rect::new(0, 0, 64, 48));
        assert_eq!(messages(&whole)[0].as_ptr(), messages(&whole)[0].as_ptr());
    }
}
