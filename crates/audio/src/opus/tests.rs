//! libopus itself is trusted; these are about how we call it.

use std::f64::consts::TAU;

use selkies_media::sound::FrameDuration;

use super::*;

const FRAMES: [FrameDuration; 6] = [
    FrameDuration::Ms2_5,
    FrameDuration::Ms5,
    FrameDuration::Ms10,
    FrameDuration::Ms20,
    FrameDuration::Ms40,
    FrameDuration::Ms60,
];

const CHANNELS: [Channels; 4] = [
    Channels::Mono,
    Channels::Stereo,
    Channels::Surround51,
    Channels::Surround71,
];

/// Noise, the hardest to encode.
fn noise(values: usize) -> Vec<i16> {
    let mut state: u32 = 1;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16 as i16
    };
    (0..values).map(next).collect()
}

#[test]
fn every_shape_is_encoded_at_every_bitrate() {
    for channels in CHANNELS {
        for frame in FRAMES {
            let shape = SoundShape { channels, frame };
            for bits in [6_000, 320_000, 510_000, u64::MAX] {
                let rate = Bitrate::from_bits_per_second(bits);
                let mut encoder = OpusCodecs.encoder(shape, rate).expect("an encoder");
                let mut packet = Vec::new();
                for _ in 0..5 {
                    let noise = noise(shape.values());
                    encoder.encode(&noise, &mut packet).expect("a packet");
                    assert!(!packet.is_empty());
                }
                if channels.count() <= 2 {
                    let samples = opus::packet::get_nb_samples(&packet, RATE).expect("a packet");
                    assert_eq!(samples, frame.samples() as usize);
                }
            }
        }
    }
}

#[test]
fn a_frame_of_another_length_is_refused() {
    let shape = SoundShape::default();
    let mut encoder = OpusCodecs
        .encoder(shape, Bitrate::from_kbps(64))
        .expect("an encoder");
    let mut packet = Vec::new();
    assert!(encoder.encode(&[0; 959], &mut packet).is_err());
    assert!(encoder.encode(&[], &mut packet).is_err());
    assert!(encoder.encode(&[0; 960], &mut packet).is_ok());
}

#[test]
fn a_voice_of_another_rate_becomes_samples_of_ours() {
    let mut voice = Encoder::new(24_000, opus::Channels::Mono, Application::Voip).expect("Opus");
    let mut decoder = OpusCodecs.decoder().expect("a decoder");
    let mut samples = Vec::new();
    for frame in 0..50 {
        let tone: Vec<i16> = (0..480)
            .map(|index| {
                let phase = f64::from(frame * 480 + index) * 440.0 / 24_000.0;
                ((phase * TAU).sin() * 10_000.0) as i16
            })
            .collect();
        let packet = voice.encode_vec(&tone, 1500).expect("a packet");
        decoder.decode(&packet, &mut samples).expect("samples");
    }
    assert_eq!(samples.len(), 48_000);
    let late = &samples[24_000..];
    let rises = late.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0);
    assert!((215..=225).contains(&rises.count()), "440 Hz");
}

#[test]
fn what_is_no_packet_is_refused_and_the_next_one_heard() {
    let mut decoder = OpusCodecs.decoder().expect("a decoder");
    let mut samples = vec![7];
    assert!(decoder.decode(&[], &mut samples).is_err());
    // RFC 6716, 3.4: a packet of two frames of equal length has an odd number of bytes.
    assert!(decoder.decode(&[0x01, 0x02], &mut samples).is_err());
    assert_eq!(samples, [7], "nothing was added");
    let mut voice = Encoder::new(RATE, opus::Channels::Stereo, Application::Audio).expect("Opus");
    let packet = voice.encode_vec(&[0; 1920], 1500).expect("a packet");
    decoder.decode(&packet, &mut samples).expect("samples");
    assert_eq!(samples.len(), 1 + 960, "two channels become one");
}
