//! The display server goes and comes back.

use std::time::Instant;

use crate::page::{Kind, Page};
use crate::serving::{DEADLINE, Served};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_existing_client_has_its_picture_again_after_a_loss() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    let viewer = served.page(Kind::Shared).await;
    owner.picture(0).await;
    viewer.picture(0).await;
    let pages: [&Page; 2] = [&owner, &viewer];
    for _ in 0..2 {
        let marks = pages.map(Page::mark);
        served.card.lose();
        let mut resets = Vec::new();
        for (page, mark) in pages.into_iter().zip(marks) {
            resets.push(page.hears(mark, "PIPELINE_RESETTING primary").await);
        }
        served.card.restore();
        served.card.advance();
        let number = served.card.number();
        for (page, reset) in pages.into_iter().zip(resets) {
            let shown = page.picture(reset).await;
            assert_eq!((shown.keyframe, shown.number), (true, number));
        }
    }
    // And its hands work again, a little later: they reach the desktop on their own.
    let _ = served.card.take_events();
    let deadline = Instant::now() + DEADLINE;
    while served.card.take_events().is_empty() {
        assert!(Instant::now() < deadline, "no key arrives");
        owner.say("kd,65").await;
        owner.say("ku,65").await;
        owner.settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_ours_is_told_what_became_of_the_desktop() {
    let served = Served::open().await;
    let page = served.page(Kind::Capable).await;
    page.picture(0).await;
    let mark = page.mark();
    served.card.lose();
    let lost = page
        .hears(mark, r#"_selkies,{"event":"desktop","state":"lost"}"#)
        .await;
    served.card.restore();
    page.hears(lost, r#"_selkies,{"event":"desktop","state":"restarted"}"#)
        .await;
    assert!(page.picture(lost).await.keyframe);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_come_while_the_desktop_is_away() {
    let served = Served::open().await;
    served.card.lose();
    let page = served.page(Kind::Owner).await;
    let viewer = served.page(Kind::Shared).await;
    page.settled().await;
    viewer.hears(0, "VIDEO_STOPPED").await;
    served.card.restore();
    assert!(page.picture(0).await.keyframe);
    assert!(viewer.picture(0).await.keyframe);
    assert_eq!(page.picture(0).await.size, crate::page::WINDOW);
}
