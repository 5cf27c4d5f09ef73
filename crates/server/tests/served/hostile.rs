//! Pages and visitors that mean no good, or are broken: the others do not notice.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{SinkExt, StreamExt};
use selkies_session::MOST_VIEWERS;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::http::get;
use crate::log::Log;
use crate::page::{Kind, Page};
use crate::serving::{DEADLINE, Served, until};

const SOCKET: &str = "/api/websockets";
const VIEWER: &str = "/api/websockets?role=viewer";

/// The desktop still arrives, and it is the same stream as before.
async fn is_undisturbed(served: &Served, page: &Page) {
    let mark = page.settled().await;
    served.card.advance();
    let shown = page.picture(mark).await;
    assert_eq!(
        (shown.keyframe, shown.number),
        (false, served.card.number())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_too_large_ends_its_own_page_with_a_reason() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for message in [
        Message::binary(vec![2; (8 << 20) + 1]),
        Message::text("a".repeat((8 << 20) + 1)),
        Message::binary(vec![5; 24 << 20]),
    ] {
        let mut other = served.connect(VIEWER, &[]).await.expect("let in");
        // A connection that is reset meanwhile takes the reason with it in some browsers.
        other.send(message).await.expect("it is heard out");
        let code = timeout(DEADLINE, async {
            loop {
                match other.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => break Some(u16::from(frame.code)),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break None,
                }
            }
        });
        assert_eq!(code.await.expect("an end"), Some(1009));
    }
    is_undisturbed(&served, &page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_message_that_is_allowed_is_taken() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    page.say_bytes(&vec![0xff; 8 << 20]).await;
    page.say("cw,".to_owned() + &"a".repeat((8 << 20) - 3))
        .await;
    is_undisturbed(&served, &page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_is_dropped_and_its_page_stays() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let bomb = {
        let mut gzip = GzEncoder::new(vec![5], Compression::best());
        let zeros = vec![b'0'; 1 << 20];
        for _ in 0..64 {
            gzip.write_all(&zeros).expect("memory takes all");
        }
        gzip.finish().expect("memory takes all")
    };
    let torso = bomb[..bomb.len() / 2].to_vec();
    let mut messages = vec![
        Vec::new(),
        vec![0],
        vec![1; 100],
        vec![3],
        vec![4, 1, 0, 0],
        vec![5],
        vec![5, 0x1f, 0x8b],
        vec![0xff; 70_000],
        bomb,
        torso,
    ];
    // Noise that is the same in each run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for length in 1..200 {
        let noise = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        });
        messages.push(noise.take(length).collect());
    }
    for message in messages {
        page.say_bytes(&message).await;
        page.say(String::from_utf8_lossy(&message[..message.len().min(2000)]))
            .await;
    }
    let nested = format!("SETTINGS,{}{}", "[".repeat(50_000), "]".repeat(50_000));
    page.say(nested).await;
    page.say(format!(
        "SETTINGS,{{\"a\":{}1{}}}",
        "[".repeat(9_999),
        "]".repeat(9_999)
    ))
    .await;
    page.say(format!("kh{}", ",65".repeat(100_000))).await;
    page.say("r,4294967295x4294967295,secondary").await;
    is_undisturbed(&served, &page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_counted() {
    // No other test sends as many.
    const RUBBISH: u32 = 1237;
    let log = Log::start();
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for _ in 0..RUBBISH {
        page.say("what is this?").await;
    }
    page.settled().await;
    page.leave().await;
    until("the count is in the log", || {
        log.text()
            .contains(&format!("malformed: {RUBBISH}"))
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_of_no_use_becomes_one_that_can_be_encoded() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let mark = page.settled().await;
    page.say("r,99999999999x5,primary").await;
    page.say("r,1x1,primary").await;
    let shown = page
        .until("the size", |seen| {
            seen.heard(mark)
                .find(|text| text.contains(r#""stream_resolution""#))
                .map(str::to_owned)
        })
        .await;
    assert!(shown.contains(r#""width":2,"height":2"#), "{shown}");
    page.until("the picture", |seen| {
        seen.shown().filter(|shown| shown.size == (2, 2)).map(drop)
    })
    .await;
}

/// A viewer without a screen: it gets the stream and looks at nothing but the ids.
async fn raw_viewer(served: &Served) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    // Holds little, so that it is noticed soon when nobody reads.
    socket.set_recv_buffer_size(64 << 10).expect("a buffer");
    let stream = socket.connect(served.address).await.expect("it listens");
    let mut viewer = served.upgrade(stream, VIEWER, &[]).await.expect("let in");
    let start = Message::text("START_VIDEO");
    viewer.send(start).await.expect("it listens");
    next_id(&mut viewer).await.expect("a first picture");
    viewer
}

/// Of the next piece of video; `None` when the connection is over.
async fn next_id(viewer: &mut WebSocketStream<TcpStream>) -> Option<u16> {
    let id = timeout(DEADLINE, async {
        loop {
            match viewer.next().await? {
                Ok(Message::Binary(bytes)) if bytes.len() > 6 => {
                    return Some(u16::from_be_bytes([bytes[2], bytes[3]]));
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    });
    id.await.expect("a picture or the end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_does_not_read_costs_the_others_nothing() {
    const PICTURES: usize = 150;
    let served = Served::with(&[
        ("encoder", "jpeg"),
        ("jpeg_quality", "100"),
        ("backpressure_queue_size", "20"),
    ])
    .await;
    let owner = served.page(Kind::Owner).await;
    owner.resize_window(640, 128).await;
    owner
        .until("the size", |seen| {
            seen.shown().filter(|shown| shown.size.0 == 640).map(drop)
        })
        .await;
    let mut stalled = raw_viewer(&served).await;
    let mut reading = raw_viewer(&served).await;
    owner.hide().await;
    owner.hears(0, "VIDEO_STOPPED").await;

    served.card.set_moving(true);
    let mut read = Vec::new();
    while read.len() < PICTURES {
        read.extend(next_id(&mut reading).await);
        read.dedup();
    }
    served.card.set_moving(false);
    // The last one comes to rest.
    let missed = read
        .windows(2)
        .filter(|pair| pair[1].wrapping_sub(pair[0]) != 1);
    assert_eq!(missed.count(), 0, "the one that reads has missed something");

    // What was kept for the one that did not read is little, and it goes on with what is newest.
    let last = read.last().copied().expect("pictures");
    let mut late = Vec::new();
    while late.last().is_none_or(|id| *id < last) {
        match next_id(&mut stalled).await {
            Some(id) => late.push(id),
            None => break,
        }
        late.dedup();
    }
    assert!(
        late.len() < PICTURES / 2,
        "{} pictures were kept",
        late.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_pages_that_come_and_go() {
    let served = Served::open().await;
    // A task of the server's that stays may begin with the first page.
    served.page(Kind::Owner).await.leave().await;
    until("the first page is gone", || {
        (served.card.sources() == 0).then_some(())
    })
    .await;
    let tasks = Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    for round in 0..50 {
        let kind = if round % 3 == 0 {
            Kind::Shared
        } else {
            Kind::Owner
        };
        let page = served.page(kind).await;
        if round % 5 == 0 {
            page.picture(0).await;
        }
        if round % 2 == 0 {
            page.vanish().await;
        } else {
            page.leave().await;
        }
    }
    until("no tasks and no capture are left", || {
        (served.card.sources() == 0 && tasks.num_alive_tasks() <= before).then_some(())
    })
    .await;
    served.page(Kind::Owner).await.picture(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_served_up_to_a_bound_and_the_rest_told_to_come_later() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    let mut crowd = Vec::new();
    for _ in 1..MOST_VIEWERS {
        let mut viewer = served.connect(VIEWER, &[]).await.expect("let in");
        let first = timeout(DEADLINE, viewer.next()).await.expect("a greeting");
        assert!(matches!(first, Some(Ok(Message::Text(_)))), "{first:?}");
        crowd.push(viewer);
    }
    for late in 0..2 {
        let mut socket = served.connect(VIEWER, &[]).await.expect("heard");
        let first = timeout(DEADLINE, socket.next()).await.expect("an answer");
        match first {
            Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1013),
            other => panic!("{late}: {other:?}"),
        }
    }
    is_undisturbed(&served, &owner).await;
    // Room is made by leaving.
    drop(crowd);
    let deadline = Instant::now() + DEADLINE;
    loop {
        let mut socket = served.connect(VIEWER, &[]).await.expect("heard");
        let first = timeout(DEADLINE, socket.next()).await.expect("an answer");
        if matches!(first, Some(Ok(Message::Text(_)))) {
            break;
        }
        assert!(Instant::now() < deadline, "no room is made");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_come_to_its_end_is_cut_off() {
    let served = Served::open().await;
    let mut slow = Vec::new();
    for head in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: here\r\nX: "] {
        let mut stream = TcpStream::connect(served.address)
            .await
            .expect("it listens");
        stream.write_all(head.as_bytes()).await.expect("room");
        slow.push(tokio::spawn(async move {
            let (mut from, mut to) = stream.into_split();
            let mut answer = Vec::new();
            let mut beat = tokio::time::interval(Duration::from_millis(500));
            let reading = from.read_to_end(&mut answer);
            tokio::pin!(reading);
            loop {
                tokio::select! {
                    // However it ends: it has ended.
                    _ = &mut reading => return,
                    _ = beat.tick() => if !head.is_empty() {
                        let _ = to.write_all(b"x").await;
                    },
                }
            }
        }));
    }
    // Meanwhile nobody else waits.
    assert_eq!(get(served.address, "/api/health", &[]).await.status, 200);
    for one in slow {
        timeout(DEADLINE, one)
            .await
            .expect("cut off")
            .expect("well");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_also_while_nobody_cooperates() {
    let served = Served::open().await;
    let _silent = TcpStream::connect(served.address)
        .await
        .expect("it listens");
    let mut half = TcpStream::connect(served.address)
        .await
        .expect("it listens");
    half.write_all(b"GET / HTTP/1.1\r\n").await.expect("room");
    let _deaf = served.connect(SOCKET, &[]).await.expect("let in");
    let began = Instant::now();
    served.stop().await;
    assert!(began.elapsed() < Duration::from_secs(15));
}
