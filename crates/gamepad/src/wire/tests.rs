use super::*;

const NOW: Duration = Duration::new(0x0001_0000_0002, 3_000_000);
const A_DOWN: Change = Change::Button {
    number: 0,
    pressed: true,
};

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn the_description_has_every_field_at_its_offset() {
    let description = description();
    let word = |at: usize| u16::from_ne_bytes([description[at], description[at + 1]]);
    assert_eq!(description.len(), 1360);
    assert_eq!(&description[..24], b"Microsoft X-Box 360 pad\0");
    assert!(description[24..256].iter().all(|byte| *byte == 0));
    let ids: Vec<_> = (256..266).step_by(2).map(word).collect();
    assert_eq!(ids, [0x045e, 0x028e, 0x0114, 11, 8]);
    let buttons: Vec<_> = (266..288).step_by(2).map(word).collect();
    assert_eq!(
        buttons,
        [
            0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13a, 0x13b, 0x13c, 0x13d, 0x13e
        ]
    );
    assert!(description[288..1290].iter().all(|byte| *byte == 0));
    assert_eq!(&description[1290..1298], &[0, 1, 2, 3, 4, 5, 16, 17]);
    assert!(description[1298..1354].iter().all(|byte| *byte == 0));
}

#[test]
fn a_joystick_event_is_eight_bytes() {
    let event = Event::joystick(A_DOWN, NOW, false);
    let wanted = bytes(&[
        &low_word(NOW.as_millis()).to_ne_bytes(),
        &1i16.to_ne_bytes(),
        &[1, 0],
    ]);
    assert_eq!(event.bytes(), wanted);
    let hat = Change::Axis {
        number: 7,
        value: -1,
    };
    let event = Event::joystick(hat, Duration::ZERO, true);
    let wanted = bytes(&[&[0; 4], &(-32767i16).to_ne_bytes(), &[0x82, 7]]);
    assert_eq!(event.bytes(), wanted);
}

#[test]
fn an_evdev_event_has_time_stamps_of_the_consumer_s_size_and_a_report() {
    let seconds = 0x0001_0000_0002u64;
    let tail = |kind: u16, code: u16, value: i32| {
        bytes(&[
            &kind.to_ne_bytes(),
            &code.to_ne_bytes(),
            &value.to_ne_bytes(),
        ])
    };
    let large = bytes(&[&seconds.to_ne_bytes(), &3000u64.to_ne_bytes()]);
    let small = bytes(&[&2u32.to_ne_bytes(), &3000u32.to_ne_bytes()]);
    for (long, stamp, size) in [(Long::Eight, large, 48), (Long::Four, small, 32)] {
        let event = Event::evdev(A_DOWN, NOW, long);
        let wanted = bytes(&[&stamp, &tail(1, 0x130, 1), &stamp, &tail(0, 0, 0)]);
        assert_eq!(event.bytes(), wanted);
        assert_eq!(event.bytes().len(), size);
        let hat = Change::Axis {
            number: 6,
            value: -1,
        };
        let event = Event::evdev(hat, NOW, long);
        let wanted = bytes(&[&stamp, &tail(3, 0x10, -1), &stamp, &tail(0, 0, 0)]);
        assert_eq!(event.bytes(), wanted);
    }
}

#[test]
fn rumble_is_believed_only_with_its_check() {
    let message = |kind: u8, check: u16, count: u32| {
        let words = [0xffff_u16, 0x8000, 1000, 5].map(u16::to_ne_bytes);
        let parts: [&[u8]; 4] = [
            &[kind, 7],
            &check.to_ne_bytes(),
            words.as_flattened(),
            &count.to_ne_bytes(),
        ];
        let bytes: [u8; RUMBLE_SIZE] = parts.concat().try_into().expect("sixteen bytes");
        Request::from_bytes(&bytes)
    };
    let effect = Effect {
        strong: 0xffff,
        weak: 0x8000,
        milliseconds: 1000,
        delay: 5,
    };
    assert_eq!(
        message(1, RUMBLE_CHECK, 0),
        Some(Request::Upload { id: 7, effect })
    );
    assert_eq!(message(2, RUMBLE_CHECK, 0), Some(Request::Erase { id: 7 }));
    let played = Some(Request::Play { id: 7, times: 3 });
    assert_eq!(message(3, RUMBLE_CHECK, 3), played);
    assert_eq!(
        message(4, RUMBLE_CHECK, 70_000),
        Some(Request::Gain(u16::MAX))
    );
    assert_eq!(message(5, RUMBLE_CHECK, 0), None);
    assert_eq!(message(1, 0, 0), None);
}
