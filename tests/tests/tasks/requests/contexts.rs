//! Whose context a request's records have.

use super::*;

#[test]
fn every_record_of_a_request_has_its_context_and_one_at_the_end_says_how_it_went() {
    let _alone = alone();
    let memory = to_memory();
    let mut request = get("/orders/42?token=secret");
    for (name, value) in [
        ("x-request-id", "r-1"),
        ("user-agent", "curl/8"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request.extensions_mut().insert(PeerAddress(SocketAddr::from(([203, 0, 113, 7], 4711))));
    let layer = RequestLayer::new().route(|_| Some("/orders/{id}"));
    let service = service_fn(|request: Request<()>| async move {
        assert_eq!(request.extensions().get::<RequestId>().unwrap().as_str(), "r-1");
        set_user_context(UserContext::new().user_id("42"));
        yield_now().await;
        info!(get_logger("handler"), "Handled");
        task::spawn(async { info!(get_logger("handler"), "In a task") }).await.unwrap();
        Ok::<_, Infallible>(full("hello"))
    });
    let (status, headers, body) = run(async { tokio::spawn(served(layer, service, request)).await.unwrap() });
    assert_eq!(
        (status, headers["x-request-id"].as_bytes(), &body[..]),
        (StatusCode::OK, &b"r-1"[..], &b"hello"[..])
    );
    let entries = arrived(&memory);
    let messages: Vec<&str> = entries.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(messages, ["Handled", "In a task", "Request finished"]);
    for entry in &entries {
        for (key, value) in [
            ("ip", "203.0.113.7"),
            ("access", "GET /orders/42"),
            ("request_id", "r-1"),
            ("user_agent", "curl/8"),
            ("user_id", "42"),
            ("method", "GET"),
            ("route", "/orders/{id}"),
            ("trace_id", "0af7651916cd43dd8448eb211c80319c"),
            ("span_id", "b7ad6b7169203331"),
        ] {
            assert_eq!(entry.get(key), Some(value), "{key} of {entry:?}");
        }
    }
    let end = &entries[2];
    assert_eq!((end.level.as_str(), end.get("status"), end.get("bytes")), ("INFO", Some("200"), Some("5")));
    assert!(end.get("duration").is_some());
}

#[test]
fn a_request_without_a_valid_id_gets_one_of_its_own() {
    let _alone = alone();
    let memory = to_memory();
    let header = HeaderName::from_static("x-correlation-id");
    let name = header.clone();
    let layer = RequestLayer::new().request_id_header(header);
    let service = service_fn(move |request: Request<()>| {
        let id = request.headers()[&name].to_str().unwrap().to_owned();
        assert_eq!(current_context().request_id(), Some(id.as_str()));
        async { Ok::<_, Infallible>(full("")) }
    });
    let mut ids = std::collections::HashSet::new();
    for given in [None, Some("a b"), Some(""), Some("a\"b")] {
        let mut request = get("/");
        if let Some(given) = given {
            request.headers_mut().insert("x-correlation-id", given.parse().unwrap());
        }
        let (_, headers, _) = run(served(layer.clone(), service.clone(), request));
        let id = headers["x-correlation-id"].to_str().unwrap().to_owned();
        assert!(id.len() == 32 && ids.insert(id), "{headers:?}");
    }
    let written: Vec<_> =
        arrived(&memory).iter().map(|entry| entry.get("request_id").unwrap().to_owned()).collect();
    assert_eq!(written.into_iter().collect::<std::collections::HashSet<_>>(), ids);
    let mut request = get("/");
    request.headers_mut().insert("x-request-id", "taken".parse().unwrap());
    let service = service_fn(|_| async { Ok::<_, Infallible>(full("")) });
    let (_, headers, _) = run(served(RequestLayer::new().always_new_request_id(), service, request));
    assert_eq!(headers["x-request-id"].len(), 32);
}

#[test]
fn the_service_gets_one_id_whatever_came() {
    let _alone = alone();
    let memory = to_memory();
    for (given, taken) in
        [(&["r-1", "r-2"][..], Some("r-1")), (&["r-3"], Some("r-3")), (&["b a d", "r-4"], None), (&[], None)]
    {
        let mut request = get("/");
        for id in given {
            request.headers_mut().append("x-request-id", id.parse().unwrap());
        }
        let service = service_fn(|request: Request<()>| async move {
            let mut response = full("");
            for id in request.headers().get_all("x-request-id") {
                response.headers_mut().append("seen", id.clone());
            }
            Ok::<_, Infallible>(response)
        });
        let (_, headers, _) = run(served(RequestLayer::new(), service, request));
        let seen: Vec<_> = headers.get_all("seen").iter().collect();
        assert_eq!(seen, [&headers["x-request-id"]], "{given:?}");
        assert!(taken.is_none_or(|taken| taken == seen[0]), "{given:?}");
    }
    drop(memory);
}

#[test]
fn a_clients_address_is_a_headers_only_behind_a_trusted_proxy() {
    let _alone = alone();
    for (peer, ip) in [([10, 0, 0, 1], "203.0.113.7"), ([198, 51, 100, 1], "198.51.100.1")] {
        let memory = to_memory();
        let mut request = get("/");
        request.headers_mut().insert("x-forwarded-for", "6.6.6.6, 203.0.113.7".parse().unwrap());
        request.extensions_mut().insert(PeerAddress(SocketAddr::from((peer, 1))));
        let layer = RequestLayer::new().trusted_proxies(["10.0.0.0/8"]).unwrap();
        run(served(layer, service_fn(|_| async { Ok::<_, Infallible>(full("")) }), request));
        assert_eq!(end(&memory).get("ip"), Some(ip));
    }
}

#[test]
fn a_streamed_body_is_in_the_scope_and_the_record_comes_after_its_last_byte() {
    let _alone = alone();
    let memory = to_memory();
    run(async {
        let service = service_fn(|_| async { Ok::<_, Infallible>(frames(3, Last::End)) });
        let response = RequestLayer::new().layer(service).oneshot(get("/")).await.unwrap();
        assert!(arrived(&memory).is_empty(), "it is not over");
        let body = tokio::spawn(response.into_body().collect()).await.unwrap().unwrap();
        assert_eq!(body.to_bytes().len(), 15);
    });
    let entries = arrived(&memory);
    let messages: Vec<&str> = entries.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(messages, ["Frame", "Frame", "Frame", "Dropped", "Request finished"]);
    assert!(entries.iter().all(|entry| entry.get("request_id") == entries[0].get("request_id")));
    assert_eq!(entries[4].get("bytes"), Some("15"));
}

#[test]
fn a_status_says_the_level() {
    let _alone = alone();
    for (status, level) in [(200, "INFO"), (302, "INFO"), (404, "WARNING"), (503, "ERROR")] {
        let memory = to_memory();
        let service = service_fn(move |_| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(Empty::new()).unwrap())
        });
        run(served(RequestLayer::new(), service, get("/")));
        let end = end(&memory);
        assert_eq!((end.level.as_str(), end.get("status")), (level, Some(status.to_string().as_str())));
    }
    let memory = to_memory();
    let service = service_fn(|_| async {
        Ok::<_, Infallible>(Response::builder().status(404).body(Empty::new()).unwrap())
    });
    run(served(RequestLayer::new().level(|_| LogLevel::Info), service, get("/")));
    assert_eq!(end(&memory).level, "INFO");
}

#[test]
fn a_status_of_grpc_says_the_level() {
    let _alone = alone();
    for (status, level) in [("0", "INFO"), ("5", "WARNING"), ("13", "ERROR")] {
        let memory = to_memory();
        run(async {
            let service =
                service_fn(move |_| async move { Ok::<_, Infallible>(frames(1, Last::GrpcStatus(status))) });
            let response = RequestLayer::new().layer(service).oneshot(get("/shop.Orders/Get")).await.unwrap();
            assert!(response.into_body().collect().await.unwrap().trailers().is_some());
        });
        let end = end(&memory);
        assert_eq!(
            (end.level.as_str(), end.get("status"), end.get("grpc_status")),
            (level, Some("200"), Some(status))
        );
    }
}

#[test]
fn many_requests_at_once_never_have_each_others_context() {
    let _alone = alone();
    let memory = to_memory();
    run(async {
        let service = service_fn(|request: Request<()>| async move {
            let id = request.uri().path()[1..].to_owned();
            set_user_context(UserContext::new().user_id(&id));
            for _ in 0..3 {
                info!(get_logger("handler"), "Step", id = id.as_str());
                yield_now().await;
            }
            Ok::<_, Infallible>(frames(2, Last::End))
        });
        let layered = RequestLayer::new().layer(service);
        let all: Vec<_> = (0..200)
            .map(|id| {
                let mut request = get(&format!("/{id}"));
                request.headers_mut().insert("x-request-id", id.to_string().parse().unwrap());
                let layered = layered.clone();
                tokio::spawn(async move {
                    layered.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
                    assert!(current_context().is_empty());
                })
            })
            .collect();
        for one in all {
            one.await.unwrap();
        }
    });
    let entries = arrived(&memory);
    assert_eq!(entries.len(), 200 * 7);
    for entry in &entries {
        let id = entry.get("request_id");
        assert_eq!(entry.get("user_id"), id);
        assert!(entry.get("id").is_none_or(|own| Some(own) == id), "{entry:?}");
    }
}

#[test]
fn a_request_has_the_context_around_it_too() {
    let _alone = alone();
    let memory = to_memory();
    let service = service_fn(|_| async { Ok::<_, Infallible>(full("")) });
    let listener = LogContext::new().with_custom(kakashi_std::fields![listener = "public"]);
    run(listener.scope(served(RequestLayer::new(), service, get("/"))));
    assert_eq!(end(&memory).get("listener"), Some("public"));
}
