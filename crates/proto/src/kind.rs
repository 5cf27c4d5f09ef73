//! First bytes of binary frames.

/// Server to page: sound.
pub const AUDIO: u8 = 0x01;
/// Page to server: one packet of the microphone.
pub const MICROPHONE: u8 = 0x02;
/// Server to page: a stripe as a complete JPEG.
pub const JPEG: u8 = 0x03;
/// Server to page: an access unit of H.264 in Annex B form.
pub const H264: u8 = 0x04;
/// Both ways: a gzip stream that holds one text message.
pub const GZIP: u8 = 0x05;
