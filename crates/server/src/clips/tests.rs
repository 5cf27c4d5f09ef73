use std::os::unix::fs::MetadataExt;

use super::*;

const LIMITS: Limits = Limits {
    content: 1000,
    small: 100,
    memory: 150,
    files: 2500,
};

fn clips() -> Clips {
    Clips::within(LIMITS, [env::temp_dir()])
}

fn taken(clips: &Clips) -> (u64, u64) {
    let taken = |room: &Room| room.taken.load(Ordering::Relaxed);
    (taken(&clips.memory), taken(&clips.files))
}

fn keep(clips: &Clips, len: usize) -> io::Result<Arc<dyn Content>> {
    let mut intake = clips.begin(None)?;
    let bytes: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    for piece in bytes.chunks(7) {
        intake.append(piece)?;
    }
    Ok(intake.finish())
}

fn read(content: &dyn Content) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 33];
    loop {
        let count = content
            .read_at(bytes.len() as u64, &mut buffer)
            .expect("it is there");
        if count == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

fn kind(outcome: io::Result<impl Sized>) -> io::ErrorKind {
    outcome.map(drop).expect_err("there is no room").kind()
}

#[test]
fn what_is_kept_is_what_was_given() {
    let clips = clips();
    for len in [0, 1, 100, 101, 1000] {
        let content = keep(&clips, len).expect("there is room");
        assert_eq!(content.len(), len as u64);
        let expected: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
        assert_eq!(read(&*content), expected, "{len}");
        let mut buffer = [0; 8];
        for offset in [len as u64, u64::from(u32::MAX), i64::MAX as u64] {
            assert_eq!(content.read_at(offset, &mut buffer).ok(), Some(0), "{len}");
        }
    }
}

#[test]
fn small_ones_stay_in_memory_and_others_go_to_files_until_they_are_dropped() {
    let clips = clips();
    let small = keep(&clips, 100).expect("there is room");
    assert_eq!(taken(&clips), (100, 0));
    let large = keep(&clips, 101).expect("there is room");
    assert_eq!(taken(&clips), (100, 101));
    let no_room_in_memory = keep(&clips, 60).expect("there is room in files");
    assert_eq!(taken(&clips), (100, 161));
    drop((small, large, no_room_in_memory));
    assert_eq!(taken(&clips), (0, 0));
}

#[test]
fn what_is_announced_is_kept_free_for_it() {
    let clips = clips();
    let mut first = clips.begin(Some(1000)).expect("there is room");
    let second = clips.begin(Some(1000)).expect("there is room");
    assert_eq!(
        kind(clips.begin(Some(1000))),
        io::ErrorKind::QuotaExceeded,
        "before a byte has come"
    );
    assert_eq!(taken(&clips), (0, 2000));
    first.append(&[0; 1000]).expect("it was kept free");
    drop((first, second));
    assert_eq!(taken(&clips), (0, 0));
}

#[test]
fn more_than_may_be_is_refused_and_costs_nothing() {
    let clips = clips();
    assert_eq!(kind(clips.begin(Some(1001))), io::ErrorKind::FileTooLarge);
    assert_eq!(
        kind(clips.begin(Some(u64::MAX))),
        io::ErrorKind::FileTooLarge
    );
    let mut intake = clips.begin(None).expect("there is room");
    intake.append(&[1; 1000]).expect("just as much as may be");
    assert_eq!(kind(intake.append(&[1])), io::ErrorKind::FileTooLarge);
    assert_eq!(taken(&clips), (0, 0), "it was given up");
    assert!(intake.append(&[1]).is_err());
    assert!(intake.finish().is_empty());

    let held: Vec<_> = (0..2)
        .map(|_| keep(&clips, 1000).expect("there is room"))
        .collect();
    assert_eq!(kind(keep(&clips, 501)), io::ErrorKind::QuotaExceeded);
    assert_eq!(taken(&clips), (0, 2000));
    drop(held);
    assert_eq!(taken(&clips), (0, 0));
}

#[test]
fn files_have_no_name_and_are_ours_alone() {
    let folder = tempfile::TempDir::new().expect("there is room for a folder");
    let missing = folder.path().join("missing");
    let clips = Clips::within(LIMITS, [missing, folder.path().to_owned()]);
    let mut filling = Filling {
        place: clips.place(0).expect("there is room"),
        clips,
        len: 0,
    };
    filling.append(&[7; 500]).expect("there is room");
    let Place::File(file, _) = &filling.place else {
        panic!("500 bytes are not small here")
    };
    let metadata = file.metadata().expect("it is open");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(metadata.nlink(), 0);
    assert_eq!(folder.path().read_dir().expect("it is there").count(), 0);
}

#[test]
fn a_folder_that_takes_no_files_is_an_error() {
    let clips = Clips::within(LIMITS, [PathBuf::from("/proc/none")]);
    keep(&clips, 100).expect("small ones need no file");
    keep(&clips, 101).map(drop).expect_err("there is no folder");
    assert_eq!(taken(&clips), (0, 0));
}

#[test]
fn a_full_disk_is_an_error() {
    let clips = clips();
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("every Linux has it");
    let mut filling = Filling {
        place: Place::File(full, Lease::new(&clips.files, 0).expect("there is room")),
        clips: clips.clone(),
        len: 0,
    };
    assert_eq!(kind(filling.append(&[1; 10])), io::ErrorKind::StorageFull);
    assert_eq!(taken(&clips), (0, 0));
}
