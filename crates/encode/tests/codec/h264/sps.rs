//! What an H.264 stream says about itself (ITU-T H.264, 7.3.2.1.1 and E.1.1).

/// The parts of a sequence parameter set the tests care about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sps {
    pub(crate) profile: u8,
    pub(crate) constraints: u8,
    pub(crate) level: u8,
    pub(crate) chroma_format: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) full_range: bool,
    pub(crate) primaries: u32,
    pub(crate) transfer: u32,
    pub(crate) matrix: u32,
}

/// The NAL units of an Annex B stream, without start codes.
pub(crate) fn nals(stream: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> = stream
        .windows(3)
        .enumerate()
        .filter(|(_, code)| *code == [0, 0, 1])
        .map(|(at, _)| at)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([stream.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| trim(&stream[start + 3..end]))
        .collect()
}

fn trim(nal: &[u8]) -> &[u8] {
    let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
    &nal[..nal.len() - zeros]
}

/// Types of the NAL units: 7 and 8 parameter sets, 5 a slice of an IDR picture, 1 of any other.
pub(crate) fn types(stream: &[u8]) -> Vec<u8> {
    nals(stream).into_iter().map(|nal| nal[0] & 31).collect()
}

pub(crate) fn parse(stream: &[u8]) -> Sps {
    let nal = nals(stream)
        .into_iter()
        .find(|nal| nal[0] & 31 == 7)
        .expect("a sequence parameter set");
    let mut bits = Bits::new(&nal[1..]);
    let [profile, constraints, level] =
        [bits.take(8), bits.take(8), bits.take(8)].map(|byte| byte as u8);
    bits.golomb(); // its number
    let mut chroma_format = 1;
    if profile == 244 {
        chroma_format = bits.golomb();
        assert_ne!(
            (chroma_format, bits.peek()),
            (3, true),
            "separate colour planes"
        );
        if chroma_format == 3 {
            bits.take(1);
        }
        assert_eq!((bits.golomb(), bits.golomb()), (0, 0), "eight bits deep");
        bits.take(1);
        assert_eq!(bits.take(1), 0, "no scaling matrix");
    }
    bits.golomb();
    assert_eq!(
        bits.golomb(),
        2,
        "pictures are shown in the order they are decoded"
    );
    bits.golomb();
    bits.take(1);
    let (columns, rows) = (bits.golomb() + 1, bits.golomb() + 1);
    assert_eq!(bits.take(1), 1, "no interlacing");
    bits.take(1);
    let mut crop = [0; 4];
    if bits.take(1) == 1 {
        let unit = if chroma_format == 3 { 1 } else { 2 };
        crop = std::array::from_fn(|_| bits.golomb() * unit);
    }
    assert_eq!(bits.take(1), 1, "usability information");
    assert_eq!(bits.take(1), 0, "no aspect ratio");
    if bits.take(1) == 1 {
        bits.take(1);
    }
    assert_eq!(bits.take(1), 1, "a video signal type");
    bits.take(3);
    let full_range = bits.take(1) == 1;
    assert_eq!(bits.take(1), 1, "a colour description");
    let [primaries, transfer, matrix] = [bits.take(8), bits.take(8), bits.take(8)];
    let [left, right, top, bottom] = crop;
    assert_eq!((left, top), (0, 0));
    let (width, height) = (columns * 16 - right, rows * 16 - bottom);
    Sps {
        profile,
        constraints,
        level,
        chroma_format,
        width,
        height,
        full_range,
        primaries,
        transfer,
        matrix,
    }
}

struct Bits {
    payload: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(escaped: &[u8]) -> Self {
        let mut payload: Vec<u8> = Vec::new();
        for byte in escaped {
            // A three after two zeros only keeps start codes out (7.4.1.1).
            if *byte == 3 && payload.ends_with(&[0, 0]) {
                continue;
            }
            payload.push(*byte);
        }
        Self { payload, at: 0 }
    }

    fn peek(&self) -> bool {
        self.payload[self.at / 8] >> (7 - self.at % 8) & 1 == 1
    }

    fn take(&mut self, count: u32) -> u32 {
        (0..count).fold(0, |value, _| {
            let bit = u32::from(self.peek());
            self.at += 1;
            value << 1 | bit
        })
    }

    fn golomb(&mut self) -> u32 {
        let mut zeros = 0;
        while self.take(1) == 0 {
            zeros += 1;
        }
        (1 << zeros) - 1 + self.take(zeros)
    }
}
