//! What is said at the end of a request.

use super::*;

#[test]
fn a_panic_is_an_error_with_the_requests_context_and_a_500() {
    let _alone = alone();
    let asynchronous = service_fn(|_: Request<()>| async {
        set_user_context(UserContext::new().user_id("42"));
        yield_now().await;
        if current_context().user_id().is_some() {
            panic!("no order {}", 7);
        }
        Ok::<_, Infallible>(full(""))
    });
    let memory = to_memory();
    let (status, headers, body) = run(served(RequestLayer::new(), asynchronous, get("/")));
    assert_eq!((status, body.len()), (StatusCode::INTERNAL_SERVER_ERROR, 0));
    let entry = end(&memory);
    assert_eq!((entry.level.as_str(), entry.message.as_str()), ("ERROR", "Request panicked"));
    assert_eq!((entry.get("panic"), entry.get("status")), (Some("no order 7"), Some("500")));
    assert_eq!(entry.get("user_id"), Some("42"));
    assert_eq!(entry.get("request_id").unwrap().as_bytes(), headers["x-request-id"].as_bytes());
    let at_once = service_fn(|request: Request<()>| {
        if request.uri().path() == "/" {
            panic!("at once");
        }
        async { Ok::<_, Infallible>(full("")) }
    });
    let memory = to_memory();
    let (status, _, _) = run(served(RequestLayer::new(), at_once, get("/")));
    assert_eq!((status, end(&memory).get("panic")), (StatusCode::INTERNAL_SERVER_ERROR, Some("at once")));
    assert!(current_context().is_empty());
}

#[test]
fn a_panic_of_a_body_is_an_error_and_goes_on_to_the_server() {
    let _alone = alone();
    let memory = to_memory();
    run(async {
        let service = service_fn(|_| async { Ok::<_, Infallible>(frames(1, Last::Panic)) });
        let response = RequestLayer::new().layer(service).oneshot(get("/")).await.unwrap();
        assert!(tokio::spawn(response.into_body().collect()).await.unwrap_err().is_panic());
    });
    let end = end(&memory);
    assert_eq!((end.message.as_str(), end.get("panic")), ("Request panicked", Some("the body panics")));
    assert_eq!((end.get("status"), end.get("bytes")), (Some("200"), Some("5")));
}

#[test]
fn an_error_of_a_service_or_a_body_is_an_error() {
    let _alone = alone();
    let memory = to_memory();
    let service = service_fn(|_: Request<()>| async { Err::<Response<Full<Bytes>>, _>("no backend") });
    assert!(run(RequestLayer::new().layer(service).oneshot(get("/"))).is_err());
    let entry = end(&memory);
    assert_eq!(
        (entry.level.as_str(), entry.message.as_str(), entry.get("error")),
        ("ERROR", "Request failed", Some("no backend"))
    );
    let memory = to_memory();
    run(async {
        let service = service_fn(|_| async { Ok::<_, Infallible>(frames(2, Last::Error)) });
        let response = RequestLayer::new().layer(service).oneshot(get("/")).await.unwrap();
        assert!(response.into_body().collect().await.is_err());
    });
    let entry = end(&memory);
    assert_eq!(
        (entry.message.as_str(), entry.get("error"), entry.get("bytes")),
        ("Request failed", Some("the disk is gone"), Some("10"))
    );
}

/// Polls a body's next frame.
async fn next<B: Body + Unpin>(body: &mut RequestBody<B>) -> Option<Result<Frame<B::Data>, B::Error>>
where
    B::Error: std::fmt::Display,
{
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

#[test]
fn a_client_that_goes_away_is_said() {
    let _alone = alone();
    let memory = to_memory();
    {
        let service = service_fn(|_: Request<()>| async {
            set_user_context(UserContext::new().user_id("42"));
            let _frames = frames(0, Last::End);
            std::future::pending::<()>().await;
            Ok::<_, Infallible>(full(""))
        });
        let mut future = pin!(RequestLayer::new().layer(service).oneshot(get("/")));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let entries = arrived(&memory);
    assert_eq!(entries[0].message, "Dropped");
    assert_eq!(
        (entries[1].level.as_str(), entries[1].message.as_str()),
        ("WARNING", "Client went away before the response")
    );
    assert!(entries.iter().all(|entry| entry.get("user_id") == Some("42")));
    let memory = to_memory();
    run(async {
        let service = service_fn(|_| async { Ok::<_, Infallible>(frames(3, Last::End)) });
        let mut body = RequestLayer::new().layer(service).oneshot(get("/")).await.unwrap().into_body();
        assert!(next(&mut body).await.unwrap().is_ok());
    });
    let end = end(&memory);
    assert_eq!(
        (end.level.as_str(), end.message.as_str()),
        ("WARNING", "Client went away during the response")
    );
    assert_eq!((end.get("status"), end.get("bytes")), (Some("200"), Some("5")));
}

/// A body of a known length, which a server does not poll once more for its end.
struct Sized(Frames);

impl Body for Sized {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(5 * self.0.left as u64)
    }
}

#[test]
fn a_body_that_nobody_need_read_on_is_whole() {
    let _alone = alone();
    let memory = to_memory();
    run(async {
        let service = service_fn(|_| async { Ok::<_, Infallible>(frames(1, Last::End).map(Sized)) });
        let mut body = RequestLayer::new().layer(service).oneshot(get("/")).await.unwrap().into_body();
        assert!(next(&mut body).await.unwrap().is_ok());
    });
    assert_eq!(end(&memory).message, "Request finished");
    for (method, status) in [("HEAD", 200), ("GET", 304), ("GET", 204), ("GET", 101)] {
        let memory = to_memory();
        run(async {
            let service = service_fn(|_| async move {
                let mut response = frames(1, Last::End);
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                Ok::<_, Infallible>(response)
            });
            let request = Request::builder().method(method).uri("/").body(()).unwrap();
            drop(RequestLayer::new().layer(service).oneshot(request).await.unwrap());
        });
        assert_eq!(end(&memory).message, "Request finished", "{method} {status}");
    }
}
