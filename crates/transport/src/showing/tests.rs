use std::sync::Arc;

use selkies_clip::Content;
use selkies_proto::limits::CLIP_FORMS;
use tokio::time::{Duration, timeout};

use super::*;

fn form(mime: &str, bytes: impl Into<Bytes>) -> Format {
    let bytes: Bytes = bytes.into();
    Format {
        mime: mime.to_owned(),
        content: Arc::new(bytes),
    }
}

fn showing(forms: Vec<Format>) -> Showing {
    Showing {
        forms,
        counted: false,
        primary: false,
        answer: false,
    }
}

fn large() -> Vec<u8> {
    (0..10 * CLIP_PART + 100)
        .map(|place| (place % 251) as u8)
        .collect()
}

/// All there is to say now, as a page hears it.
async fn all(showings: &mut Showings) -> Vec<String> {
    let mut said = Vec::new();
    // Reading is done on another thread; waiting for it takes no virtual time.
    while let Ok(message) = timeout(Duration::from_secs(5), showings.next()).await {
        said.push(message.encode());
    }
    said
}

fn verbs(said: &[String]) -> Vec<&str> {
    said.iter()
        .map(|text| text.split(',').next().unwrap_or_default())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_small_thing_is_one_message() {
    let mut showings = Showings::default();
    assert!(showings.show(showing(vec![form(TEXT, "hello")])).is_empty());
    assert_eq!(all(&mut showings).await, ["clipboard,aGVsbG8="]);
    showings.show(showing(vec![form("image/png", "PNG")]));
    assert_eq!(
        all(&mut showings).await,
        ["clipboard_binary,image/png,UE5H"]
    );
    showings.show(showing(vec![form(TEXT, "")]));
    assert_eq!(all(&mut showings).await, ["clipboard,"]);
}

#[tokio::test(start_paused = true)]
async fn a_large_thing_comes_in_parts_that_join() {
    let bytes = large();
    let mut showings = Showings::default();
    showings.show(showing(vec![form(TEXT, bytes.clone())]));
    let said = all(&mut showings).await;
    let start = format!("clipboard_start,text/plain,{}", bytes.len());
    assert_eq!(said.first(), Some(&start));
    assert_eq!(said.last().map(String::as_str), Some("clipboard_finish"));
    let joined: String = said
        .iter()
        .filter_map(|text| text.strip_prefix("clipboard_data,"))
        .collect();
    let piece = ServerMessage::Clip(ClipPiece::Part(Data(bytes.into()))).encode();
    assert_eq!(Some(joined.as_str()), piece.strip_prefix("clipboard_data,"));
    assert_eq!(said.len(), 2 + 11);
}

#[tokio::test(start_paused = true)]
async fn what_is_exactly_a_few_parts_ends_with_the_last() {
    let mut showings = Showings::default();
    showings.show(showing(vec![form(TEXT, vec![b'x'; CLIP_PART])]));
    assert_eq!(verbs(&all(&mut showings).await), ["clipboard"]);
    let whole_reads = vec![b'x'; CLIP_PART * PARTS_READ * 2];
    showings.show(showing(vec![form(TEXT, whole_reads)]));
    let said = all(&mut showings).await;
    assert_eq!(said.len(), 2 + PARTS_READ * 2);
}

#[tokio::test(start_paused = true)]
async fn forms_are_counted_for_pages_that_know_it() {
    let mut showings = Showings::default();
    let forms = vec![form("text/html", large()), form(TEXT, "x")];
    showings.show(Showing {
        counted: true,
        answer: true,
        ..showing(forms)
    });
    let said = all(&mut showings).await;
    assert_eq!(said[..2], ["clipboard_reply,cr", "_clip,2"]);
    assert_eq!(said.last().map(String::as_str), Some("clipboard,eA=="));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_an_answer_too() {
    let mut showings = Showings::default();
    let nothing = Showing {
        answer: true,
        ..showing(Vec::new())
    };
    showings.show(nothing.clone());
    assert_eq!(
        all(&mut showings).await,
        ["clipboard_reply,cr", "clipboard,"]
    );
    showings.show(Showing {
        counted: true,
        ..nothing
    });
    let said = all(&mut showings).await;
    assert_eq!(said, ["clipboard_reply,cr", "_clip,1", "clipboard,"]);
}

#[tokio::test(start_paused = true)]
async fn something_newer_makes_void_what_has_begun() {
    let mut showings = Showings::default();
    showings.show(showing(vec![form(TEXT, large())]));
    for expected in ["clipboard_start", "clipboard_data", "clipboard_data"] {
        let message = showings.next().await.encode();
        assert!(message.starts_with(expected), "{expected}");
    }
    let ending = showings.show(showing(vec![form(TEXT, "newer")]));
    let ending: Vec<_> = ending.iter().map(ServerMessage::encode).collect();
    assert_eq!(ending, ["clipboard_data,=", "clipboard_finish"]);
    assert_eq!(all(&mut showings).await, ["clipboard,bmV3ZXI="]);
}

#[tokio::test(start_paused = true)]
async fn something_newer_says_nothing_of_what_has_not_begun() {
    let mut showings = Showings::default();
    showings.show(showing(vec![form(TEXT, large())]));
    assert!(showings.show(showing(vec![form(TEXT, "newer")])).is_empty());
    assert_eq!(all(&mut showings).await, ["clipboard,bmV3ZXI="]);
}

#[tokio::test(start_paused = true)]
async fn the_same_again_does_not_begin_anew() {
    let mut showings = Showings::default();
    let same = showing(vec![form(TEXT, large())]);
    showings.show(same.clone());
    showings.next().await;
    showings.next().await;
    assert!(showings.show(same).is_empty());
    assert_eq!(all(&mut showings).await.len(), 10 + 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_waits_for_news_that_are_on_their_way() {
    let mut showings = Showings::default();
    let news = showing(vec![form(TEXT, large())]);
    let answer = Showing {
        answer: true,
        ..news.clone()
    };
    showings.show(news);
    showings.next().await;
    assert!(showings.show(answer).is_empty());
    let said = all(&mut showings).await;
    let (news, answer) = said.split_at(11 + 1);
    assert_eq!(news.last().map(String::as_str), Some("clipboard_finish"));
    assert_eq!(verbs(&answer[..2]), ["clipboard_reply", "clipboard_start"]);
    assert_eq!(answer.len(), 2 + 11 + 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_gives_way_to_newer_news() {
    let mut showings = Showings::default();
    let news = showing(vec![form(TEXT, large())]);
    let answer = Showing {
        answer: true,
        ..news.clone()
    };
    showings.show(news);
    showings.next().await;
    showings.show(answer);
    showings.show(showing(vec![form(TEXT, "newer")]));
    assert_eq!(all(&mut showings).await, ["clipboard,bmV3ZXI="]);
}

#[tokio::test(start_paused = true)]
async fn marks_wait_for_what_was_copied_and_only_the_last_counts() {
    let mut showings = Showings::default();
    let mark = |text: &'static str| Showing {
        counted: true,
        primary: true,
        ..showing(vec![form(TEXT, text)])
    };
    showings.show(Showing {
        counted: true,
        ..showing(vec![form("image/png", large())])
    });
    showings.next().await;
    showings.next().await;
    assert!(showings.show(mark("first")).is_empty());
    assert!(showings.show(mark("second")).is_empty());
    let said = all(&mut showings).await;
    assert_eq!(said[said.len() - 3], "clipboard_finish");
    assert_eq!(
        said[said.len() - 2..],
        ["_clip,1,primary", "clipboard,c2Vjb25k"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_mark_that_is_overtaken_is_shown_afterwards() {
    let mut showings = Showings::default();
    showings.show(Showing {
        primary: true,
        counted: true,
        ..showing(vec![form(TEXT, "mark")])
    });
    showings.show(showing(vec![form(TEXT, "copy")]));
    let said = all(&mut showings).await;
    assert_eq!(
        said,
        [
            "clipboard,Y29weQ==",
            "_clip,1,primary",
            "clipboard,bWFyaw=="
        ]
    );
}

/// Says it has more than it has.
struct Short;

impl Content for Short {
    fn len(&self) -> u64 {
        CLIP_PART as u64 * 20
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = (CLIP_PART as u64 * 9).saturating_sub(offset);
        Ok(into.len().min(usize::try_from(left).unwrap_or(0)))
    }
}

/// Cannot be read at all.
struct Broken;

impl Content for Broken {
    fn len(&self) -> u64 {
        5
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Other.into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_cannot_be_read_is_void_and_the_others_follow() {
    let mut showings = Showings::default();
    let kept = |content: Arc<dyn Content>| Format {
        mime: "image/png".to_owned(),
        content,
    };
    let forms = vec![
        kept(Arc::new(Short)),
        kept(Arc::new(Broken)),
        form(TEXT, "x"),
    ];
    showings.show(Showing {
        counted: true,
        ..showing(forms)
    });
    let said = all(&mut showings).await;
    let data = ["clipboard_data"; PARTS_READ];
    let expected = [
        &["_clip", "clipboard_start"],
        &data[..],
        &["clipboard_data", "clipboard_finish"],
        &["clipboard_start", "clipboard_data", "clipboard_finish"],
        &["clipboard"],
    ];
    assert_eq!(verbs(&said), expected.concat());
    assert_eq!(
        said.iter()
            .filter(|text| *text == "clipboard_data,=")
            .count(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_broken_off_loses_nothing() {
    let bytes = large();
    let mut showings = Showings::default();
    showings.show(showing(vec![form(TEXT, bytes)]));
    let mut said = 0;
    while said < 13 {
        // Polled once, and dropped if it would wait.
        let next = showings.next();
        if futures_util::FutureExt::now_or_never(next).is_some() {
            said += 1;
        } else {
            tokio::task::yield_now().await;
        }
    }
    assert!(!showings.may_send(Timestamp::ZERO) || all(&mut showings).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn as_many_forms_as_there_may_be_are_counted() {
    let mut showings = Showings::default();
    let forms = vec![form(TEXT, "x"); CLIP_FORMS.into()];
    showings.show(Showing {
        counted: true,
        ..showing(forms)
    });
    assert_eq!(all(&mut showings).await[0], "_clip,8");
}
